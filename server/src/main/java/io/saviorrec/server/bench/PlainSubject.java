package io.saviorrec.server.bench;

import io.saviorrec.engine.PlainArchive;
import io.saviorrec.engine.PlainArchive.Floats;
import io.saviorrec.engine.PlainArchive.Input;
import io.saviorrec.engine.PlainArchive.Longs;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.SplittableRandom;

/// A plain export of a click model: `forward(candidates i64[B], history i64[R, n], pctr_base
/// f32[B])`, items by row, with one history (R = 1) or the history once for every candidate (R =
/// B).
final class PlainSubject implements Subject {
  private static final int POOL = 16;
  private static final float PCTR_BASE = 0.05f;

  /// A history that is repeated for every candidate is long.
  private static final int MOST_POOLED_LONGS = 4_000_000;

  private final PlainArchive archive;
  private final int items;
  private final boolean tiled;
  private Input[][] pool = {};
  private int next;

  /// @param items rows of the archive's own table
  /// @param tiled whether it takes the history once for every candidate
  PlainSubject(Path file, int items, boolean tiled) {
    this.archive = PlainArchive.load(file);
    this.items = items;
    this.tiled = tiled;
  }

  @Override
  public void prepare(Shape shape) {
    SplittableRandom random = new SplittableRandom(shape.candidates() + 31L * shape.history());
    int rows = tiled ? shape.candidates() : 1;
    int longs = Math.max(1, rows * shape.history());
    pool = new Input[Math.clamp(MOST_POOLED_LONGS / longs, 1, POOL)][];
    next = 0;
    float[] pctrBase = new float[shape.candidates()];
    Arrays.fill(pctrBase, PCTR_BASE);
    for (int i = 0; i < pool.length; i++) {
      long[] clicks = random.longs(shape.history(), 0, items).toArray();
      long[] history = new long[longs];
      for (int row = 0; row < rows; row++) {
        System.arraycopy(clicks, 0, history, row * clicks.length, clicks.length);
      }
      pool[i] =
          new Input[] {
            new Longs(random.longs(shape.candidates(), 0, items).toArray(), shape.candidates()),
            new Longs(history, rows, shape.history()),
            new Floats(pctrBase, shape.candidates())
          };
    }
  }

  @Override
  public void score() {
    archive.forward(pool[next]);
    next = (next + 1) % pool.length;
  }

  @Override
  public void close() {
    archive.close();
  }
}
