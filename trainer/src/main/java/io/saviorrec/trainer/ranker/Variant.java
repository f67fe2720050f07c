package io.saviorrec.trainer.ranker;

import java.util.Locale;

/// A form of the click model: the full one, a baseline of the paper's Table 2 or an ablation of its
/// Table 3.
public enum Variant {
  /// Attention over item IDs and statistics only; no multimodal input.
  BASE,
  /// Base and a histogram of the similarities between candidate and history.
  SIMTIER,
  /// Attention over IDs, attention over frozen z, and a third by both.
  MIM,
  /// Base and histograms of the history over codes that are learned.
  CHIME,
  /// Base with attention scores that similarities shift.
  BBQREC,
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

  /// Whether block b is there, eq. 11.
  boolean hasBehaviour() {
    return this != NO_BID;
  }

  /// Whether block m is there, eq. 12.
  boolean hasModal() {
    return switch (this) {
      case BASE, SIMTIER, CHIME, BBQREC -> false;
      case MIM, SAVIORREC, NO_MBA, NO_Z, NO_BID, NO_CROSS -> true;
    };
  }

  /// Whether the cross blocks are there, eqs. 13 and 14.
  boolean hasCross() {
    return this == SAVIORREC || this == NO_MBA || this == NO_Z;
  }
}
