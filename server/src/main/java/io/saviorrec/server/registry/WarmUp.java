package io.saviorrec.server.registry;

import io.saviorrec.engine.ScoreInput;
import io.saviorrec.server.admission.Lane;
import java.util.Arrays;

/// Scoring rounds that every scoring thread runs before the server is ready, so that no caller pays
/// for what happens once: class loading, compilation, and the engine's first run of each thread.
public final class WarmUp {
  private static final int[] CANDIDATES = {1, 20, 100, 500};

  private final Lane lane;
  private final int rounds;
  private final int maxCandidates;

  /// Warms the threads of `lane`.
  ///
  /// @param maxCandidates the largest request to warm up for
  public WarmUp(Lane lane, int rounds, int maxCandidates) {
    this.lane = lane;
    this.rounds = rounds;
    this.maxCandidates = maxCandidates;
  }

  public void run(ModelHandle handle) {
    if (rounds > 0) {
      lane.onEveryThread(() -> warm(handle));
    }
  }

  private void warm(ModelHandle handle) {
    int historyLength = handle.manifest().dims().historyLength();
    for (int round = 0; round < rounds; round++) {
      for (int candidates : CANDIDATES) {
        if (candidates <= maxCandidates) {
          score(handle, candidates, 0);
          score(handle, candidates, historyLength);
        }
      }
    }
  }

  /// All items are the unknown one: it is the only one whose slot is sure to be filled.
  private static void score(ModelHandle handle, int candidates, int history) {
    float[] pctrBase = new float[candidates];
    Arrays.fill(pctrBase, Float.NaN);
    handle
        .engine()
        .score(
            new ScoreInput(
                0,
                missing(handle.profile().width(), handle.profile()::missing),
                missing(handle.context().width(), handle.context()::missing),
                new int[history],
                new int[candidates],
                pctrBase));
  }

  private static long[] missing(int width, java.util.function.IntToLongFunction column) {
    long[] rows = new long[width];
    Arrays.setAll(rows, column);
    return rows;
  }
}
