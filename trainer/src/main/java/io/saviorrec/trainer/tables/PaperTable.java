package io.saviorrec.trainer.tables;

import io.saviorrec.config.Settings;
import io.saviorrec.trainer.console.UserError;
import io.saviorrec.trainer.ranker.Variant;
import io.saviorrec.trainer.train.TrainConfig;
import java.util.Arrays;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;

/// A table or figure of the paper that is made of trained rows.
public enum PaperTable {
  /// SaviorRec and baselines.
  TABLE2(
      "Table 2",
      "SaviorRec and baselines",
      Measure.CLICKS,
      "saviorrec",
      List.of(
          TableRow.variant("base", "Base", 71.28),
          TableRow.variant("bbqrec", "BBQRec", 71.61),
          TableRow.variant("chime", "CHIME", 71.21),
          TableRow.variant("mim", "MIM", 72.02),
          TableRow.variant("simtier", "SimTier", 71.36),
          TableRow.variant("saviorrec", "SaviorRec", 72.11))),
  /// Parts of SaviorRec left out. "w/o Bi-Dirc Attn" has two readings: attention over z alone, as
  /// it is printed, and both plain attentions without the cross ones.
  TABLE3(
      "Table 3",
      "Parts of SaviorRec left out",
      Measure.CLICKS,
      "saviorrec",
      List.of(
          TableRow.variant("base", "Base", 71.28),
          TableRow.variant("no_mba", "w/o MBA", 72.00),
          TableRow.variant("no_z", "w/o multimodal embedding", 71.80),
          TableRow.variant("no_bid", "w/o Bi-Dirc Attn (z alone)", 71.98),
          TableRow.variant("no_cross", "w/o Bi-Dirc Attn (no cross)", 71.98),
          TableRow.variant("saviorrec", "SaviorRec", 72.11))),
  /// The encoder's stages, by retrieval. Stage 0 makes z tell the words of co-clicked items, too,
  /// where `encoder.partnerWeight` is above 0; that part is counted as alignment.
  TABLE4(
      "Table 4",
      "Stages of the encoder",
      Measure.RETRIEVAL,
      "both",
      List.of(
          encoder("untrained", "#1 (no stage)", 28.56, false, false),
          encoder("adapted", "#2 domain adaptation", 32.36, true, false),
          encoder("aligned", "#3 i2i alignment", 39.28, false, true),
          encoder("both", "#4 both", 41.30, true, true))),
  /// Widths of MBA's codes.
  TABLE5(
      "Table 5",
      "Widths of the MBA codebook",
      Measure.CLICKS,
      "mba_64",
      List.of(width(64, 72.11), width(32, 72.07), width(16, 72.08), width(8, 72.03))),
  /// Inputs left out.
  FIG4(
      "Figure 4",
      "Inputs left out",
      Measure.CLICKS,
      "saviorrec",
      List.of(
          inputs("no_id", "w/o ID"),
          inputs("no_statistics", "w/o statistics"),
          inputs("no_content", "w/o multimodal"),
          TableRow.variant("saviorrec", "SaviorRec")));

  static final String VARIANT = "ranker.variant";

  private final String printed;
  private final String title;
  private final Measure measure;
  private final String reference;

  @SuppressWarnings("ImmutableEnumChecker") // List.of makes lists that nobody can change
  private final List<TableRow> rows;

  /// What a table's cells are measured by.
  public enum Measure {
    /// Predicted clicks of the test period.
    CLICKS,
    /// Items found by z; no ranker is trained.
    RETRIEVAL
  }

  PaperTable(String printed, String title, Measure measure, String reference, List<TableRow> rows) {
    this.printed = printed;
    this.title = title;
    this.measure = measure;
    this.reference = reference;
    this.rows = rows;
  }

  private static TableRow encoder(
      String name, String label, double paper, boolean adapt, boolean align) {
    Map<String, String> settings = new TreeMap<>();
    if (!adapt) {
      settings.put("encoder.adapt.epochs", "0");
      // Stage 1 would otherwise keep stage 0's loss.
      settings.put("encoder.contentWeight", "0");
    }
    settings.put("encoder.align.epochs", align ? "10" : "0");
    if (!align) {
      settings.put("encoder.partnerWeight", "0");
    }
    return new TableRow(name, label, settings, paper);
  }

  private static TableRow inputs(String name, String label) {
    return new TableRow(name, label, Map.of("ranker.inputs", name), null);
  }

  private static TableRow width(int width, double paper) {
    return new TableRow(
        "mba_" + width, "d = " + width, Map.of("ranker.mba.width", Integer.toString(width)), paper);
  }

  /// The name on the command line.
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }

  /// What the paper calls it.
  public String printed() {
    return printed;
  }

  public String title() {
    return title;
  }

  public Measure measure() {
    return measure;
  }

  /// The row that the others are compared with.
  public String reference() {
    return reference;
  }

  public List<TableRow> rows() {
    return rows;
  }

  /// Rows that this program cannot train, with what it lacks for each.
  public SequencedMap<String, String> missing() {
    SequencedMap<String, String> missing = new LinkedHashMap<>();
    for (TableRow row : rows) {
      lacks(row).ifPresent(what -> missing.put(row.name(), what));
    }
    return missing;
  }

  /// The rows that this program can train.
  public List<TableRow> present() {
    return rows.stream().filter(row -> lacks(row).isEmpty()).toList();
  }

  /// Some of them by their names.
  ///
  /// @throws UserError if there is none of a name
  public List<TableRow> present(Collection<String> names) {
    for (String name : names) {
      if (rows.stream().noneMatch(row -> row.name().equals(name))) {
        throw new UserError(
            "--rows %s: %s has the rows %s"
                .formatted(
                    name,
                    label(),
                    rows.stream().map(TableRow::name).collect(Collectors.joining(", "))));
      }
    }
    return present().stream().filter(row -> names.contains(row.name())).toList();
  }

  private static Optional<String> lacks(TableRow row) {
    String variant = row.settings().get(VARIANT);
    if (variant != null
        && Arrays.stream(Variant.values()).noneMatch(each -> each.label().equals(variant))) {
      return Optional.of("the variant " + variant);
    }
    return row.settings().keySet().stream()
        .filter(key -> !Settings.keys(TrainConfig.class).contains(key))
        .map(key -> "the setting " + key)
        .findFirst();
  }
}
