package io.saviorrec.trainer.ranker;

import io.saviorrec.trainer.data.log.ImpressionLog;
import io.saviorrec.trainer.data.log.ItemStatistics;
import io.saviorrec.trainer.ranker.BatchAssembler.Chunk;
import io.saviorrec.trainer.ranker.BatchOrder.Range;
import io.saviorrec.trainer.torch.ScriptModule;
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

  /// Predicts with a trained module or with one that was read from `ranker.pt`.
  public Predictor(
      ScriptModule ranker,
      int historyLength,
      ItemFeatures items,
      ImpressionLog log,
      ItemStatistics statistics) {
    this.ranker = ranker;
    this.items = items;
    this.log = log;
    this.assembler = new BatchAssembler(log, statistics, items, historyLength);
  }

  /// Predicted click probabilities of the impressions of times `[from, until)`, in the log's order.
  public float[] predict(long from, long until) {
    Chunk[] chunks = BatchAssembler.chunks(log, from, until);
    int size = 0;
    for (Chunk chunk : chunks) {
      size += chunk.size();
    }
    float[] predictions = new float[size];
    int at = 0;
    for (Range range : BatchOrder.sequential(chunks, BATCH)) {
      try (var _ = new PointerScope();
          var _ = new NoGradGuard()) {
        PageBatch batch = assembler.assemble(chunks, range.from(), range.until());
        float[] part = batch.probabilities(batch.logits(ranker, items, false));
        System.arraycopy(part, 0, predictions, at, part.length);
        at += part.length;
      }
    }
    return predictions;
  }
}
