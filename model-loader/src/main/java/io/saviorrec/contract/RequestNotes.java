package io.saviorrec.contract;

import java.util.List;

/// What of a request was not used.
///
/// @param futureClicks clicks of the history that are not before the page
/// @param unusedColumns names of context and profile that the model does not have, and those whose
///   value is of the wrong kind
public record RequestNotes(int futureClicks, List<String> unusedColumns) {
  /// All of it was used.
  public static final RequestNotes NONE = new RequestNotes(0, List.of());

  private static final int MOST_COLUMNS = 20;
  private static final int MOST_CHARS = 100;

  /// Keeps the first of the names only, and their beginnings: callers may send any.
  public RequestNotes {
    unusedColumns =
        unusedColumns.stream()
            .limit(MOST_COLUMNS)
            .map(name -> name.substring(0, Math.min(MOST_CHARS, name.length())))
            .toList();
  }
}
