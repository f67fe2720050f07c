package io.saviorrec.trainer.loop;

import io.saviorrec.trainer.loop.TrainingTask.Position;
import java.util.Arrays;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;

/// The generator of `java.util.SplittableRandom`, whose whole state is a number that a checkpoint
/// can keep.
public final class SeededRandom implements RandomGenerator, Position {
  private static final long GOLDEN_GAMMA = 0x9e3779b97f4a7c15L;

  private long state;

  public SeededRandom(long seed) {
    this.state = seed;
  }

  @Override
  public long[] save() {
    return new long[] {state};
  }

  @Override
  public void restore(long[] saved) {
    state = saved[0];
  }

  /// The position of a task that draws from this generator and has a state of its own besides.
  public Position walking(Supplier<long[]> save, Consumer<long[]> restore) {
    SeededRandom random = this;
    return new Position() {
      @Override
      public long[] save() {
        long[] own = save.get();
        long[] saved = Arrays.copyOf(own, own.length + 1);
        saved[own.length] = random.state;
        return saved;
      }

      @Override
      public void restore(long[] saved) {
        restore.accept(Arrays.copyOf(saved, saved.length - 1));
        random.state = saved[saved.length - 1];
      }
    };
  }

  @Override
  public long nextLong() {
    long z = state += GOLDEN_GAMMA;
    z = (z ^ (z >>> 30)) * 0xbf58476d1ce4e5b9L;
    z = (z ^ (z >>> 27)) * 0x94d049bb133111ebL;
    return z ^ (z >>> 31);
  }

  @Override
  public int nextInt() {
    long z = state += GOLDEN_GAMMA;
    z = (z ^ (z >>> 33)) * 0x62a9d9ed799705f5L;
    z = (z ^ (z >>> 28)) * 0xcb24d0a5c88c35b3L;
    return (int) (z >>> 32);
  }
}
