package io.saviorrec.trainer.data.log;

import java.util.Arrays;
import java.util.List;

/// The taste profiles of users as of the start of each UTC day, from strictly earlier days only:
/// what a server knows whose profiles are refreshed every night. An extension that the paper lacks.
///
/// Memory: a vector for each user and day with impressions.
public final class Tastes {
  /// Of a model that takes none.
  public static final Tastes NONE = new Tastes(0, List.of());

  /// A day after all.
  static final int END = Integer.MAX_VALUE;

  /// A user's profile as of the start of a day, by (user, day). There is one for each day with
  /// impressions of the user, and one for [#END].
  @SuppressWarnings("ArrayRecordComponent") // never compared
  record Row(long user, int day, float[] profile) {}

  private final int width;
  private final List<Row> rows;

  Tastes(int width, List<Row> rows) {
    this.width = width;
    this.rows = List.copyOf(rows);
  }

  /// Numbers of a profile; 0: there are none.
  public int width() {
    return width;
  }

  /// Writes a user's profile as of the start of a day; zeros for one who was not shown anything.
  ///
  /// @param unixDay days since 1970-01-01 UTC
  public void at(long user, int unixDay, float[] out, int offset) {
    int found = firstFrom(user, unixDay);
    if (found < rows.size() && rows.get(found).user == user) {
      System.arraycopy(rows.get(found).profile, 0, out, offset, width);
    } else {
      Arrays.fill(out, offset, offset + width, 0);
    }
  }

  /// Writes a user's profile after the last impression.
  public void last(long user, float[] out) {
    at(user, END, out, 0);
  }

  /// Users who were shown something before a day, ascending.
  public long[] usersBefore(int unixDay) {
    return rows.stream().filter(row -> row.day < unixDay).mapToLong(Row::user).distinct().toArray();
  }

  /// All users, ascending.
  public long[] users() {
    return rows.stream().filter(row -> row.day == END).mapToLong(Row::user).toArray();
  }

  /// The first row that is not before this user's day.
  private int firstFrom(long user, int day) {
    int low = 0;
    int high = rows.size();
    while (low < high) {
      int middle = (low + high) >>> 1;
      Row row = rows.get(middle);
      if (row.user < user || (row.user == user && row.day < day)) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }
}
