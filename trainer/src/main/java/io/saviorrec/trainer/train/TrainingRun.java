package io.saviorrec.trainer.train;

import io.saviorrec.bundle.Bundle;
import io.saviorrec.bundle.Provenance;
import io.saviorrec.bundle.SigningKey;
import io.saviorrec.config.Settings;
import io.saviorrec.trainer.contrast.PositivePairs;
import io.saviorrec.trainer.data.DataSet;
import io.saviorrec.trainer.data.log.CoClicks;
import io.saviorrec.trainer.data.log.ItemCatalogue;
import io.saviorrec.trainer.data.log.Tastes;
import io.saviorrec.trainer.encoder.EncoderResult;
import io.saviorrec.trainer.encoder.EncoderTrainer;
import io.saviorrec.trainer.evaluate.RankingMetrics;
import io.saviorrec.trainer.export.BundleExporter;
import io.saviorrec.trainer.quantizer.QuantizerResult;
import io.saviorrec.trainer.quantizer.QuantizerTrainer;
import io.saviorrec.trainer.ranker.ItemFeatures;
import io.saviorrec.trainer.ranker.Predictor;
import io.saviorrec.trainer.ranker.Ranker;
import io.saviorrec.trainer.ranker.RankerSpec;
import io.saviorrec.trainer.ranker.RankerTrainer;
import io.saviorrec.trainer.ranker.SpecBuilder;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;

/// One training run: encoder, quantizer, ranker, export, in this order. Encoder and quantizer leave
/// artifacts that later runs on the same data and settings take up.
public final class TrainingRun {
  private static final String ENCODER = "encoder";
  private static final String QUANTIZER = "quantizer";
  private static final String Z = "z.safetensors";
  private static final String CODES = "codes.safetensors";

  private final DataSet data;
  private final int[] trainingItems;
  private final Request request;
  private final TrainConfig config;
  private final Toolchain toolchain;

  /// What a run is asked for.
  ///
  /// @param config every setting, fitted to the data
  /// @param model the model's name
  /// @param threads of one tensor operation
  /// @param fresh whether to run stages that were finished before
  /// @param command the command line's words, for the record
  /// @param signingKey signs the bundle; null: it is not signed
  public record Request(
      TrainConfig config,
      Path repository,
      String model,
      long seed,
      int threads,
      boolean fresh,
      List<String> command,
      @Nullable SigningKey signingKey) {}

  /// What a run made and measured.
  ///
  /// @param metrics of the validation period, and how long the stages took
  public record Outcome(Bundle bundle, Map<String, Double> metrics) {}

  public TrainingRun(DataSet data, TrainingItems items, Request request, Toolchain toolchain) {
    this.data = data;
    this.trainingItems = items.indices();
    this.request = request;
    this.config = request.config();
    this.toolchain = toolchain;
  }

  public Outcome run() {
    try (StageStore stages = new StageStore(request.repository(), TrainingRun::say)) {
      return run(stages);
    }
  }

  private Outcome run(StageStore stages) {
    long start = System.nanoTime();
    ItemCatalogue items = data.items();
    long until = data.cuts().validationFrom();
    DataFingerprint fingerprint = DataFingerprint.of(data);
    StageKeys keys =
        new StageKeys(toolchain, fingerprint, config, request.seed(), request.threads());
    CoClicks coClicks = data.coClicks(until, config.coClicks());
    PositivePairs pairs = PositivePairs.of(items.size(), coClicks, trainingItems);
    System.err.printf(
        Locale.ROOT,
        "%d items, %d of them shown before the validation period; %d co-clicked pairs%n",
        items.size(),
        trainingItems.length,
        coClicks.size());

    Path encoder =
        stages.stage(
            ENCODER, keys.encoder(), request.fresh(), folder -> makeEncoder(folder, pairs));
    float[] z = StageArrays.floats(encoder.resolve(Z), "z", 2);
    int zDim = z.length / items.size();
    Path quantizer =
        stages.stage(
            QUANTIZER,
            keys.quantizer(),
            request.fresh(),
            folder -> makeQuantizer(folder, z, zDim, pairs));
    int[] codes = StageArrays.ints(quantizer.resolve(CODES), "codes", 2);
    float[] codebook = StageArrays.floats(quantizer.resolve(CODES), "codebook", 1);
    int levels = codes.length / items.size();
    int codebookSize = config.quantizer().codebookSize();

    ItemFeatures features =
        new ItemFeatures(items, data.schema(), z, zDim, codes, levels, codebookSize);
    RankerSpec spec =
        new SpecBuilder(config.ranker(), items, data.log(), data.statistics(), data.cuts())
            .build(zDim, levels, codebookSize, data.schema());
    Tastes tastes =
        config.ranker().taste().enabled()
            ? data.tastes(z, config.ranker().taste().rule(spec.clickRate()))
            : Tastes.NONE;
    torch.manual_seed(request.seed());
    Ranker ranker = new Ranker(config.ranker(), spec, codebook);
    RankerTrainer.Summary summary =
        new RankerTrainer(ranker, features, data.log(), data.statistics(), tastes)
            .train(data.cuts().warmupUntil(), until, request.seed());
    System.err.printf(
        Locale.ROOT,
        "ranker: %,.0f samples/s, last epoch's loss %.4f%n",
        summary.samplesPerSecond(),
        summary.loss());

    Map<String, Double> metrics = new TreeMap<>(validate(ranker, features, tastes));
    metrics.put("ranker_samples_per_second", summary.samplesPerSecond());
    metrics.put("train_seconds", (System.nanoTime() - start) / 1e9);
    Bundle bundle =
        new BundleExporter(
                data, config.encoder(), ranker, tastes, fingerprint.contentHashes(), request.seed())
            .export(
                request.repository(),
                request.model(),
                new BundleExporter.Stages(
                    encoder.resolve(Bundle.ENCODER),
                    encoder.resolve(Bundle.TOKENIZER),
                    quantizer.resolve(Bundle.RQ),
                    z,
                    codes),
                provenance(fingerprint, keys),
                metrics,
                request.signingKey());
    return new Outcome(bundle, metrics);
  }

  private Provenance provenance(DataFingerprint fingerprint, StageKeys keys) {
    return new Provenance(
        request.command(),
        fingerprint.whole(),
        request.threads(),
        Settings.tree(config),
        new TreeMap<>(Map.of(ENCODER, keys.encoder().sha(), QUANTIZER, keys.quantizer().sha())),
        toolchain.versions());
  }

  private Map<String, ?> makeEncoder(Path folder, PositivePairs pairs) {
    ItemCatalogue items = data.items();
    long start = System.nanoTime();
    EncoderResult result =
        EncoderTrainer.train(
            config.encoder(),
            items.size(),
            items::content,
            pairs,
            trainingItems,
            folder.resolve(Bundle.ENCODER),
            folder.resolve(Bundle.TOKENIZER),
            request.seed());
    double seconds = (System.nanoTime() - start) / 1e9;
    StageArrays.writeFloats(folder.resolve(Z), "z", result.z(), items.size(), result.zDim());
    List<String> unreadable = result.unreadableImages();
    if (!unreadable.isEmpty()) {
      System.err.printf(
          Locale.ROOT,
          "%d of %d pictures cannot be read; those items are encoded by their text alone. First: %s%n",
          unreadable.size(),
          items.size(),
          unreadable.getFirst());
    }
    System.err.printf(
        Locale.ROOT,
        "encoder: %.0f s, recall@30 of co-clicked items %.3f before alignment, %.3f after%n",
        seconds,
        result.recallBefore(),
        result.recallAfter());
    return Map.of(
        "seconds", seconds,
        "recall_before_alignment", result.recallBefore(),
        "recall_after_alignment", result.recallAfter(),
        "unreadable_images", unreadable.size());
  }

  private Map<String, ?> makeQuantizer(Path folder, float[] z, int zDim, PositivePairs pairs) {
    long start = System.nanoTime();
    QuantizerResult result =
        QuantizerTrainer.train(
            config.quantizer(),
            z,
            zDim,
            pairs,
            trainingItems,
            folder.resolve(Bundle.RQ),
            request.seed());
    double seconds = (System.nanoTime() - start) / 1e9;
    StageArrays.writeCodes(
        folder.resolve(CODES), result.codes(), result.levels(), result.codebook());
    System.err.printf(Locale.ROOT, "quantizer: %.0f s, %s%n", seconds, result.quality());
    return Map.of("seconds", seconds, "quality", result.quality().toString());
  }

  private static void say(String line) {
    System.err.println(line);
  }

  private Map<String, Double> validate(Ranker ranker, ItemFeatures features, Tastes tastes) {
    long from = data.cuts().validationFrom();
    long until = data.cuts().testFrom();
    if (data.log().firstPageAt(from) == data.log().firstPageAt(until)) {
      return Map.of();
    }
    float[] predictions =
        new Predictor(
                ranker.module(),
                config.ranker().historyLength(),
                features,
                data.log(),
                data.statistics(),
                tastes)
            .predict(from, until);
    return RankingMetrics.of(data.log(), from, until, predictions).asMap("validation_");
  }
}
