package io.saviorrec.contract;

import java.util.List;

/// What of a request was not used.
///
/// @param futureClicks clicks of the history that are not before the page
/// @param unusedColumns names of context and profile that the model does not have, and those whose
///   value is of the wrong kind; `candidate_stats.NAME` and `candidate_categories` of what is said
///   of candidates that the model does not have; `user.taste` when it takes no taste profiles
public record RequestNotes(int futureClicks, List<String> unusedColumns) {
  /// All of it was used.
  public static final RequestNotes NONE = new RequestNotes(0, List.of());

  private static final int MOST_COLUMNS = 20;
  private static final int MOST_CHARS = 100;

  /// Keeps the first of the names only, and their beginnings: callers may send any.
  public RequestNotes {
    unusedColumns = unusedColumns.stream().limit(MOST_COLUMNS).map(RequestNotes::cut).toList();
  }

  /// Not between the two halves of one character.
  private static String cut(String name) {
    if (name.length() <= MOST_CHARS) {
      return name;
    }
    boolean half = Character.isHighSurrogate(name.charAt(MOST_CHARS - 1));
    return name.substring(0, half ? MOST_CHARS - 1 : MOST_CHARS);
  }
}
