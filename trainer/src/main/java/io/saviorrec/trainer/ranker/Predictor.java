package io.saviorrec.trainer.ranker;

import io.saviorrec.trainer.data.log.ImpressionLog;
import io.saviorrec.trainer.data.log.ItemStatistics;
import io.saviorrec.trainer.data.log.Tastes;
import io.saviorrec.trainer.ranker.BatchOrder.Range;
import io.saviorrec.trainer.ranker.Chunks.Chunk;
import io.saviorrec.trainer.torch.ScriptModule;
import java.util.Arrays;
import java.util.function.IntPredicate;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;

/// Predicts the clicks of logged impressions with a ranker, each by what was known at the start of
/// its day.
public final class Predictor {
  private static final int BATCH = 4000;

  private final ScriptModule ranker;
  private final ItemFeatures items;
  private final ImpressionLog log;
  private final BatchAssembler assembler;

  /// What a ranker is told of candidates.
  ///
  /// @param items who they are
  /// @param withStatistics whether their statistics are told too
  /// @param withBase whether the base model's prediction is
  public record Shown(ItemFeatures items, boolean withStatistics, boolean withBase) {}

  /// Predicts with a trained module or with one that was read from `ranker.pt`, which takes no
  /// taste profiles.
  public Predictor(
      ScriptModule ranker,
      int historyLength,
      ItemFeatures items,
      ImpressionLog log,
      ItemStatistics statistics) {
    this(ranker, historyLength, items, log, statistics, Tastes.NONE);
  }

  /// The same with taste profiles.
  public Predictor(
      ScriptModule ranker,
      int historyLength,
      ItemFeatures items,
      ImpressionLog log,
      ItemStatistics statistics,
      Tastes tastes) {
    this.ranker = ranker;
    this.items = items;
    this.log = log;
    this.assembler = new BatchAssembler(log, statistics, historyLength, tastes);
  }

  /// Predicted click probabilities of the impressions of times `[from, until)`, in the log's order.
  public float[] predict(long from, long until) {
    return predict(from, until, new Shown(items, true, true), _ -> true);
  }

  /// The same with candidates that are not what they were.
  ///
  /// @param shown what is told of them
  /// @param pages page views that are scored; predictions of others are NaN
  public float[] predict(long from, long until, Shown shown, IntPredicate pages) {
    int first = log.pageStart[log.firstPageAt(from)];
    float[] predictions = new float[log.pageStart[log.firstPageAt(until)] - first];
    Arrays.fill(predictions, Float.NaN);
    Chunks chunks = Chunks.of(log, from, until, pages);
    for (Range range : BatchOrder.sequential(chunks.all, BATCH, assembler.alike())) {
      try (var _ = new PointerScope();
          var _ = new NoGradGuard()) {
        PageBatch whole = assembler.assemble(chunks, range.from(), range.until());
        PageBatch batch = whole.shown(shown.withStatistics(), shown.withBase());
        float[] part = batch.probabilities(batch.logits(ranker, items, shown.items(), false));
        int at = 0;
        for (int i = range.from(); i < range.until(); i++) {
          Chunk chunk = chunks.all[i];
          for (int j = chunk.from(); j < chunk.to(); j++) {
            predictions[chunks.samples[j] - first] = part[at++];
          }
        }
      }
    }
    return predictions;
  }
}
