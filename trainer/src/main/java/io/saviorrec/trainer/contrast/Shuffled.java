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

  /// How far the walk is and the order of its pass, for [#restore].
  public long[] save() {
    long[] saved = new long[1 + items.length];
    saved[0] = next;
    for (int i = 0; i < items.length; i++) {
      saved[1 + i] = items[i];
    }
    return saved;
  }

  /// Goes on from where [#save] was called; the generator is its owner's to restore.
  public void restore(long[] saved) {
    next = (int) saved[0];
    for (int i = 0; i < items.length; i++) {
      items[i] = (int) saved[1 + i];
    }
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
