package io.saviorrec.server.states;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// How a history differs from an earlier one: its oldest clicks are gone, and new ones have come.
///
/// @param removed the clicks that are gone
/// @param added the clicks that have come
@SuppressWarnings("ArrayRecordComponent") // handed on, never compared
record Difference(long[] removed, long[] added) {

  /// The difference of the two; null when there is none that is worth more than half of `now`.
  static @Nullable Difference between(long[] before, long[] now) {
    for (int come = Math.max(0, now.length - before.length); ; come++) {
      int gone = before.length - now.length + come;
      if (gone + come > now.length / 2 || now.length == 0) {
        return null;
      }
      int kept = now.length - come;
      if (Arrays.equals(before, gone, before.length, now, 0, kept)) {
        return new Difference(
            Arrays.copyOf(before, gone), Arrays.copyOfRange(now, kept, now.length));
      }
    }
  }

  boolean isEmpty() {
    return removed.length == 0 && added.length == 0;
  }
}
