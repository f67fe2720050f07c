package io.saviorrec.server.fakes;

import io.saviorrec.bundle.ItemBatch;
import io.saviorrec.contract.ScoreBatch;
import io.saviorrec.contract.UserBatch;
import io.saviorrec.engine.Representations;
import io.saviorrec.server.engine.ModelEngine;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// An engine that hands every call on to another: a test overrides the one that it is about.
public class ForwardingEngine implements ModelEngine {
  private final ModelEngine engine;

  protected ForwardingEngine(ModelEngine engine) {
    this.engine = engine;
  }

  @Override
  public Representations encode(byte[] @Nullable [] pixels, List<String> texts) {
    return engine.encode(pixels, texts);
  }

  @Override
  public int[] quantize(float[] z) {
    return engine.quantize(z);
  }

  @Override
  public float[] alignmentRatio(float[] z, int[] codes) {
    return engine.alignmentRatio(z, codes);
  }

  @Override
  public void putItems(int[] slots, ItemBatch items) {
    engine.putItems(slots, items);
  }

  @Override
  public void putUsers(UserBatch users) {
    engine.putUsers(users);
  }

  @Override
  public float[][] score(ScoreBatch batch) {
    return engine.score(batch);
  }

  @Override
  public void close() {
    engine.close();
  }
}
