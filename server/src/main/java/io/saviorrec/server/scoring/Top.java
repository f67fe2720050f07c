package io.saviorrec.server.scoring;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// The likeliest of an answer's candidates.
final class Top {
  private Top() {}

  /// The answer with so many of them only, or with all if there are no more, the likeliest first;
  /// of equally likely ones the first of the request.
  static ScoreAnswer of(ScoreAnswer answer, int most) {
    int[] ranked = ranked(answer.pctr(), Math.min(most, answer.pctr().length));
    long[] items = new long[ranked.length];
    @Nullable String[] itemKeys = new String[ranked.length];
    float[] pctr = new float[ranked.length];
    byte[] sources = new byte[ranked.length];
    for (int place = 0; place < ranked.length; place++) {
      int i = ranked[place];
      items[place] = answer.items()[i];
      itemKeys[place] = answer.itemKey(i);
      pctr[place] = answer.pctr()[i];
      sources[place] = answer.sources()[i];
    }
    return new ScoreAnswer(
        answer.requestId(),
        answer.model(),
        answer.version(),
        answer.variant(),
        answer.bucket(),
        answer.label(),
        ranked,
        answer.packed(),
        items,
        answer.itemKeys() == null ? null : itemKeys,
        pctr,
        sources,
        answer.unknownHistoryItems(),
        answer.times(),
        answer.degraded(),
        answer.notes());
  }

  /// One number for each candidate that sorts by probability and then by place: the bits of what is
  /// not negative are in its order.
  private static int[] ranked(float[] pctr, int count) {
    long[] order = new long[pctr.length];
    for (int i = 0; i < order.length; i++) {
      order[i] =
          (long) (Integer.MAX_VALUE - Float.floatToIntBits(pctr[i] + 0f)) << Integer.SIZE | i;
    }
    Arrays.sort(order);
    int[] ranked = new int[count];
    for (int place = 0; place < count; place++) {
      ranked[place] = (int) order[place];
    }
    return ranked;
  }
}
