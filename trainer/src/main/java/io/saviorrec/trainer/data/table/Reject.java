package io.saviorrec.trainer.data.table;

import java.util.Locale;

/// Rows of a data set that could not be used, all for one reason.
///
/// @param table the table that holds them
/// @param reason why they cannot be used
/// @param rows how many there are
/// @param sample the first of them: its row number, counted from 1, and its values as JSON
public record Reject(String table, String reason, long rows, String sample) {
  /// The words that tell a user about it.
  public String message() {
    return String.format(
        Locale.ROOT,
        "%s: %,d %s: %s; first: %s",
        table,
        rows,
        rows == 1 ? "row" : "rows",
        reason,
        sample);
  }
}
