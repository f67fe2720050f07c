package io.saviorrec.server.engine;

import io.saviorrec.bundle.Bundle;
import io.saviorrec.bundle.ItemBatch;
import io.saviorrec.config.ConfigException;
import io.saviorrec.content.EncodedText;
import io.saviorrec.content.TextTokenizer;
import io.saviorrec.contract.ScoreBatch;
import io.saviorrec.engine.EngineConfig;
import io.saviorrec.engine.GoldenReplay;
import io.saviorrec.engine.ItemTableException;
import io.saviorrec.engine.LoadedModel;
import io.saviorrec.engine.Representations;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// The engine of a model bundle: its archives run by DJL, and its tokenizer.
public final class BundleEngine implements ModelEngine {
  private final LoadedModel model;
  private final TextTokenizer tokenizer;

  private BundleEngine(LoadedModel model, TextTokenizer tokenizer) {
    this.model = model;
    this.tokenizer = tokenizer;
  }

  /// Fails when the engine cannot use a device of this name.
  ///
  /// @throws ConfigException saying what there is
  public static void requireDevice(String device) {
    if (!LoadedModel.hasDevice(device)) {
      throw new ConfigException(
          List.of(
              "engine.device is "
                  + device
                  + " but the engine sees "
                  + (LoadedModel.gpus() == 0 ? "no GPU" : LoadedModel.gpus() + " GPUs")
                  + "; set it to cpu, or see that driver and engine match"));
    }
  }

  /// Begins to load the engine's libraries, on a thread of its own, so that they are there when the
  /// first bundle asks for them. What fails here fails there too, and is told there.
  public static void preload() {
    Thread.ofPlatform()
        .name("engine-preload")
        .daemon()
        .uncaughtExceptionHandler((_, _) -> {})
        .start(LoadedModel::gpus);
  }

  /// Loads a bundle and replays its golden requests; a bundle that answers otherwise than at export
  /// is refused.
  ///
  /// @param slots rows of the item state table
  /// @throws ConfigException when the table does not fit into the device's memory
  public static BundleEngine load(Bundle bundle, String device, int slots) {
    LoadedModel model;
    try {
      model = LoadedModel.load(bundle, new EngineConfig(device, slots));
    } catch (ItemTableException e) {
      throw new ConfigException(
          List.of(
              "items.stateCapacity is too large for "
                  + bundle
                  + ": "
                  + e.getMessage()
                  + "; lower it, or scoring.maxCandidates or engine.threads"));
    }
    try {
      GoldenReplay.check(model, bundle);
      return new BundleEngine(model, LoadedModel.tokenizer(bundle));
    } catch (Throwable e) {
      model.close();
      throw e;
    }
  }

  @Override
  public Representations encode(byte[] @Nullable [] pixels, List<String> texts) {
    EncodedText encoded = tokenizer.encode(texts);
    return model.encode(pixels, encoded.ids(), encoded.mask());
  }

  @Override
  public float[] alignmentRatio(float[] z, int[] codes) {
    return model.alignmentRatio(z, codes);
  }

  @Override
  public void putItems(int[] slots, ItemBatch items) {
    model.putItems(slots, items);
  }

  @Override
  public float[][] score(ScoreBatch batch) {
    return model.score(batch);
  }

  @Override
  public void close() {
    tokenizer.close();
    model.close();
  }
}
