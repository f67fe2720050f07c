package io.saviorrec.server.registry;

import io.micrometer.core.instrument.Counter;
import io.saviorrec.bundle.ItemBatch;
import io.saviorrec.contract.ScoreBatch;
import io.saviorrec.contract.UserBatch;
import io.saviorrec.engine.Representations;
import io.saviorrec.server.engine.ModelEngine;
import io.saviorrec.server.metrics.ModelMetrics;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// An engine whose failures are counted.
final class CountedEngine implements ModelEngine {
  private final ModelEngine engine;
  private final Counter encodings;
  private final Counter states;
  private final Counter users;
  private final Counter scores;

  CountedEngine(ModelEngine engine, ModelMetrics metrics) {
    this.engine = engine;
    this.encodings = metrics.engineFailures("encode");
    this.states = metrics.engineFailures("item_state");
    this.users = metrics.engineFailures("user_state");
    this.scores = metrics.engineFailures("score");
  }

  @Override
  public Representations encode(byte[] @Nullable [] pixels, List<String> texts) {
    return counted(encodings, () -> engine.encode(pixels, texts));
  }

  @Override
  public int[] quantize(float[] z) {
    return counted(encodings, () -> engine.quantize(z));
  }

  @Override
  public float[] alignmentRatio(float[] z, int[] codes) {
    return counted(encodings, () -> engine.alignmentRatio(z, codes));
  }

  @Override
  public void putItems(int[] slots, ItemBatch items) {
    counted(
        states,
        () -> {
          engine.putItems(slots, items);
          return slots;
        });
  }

  @Override
  public void putUsers(UserBatch batch) {
    counted(
        users,
        () -> {
          engine.putUsers(batch);
          return batch;
        });
  }

  @Override
  public float[][] score(ScoreBatch batch) {
    return counted(scores, () -> engine.score(batch));
  }

  private static <T> T counted(Counter failures, Supplier<T> computation) {
    try {
      return computation.get();
    } catch (Throwable e) {
      failures.increment();
      throw e;
    }
  }

  @Override
  public void close() {
    engine.close();
  }
}
