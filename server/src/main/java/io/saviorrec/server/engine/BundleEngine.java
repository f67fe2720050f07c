package io.saviorrec.server.engine;

import io.saviorrec.bundle.Bundle;
import io.saviorrec.bundle.BundleException;
import io.saviorrec.bundle.ItemBatch;
import io.saviorrec.bundle.Manifest;
import io.saviorrec.bundle.TrustedKeys;
import io.saviorrec.config.ConfigException;
import io.saviorrec.content.EncodedText;
import io.saviorrec.content.TextTokenizer;
import io.saviorrec.contract.Precision;
import io.saviorrec.contract.ScoreBatch;
import io.saviorrec.contract.UserBatch;
import io.saviorrec.engine.BundleCheck;
import io.saviorrec.engine.EngineConfig;
import io.saviorrec.engine.GoldenReplay;
import io.saviorrec.engine.ItemTableException;
import io.saviorrec.engine.LoadedModel;
import io.saviorrec.engine.PrecisionTrial;
import io.saviorrec.engine.Representations;
import io.saviorrec.server.config.ServerConfig;
import java.lang.management.MemoryUsage;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The engine of a model bundle: its archives run by DJL, and its tokenizer.
public final class BundleEngine implements ModelEngine {
  private static final Logger log = LoggerFactory.getLogger(BundleEngine.class);

  /// Less is not worth the digits; and a start must not choose otherwise than the one before.
  private static final double CLEARLY_FASTER = 1.25;

  private final LoadedModel model;
  private final TextTokenizer tokenizer;

  private BundleEngine(LoadedModel model, TextTokenizer tokenizer) {
    this.model = model;
    this.tokenizer = tokenizer;
  }

  /// The device to use: the one that is configured, or the first GPU, or the processor.
  ///
  /// @throws ConfigException saying what there is, when there is no such device
  public static String device(String configured) {
    if (configured.equals("auto")) {
      return LoadedModel.gpus() > 0 ? "gpu:0" : "cpu";
    }
    if (!LoadedModel.hasDevice(configured)) {
      throw new ConfigException(
          List.of(
              "engine.device is "
                  + configured
                  + " but the engine sees "
                  + (LoadedModel.gpus() == 0 ? "no GPU" : LoadedModel.gpus() + " GPUs")
                  + "; set it to auto, or see that driver and engine match"));
    }
    return configured;
  }

  /// Memory of the device where that is a GPU, by whomever it is taken.
  public static Optional<MemoryUsage> gpuMemory(String device) {
    return device.equals("cpu") ? Optional.empty() : Optional.of(LoadedModel.gpuMemory(device));
  }

  /// The type that is asked for; null: whichever is best.
  public static @Nullable Precision precision(ServerConfig.Engine.Precision configured) {
    return switch (configured) {
      case AUTO -> null;
      case FP32 -> Precision.FP32;
      case BF16 -> Precision.BF16;
    };
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
  /// @param precision the type to score in; null: the faster one of those that are near enough
  /// @throws ConfigException when the tables do not fit into the device's memory, or the precision
  ///   changes the scores too much
  public static BundleEngine load(
      Bundle bundle, String device, Slots slots, @Nullable Precision precision) {
    LoadedModel model;
    try {
      model =
          LoadedModel.load(
              bundle, new EngineConfig(device, slots.items(), slots.users(), Precision.FP32));
    } catch (ItemTableException e) {
      throw new ConfigException(
          List.of(
              "items.stateCapacity or users.stateBytes is too large for "
                  + bundle
                  + ": "
                  + e.getMessage()
                  + "; lower them, or scoring.maxCandidates or engine.threads"),
          e);
    }
    try {
      GoldenReplay.check(model, bundle);
      if (precision != Precision.FP32) {
        choose(model, bundle, precision);
      }
      return new BundleEngine(model, LoadedModel.tokenizer(bundle));
    } catch (Throwable e) {
      model.close();
      throw e;
    }
  }

  /// Everything that would keep [#load] from loading a bundle, on a processor; empty when nothing
  /// does.
  ///
  /// @param slots rows of the state tables of a model
  public static List<BundleException> check(
      Path versionDir, TrustedKeys trusted, Function<Manifest, Slots> slots) {
    return BundleCheck.run(
        versionDir,
        trusted,
        manifest -> {
          Slots rows = slots.apply(manifest);
          return new EngineConfig("cpu", rows.items(), rows.users(), Precision.FP32);
        });
  }

  /// Whether loading or running a model failed for want of its device's memory.
  public static boolean lacksMemory(Throwable e) {
    return LoadedModel.lacksMemory(e);
  }

  private static void choose(LoadedModel model, Bundle bundle, @Nullable Precision precision) {
    PrecisionTrial.Outcome outcome = PrecisionTrial.run(model, bundle);
    String moved =
        "bf16 moves scores of %s by up to %.2g and the AUC by %.2g"
            .formatted(bundle, outcome.largestDifference(), outcome.aucLoss());
    if (precision == Precision.BF16 && !outcome.allowed()) {
      throw new ConfigException(
          List.of(moved + ", which is too much; set engine.precision to auto or fp32"));
    }
    boolean rounded =
        precision == Precision.BF16 || (outcome.allowed() && outcome.speed() > CLEARLY_FASTER);
    log.info(
        "scores {} in {}: {}, at {} times the speed",
        bundle,
        rounded ? "bf16" : "fp32",
        moved,
        String.format(Locale.ROOT, "%.2f", outcome.speed()));
    if (!rounded) {
      model.use(Precision.FP32);
    }
  }

  @Override
  public Representations encode(byte[] @Nullable [] pixels, List<String> texts) {
    EncodedText encoded = tokenizer.encode(texts);
    return model.encode(pixels, encoded.ids(), encoded.mask());
  }

  @Override
  public int[] quantize(float[] z) {
    return model.quantize(z);
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
  public void putUsers(UserBatch users) {
    model.putUsers(users);
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
