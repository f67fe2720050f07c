package io.saviorrec.trainer.ranker;

import java.util.Locale;

/// A form of the click model: the full one, a baseline or an ablation of the paper's Tables 2 and
/// 3.
public enum Variant {
  /// Attention over item IDs and statistics only; no multimodal input.
  BASE,
  /// The whole model: MBA and the four attentions.
  SAVIORREC,
  /// Frozen z in place of z_align ("w/o MBA").
  NO_MBA,
  /// MBA's codebook starts from the RQ codebook and z itself is left out ("w/o multimodal
  /// embedding").
  NO_Z,
  /// Attention over z alone ("w/o Bi-Dirc Attn" as printed).
  NO_BID,
  /// The two regular attentions without the cross ones.
  NO_CROSS;

  /// The name in configuration, manifests and metrics.
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }

  boolean usesZ() {
    return this != BASE;
  }

  boolean usesMba() {
    return this == SAVIORREC || this == NO_Z || this == NO_BID || this == NO_CROSS;
  }

  /// Heads of block b, eq. 11.
  int behaviourHeads(int heads) {
    return this == NO_BID ? 0 : heads;
  }

  /// Heads of block m, eq. 12.
  int modalHeads(int heads) {
    return this == BASE ? 0 : heads;
  }

  /// Heads of each cross block, eqs. 13 and 14.
  int crossHeads(int heads) {
    return this == SAVIORREC || this == NO_MBA || this == NO_Z ? heads : 0;
  }
}
