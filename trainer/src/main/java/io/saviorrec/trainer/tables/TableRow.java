package io.saviorrec.trainer.tables;

import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// A row of a table: what is trained differently in it.
///
/// @param name in files and on the command line
/// @param label what the paper calls it
/// @param settings of the training, over those that all rows have
/// @param paper the paper's figure in per cent, null where the paper has none
public record TableRow(
    String name, String label, Map<String, String> settings, @Nullable Double paper) {

  public TableRow {
    settings = Map.copyOf(new TreeMap<>(settings));
  }

  /// A row that is a variant of the ranker of the same name.
  static TableRow variant(String name, String label, double paper) {
    return new TableRow(name, label, Map.of(PaperTable.VARIANT, name), paper);
  }

  /// The same where the paper has no figure.
  static TableRow variant(String name, String label) {
    return new TableRow(name, label, Map.of(PaperTable.VARIANT, name), null);
  }
}
