package io.saviorrec.engine;

import io.saviorrec.bundle.Bundle;
import io.saviorrec.contract.Precision;
import io.saviorrec.contract.ScoreBatch;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;

/// Tries on a bundle's golden requests whether a model may, and should, score in bfloat16.
///
/// It may where no score moves by [#MAX_DIFFERENCE] and the AUC by less than [#MAX_AUC_LOSS].
/// Golden requests have no clicks: the AUC is the one to be expected if each candidate were clicked
/// with the probability that float32 gives it. It should where that is faster: on processors with
/// AMX or AVX512-BF16 and on GPUs, but for small models.
public final class PrecisionTrial {
  static final double MAX_DIFFERENCE = 0.005;
  static final double MAX_AUC_LOSS = 0.0005;

  /// As many candidates as a large request has.
  private static final int ROWS = 500;

  private static final int RUNS = 9;
  private static final long RUN_NANOS = TimeUnit.MILLISECONDS.toNanos(4);

  private final LoadedModel model;
  private final Bundle bundle;

  /// What came of it.
  ///
  /// @param largestDifference the most that a score moves
  /// @param aucLoss what is lost of the AUC
  /// @param speed how much faster bfloat16 is; below 1 slower
  public record Outcome(double largestDifference, double aucLoss, double speed) {

    /// Whether bfloat16 is near enough to float32.
    public boolean allowed() {
      return largestDifference < MAX_DIFFERENCE && aucLoss < MAX_AUC_LOSS;
    }
  }

  private record Run(float[][] scores, double nanos) {}

  private PrecisionTrial(LoadedModel model, Bundle bundle) {
    this.model = model;
    this.bundle = bundle;
  }

  /// Tries bfloat16 against float32. The model's tables are empty after it, and it scores in
  /// bfloat16.
  public static Outcome run(LoadedModel model, Bundle bundle) {
    PrecisionTrial trial = new PrecisionTrial(model, bundle);
    Run exact = trial.run(Precision.FP32);
    Run rounded = trial.run(Precision.BF16);
    double largest = 0;
    for (int i = 0; i < exact.scores.length; i++) {
      largest =
          Math.max(largest, GoldenReplay.largestDifference(rounded.scores[i], exact.scores[i]));
    }
    double speed = exact.nanos / rounded.nanos;
    if (!Double.isFinite(largest)) {
      return new Outcome(largest, Double.POSITIVE_INFINITY, speed);
    }
    float[] clicks = flat(exact.scores);
    return new Outcome(
        largest, expectedAuc(clicks, clicks) - expectedAuc(flat(rounded.scores), clicks), speed);
  }

  /// Scores as they come, each request alone, and once more with many candidates, which goes
  /// another way; and the time that the latter takes.
  private Run run(Precision precision) {
    model.use(precision);
    GoldenReplay replay = new GoldenReplay(model, bundle);
    List<ScoreBatch.Request> requests = replay.requests();
    float[][] scores = new float[2 * requests.size()][];
    for (int i = 0; i < requests.size(); i++) {
      scores[2 * i] = score(requests.get(i));
      scores[2 * i + 1] = score(repeated(requests.get(i)));
    }
    ScoreBatch large = ScoreBatch.of(repeated(requests.getLast()));
    // The shortest: whatever else the machine does makes calls longer, and must not decide.
    double shortest = Double.POSITIVE_INFINITY;
    for (int run = 0; run < RUNS; run++) {
      long from = System.nanoTime();
      long now = from;
      int calls = 0;
      while (now - from < RUN_NANOS) {
        model.score(large);
        calls++;
        now = System.nanoTime();
      }
      shortest = Math.min(shortest, (now - from) / (double) calls);
    }
    return new Run(scores, shortest);
  }

  private float[] score(ScoreBatch.Request request) {
    return model.score(ScoreBatch.of(request))[0];
  }

  private static ScoreBatch.Request repeated(ScoreBatch.Request request) {
    int[] slots = new int[ROWS];
    float[] base = new float[ROWS];
    for (int i = 0; i < ROWS; i++) {
      slots[i] = request.candidateSlots()[i % request.candidateSlots().length];
      base[i] = request.pctrBase()[i % request.pctrBase().length];
    }
    return new ScoreBatch.Request(request.userSlot(), request.historySlots(), slots, base);
  }

  private static float[] flat(float[][] rows) {
    int length = 0;
    for (float[] row : rows) {
      length += row.length;
    }
    float[] all = new float[length];
    int at = 0;
    for (float[] row : rows) {
      System.arraycopy(row, 0, all, at, row.length);
      at += row.length;
    }
    return all;
  }

  /// The AUC of scores where each row is clicked with its probability: of all pairs, each weighed
  /// by the chance that its first is clicked and its second is not, the share in which the first
  /// scores higher. Equal scores count half.
  static double expectedAuc(float[] scores, float[] clicks) {
    int[] order =
        IntStream.range(0, scores.length)
            .boxed()
            .sorted(Comparator.comparingDouble(i -> scores[i]))
            .mapToInt(Integer::intValue)
            .toArray();
    double clicked = 0;
    double skipped = 0;
    double wins = 0;
    for (int from = 0; from < order.length; ) {
      double tiedClicked = 0;
      double tiedSkipped = 0;
      int to = from;
      while (to < order.length && scores[order[to]] == scores[order[from]]) {
        tiedClicked += clicks[order[to]];
        tiedSkipped += 1 - clicks[order[to]];
        to++;
      }
      wins += tiedClicked * (skipped + tiedSkipped / 2);
      clicked += tiedClicked;
      skipped += tiedSkipped;
      from = to;
    }
    return clicked == 0 || skipped == 0 ? 0.5 : wins / (clicked * skipped);
  }
}
