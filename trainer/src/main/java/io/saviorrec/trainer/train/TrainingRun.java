package io.saviorrec.trainer.train;

import io.saviorrec.bundle.Bundle;
import io.saviorrec.trainer.contrast.PositivePairs;
import io.saviorrec.trainer.data.DataSet;
import io.saviorrec.trainer.data.log.CoClicks;
import io.saviorrec.trainer.data.log.ItemCatalogue;
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
import io.saviorrec.trainer.train.StageStore.Stage;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.global.torch;

/// One training run: encoder, quantizer, ranker, export, in this order. Encoder and quantizer leave
/// artifacts that later runs on the same data and settings take up.
public final class TrainingRun {
  private final DataSet data;
  private final TrainConfig config;
  private final Path repository;
  private final String model;
  private final long seed;
  private final boolean fresh;
  private final StageStore stages;

  /// What a run made and measured.
  ///
  /// @param metrics of the validation period, and how long the stages took
  public record Outcome(Bundle bundle, Map<String, Double> metrics) {}

  public TrainingRun(
      DataSet data, TrainConfig config, Path repository, String model, long seed, boolean fresh) {
    this.data = data;
    this.config = config;
    this.repository = repository;
    this.model = model;
    this.seed = seed;
    this.fresh = fresh;
    this.stages = new StageStore(repository);
  }

  public Outcome run() {
    long start = System.nanoTime();
    ItemCatalogue items = data.items();
    DataFingerprint fingerprint = DataFingerprint.of(data);
    long until = data.cuts().validationFrom();
    int[] trainingItems =
        IntStream.range(0, items.size()).filter(i -> items.firstImpression(i) < until).toArray();
    CoClicks coClicks = data.coClicks(until, config.coClicks());
    PositivePairs pairs = PositivePairs.of(items.size(), coClicks, trainingItems);
    System.err.printf(
        Locale.ROOT,
        "%d items, %d of them shown before the validation period; %d co-clicked pairs%n",
        items.size(),
        trainingItems.length,
        coClicks.size());

    Stage encoder = encoderStage(fingerprint, pairs, trainingItems);
    float[] z = Representations.floats(encoder.path("z.safetensors"), "z", 2);
    int zDim = z.length / items.size();
    Stage quantizer = quantizerStage(fingerprint, z, zDim, pairs, trainingItems);
    int[] codes = Representations.ints(quantizer.path("codes.safetensors"), "codes", 2);
    float[] codebook = Representations.floats(quantizer.path("codes.safetensors"), "codebook", 1);
    int levels = codes.length / items.size();
    int codebookSize = config.quantizer().codebookSize();

    ItemFeatures features =
        new ItemFeatures(items, data.schema(), z, zDim, codes, levels, codebookSize);
    RankerSpec spec =
        new SpecBuilder(config.ranker(), items, data.log(), data.statistics(), data.cuts())
            .build(zDim, levels, codebookSize, data.schema());
    torch.manual_seed(seed);
    Ranker ranker = new Ranker(config.ranker(), spec, codebook);
    RankerTrainer.Summary summary =
        new RankerTrainer(ranker, features, data.log(), data.statistics())
            .train(data.cuts().warmupUntil(), until, seed);
    System.err.printf(
        Locale.ROOT,
        "ranker: %,.0f samples/s, last epoch's loss %.4f%n",
        summary.samplesPerSecond(),
        summary.loss());

    Map<String, Double> metrics = new TreeMap<>(validate(ranker, features));
    metrics.put("ranker_samples_per_second", summary.samplesPerSecond());
    metrics.put("train_seconds", (System.nanoTime() - start) / 1e9);
    Bundle bundle =
        new BundleExporter(data, config.encoder(), ranker, fingerprint.contentHashes(), seed)
            .export(
                repository,
                model,
                new BundleExporter.Stages(
                    encoder.path(Bundle.ENCODER),
                    encoder.path(Bundle.TOKENIZER),
                    quantizer.path(Bundle.RQ),
                    z,
                    codes),
                metrics);
    return new Outcome(bundle, metrics);
  }

  private Stage encoderStage(
      DataFingerprint fingerprint, PositivePairs pairs, int[] trainingItems) {
    Stage stage = stages.stage("encoder", fingerprint, config.coClicks(), config.encoder(), seed);
    if (reused(stage, "encoder")) {
      return stage;
    }
    ItemCatalogue items = data.items();
    long start = System.nanoTime();
    EncoderResult result =
        EncoderTrainer.train(
            config.encoder(),
            items.size(),
            items::content,
            pairs,
            trainingItems,
            stage.path(Bundle.ENCODER),
            stage.path(Bundle.TOKENIZER),
            seed);
    double seconds = (System.nanoTime() - start) / 1e9;
    Representations.writeFloats(
        stage.path("z.safetensors"), "z", result.z(), items.size(), result.zDim());
    stage.finish(
        Map.of(
            "seconds", seconds,
            "recall_before_alignment", result.recallBefore(),
            "recall_after_alignment", result.recallAfter(),
            "unreadable_images", result.unreadableImages().size()));
    System.err.printf(
        Locale.ROOT,
        "encoder: %.0f s, recall@30 of co-clicked items %.3f before alignment, %.3f after%n",
        seconds,
        result.recallBefore(),
        result.recallAfter());
    return stage;
  }

  private Stage quantizerStage(
      DataFingerprint fingerprint, float[] z, int zDim, PositivePairs pairs, int[] trainingItems) {
    Stage stage =
        stages.stage(
            "quantizer",
            fingerprint,
            config.coClicks(),
            config.encoder(),
            config.quantizer(),
            seed);
    if (reused(stage, "quantizer")) {
      return stage;
    }
    long start = System.nanoTime();
    QuantizerResult result =
        QuantizerTrainer.train(
            config.quantizer(), z, zDim, pairs, trainingItems, stage.path(Bundle.RQ), seed);
    double seconds = (System.nanoTime() - start) / 1e9;
    Representations.writeCodes(
        stage.path("codes.safetensors"), result.codes(), result.levels(), result.codebook());
    stage.finish(Map.of("seconds", seconds, "quality", result.quality().toString()));
    System.err.printf(Locale.ROOT, "quantizer: %.0f s, %s%n", seconds, result.quality());
    return stage;
  }

  private boolean reused(Stage stage, String name) {
    if (fresh || !stage.complete()) {
      return false;
    }
    System.err.printf(
        Locale.ROOT,
        "%s: taken from %s, which was made from the same data and settings%n",
        name,
        stage.folder());
    return true;
  }

  private Map<String, Double> validate(Ranker ranker, ItemFeatures features) {
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
                data.statistics())
            .predict(from, until);
    return RankingMetrics.of(data.log(), from, until, predictions).asMap("validation_");
  }
}
