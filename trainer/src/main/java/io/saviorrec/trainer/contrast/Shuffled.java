package io.saviorrec.trainer.contrast;

import java.util.random.RandomGenerator;

/// An endless walk over some items, each pass in a new random order.
public final class Shuffled {
  private final int[] items;
  private final RandomGenerator random;
  private int next;

  public Shuffled(int[] items, RandomGenerator random) {
    if (items.length == 0) {
      throw new IllegalArgumentException("there is nothing to walk over");
    }
    this.items = items.clone();
    this.random = random;
    this.next = items.length;
  }

  /// The next items. A batch never spans two passes, so no item stands in it twice; the rest of a
  /// pass that does not fill a batch is left out.
  ///
  /// @param count at most the number of items
  public int[] batch(int count) {
    if (count > items.length) {
      throw new IllegalArgumentException(
          "a batch of %d of %d items".formatted(count, items.length));
    }
    if (next + count > items.length) {
      shuffle(items, random);
      next = 0;
    }
    next += count;
    return java.util.Arrays.copyOfRange(items, next - count, next);
  }

  static void shuffle(int[] values, RandomGenerator random) {
    for (int i = values.length - 1; i > 0; i--) {
      int j = random.nextInt(i + 1);
      int swapped = values[i];
      values[i] = values[j];
      values[j] = swapped;
    }
  }
}
