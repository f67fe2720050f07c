package io.saviorrec.trainer.train;

import io.saviorrec.bundle.Bundle;
import io.saviorrec.bundle.FloatRows;
import io.saviorrec.bundle.Provenance;
import io.saviorrec.bundle.SigningKey;
import io.saviorrec.config.Settings;
import io.saviorrec.trainer.console.UserError;
import io.saviorrec.trainer.contrast.PositivePairs;
import io.saviorrec.trainer.data.DataSet;
import io.saviorrec.trainer.data.log.CoClicks;
import io.saviorrec.trainer.data.log.ItemCatalogue;
import io.saviorrec.trainer.data.log.Tastes;
import io.saviorrec.trainer.data.log.TrainingInput;
import io.saviorrec.trainer.encoder.EncoderResult;
import io.saviorrec.trainer.encoder.EncoderTrainer;
import io.saviorrec.trainer.encoder.InitialWeights;
import io.saviorrec.trainer.export.BundleExporter;
import io.saviorrec.trainer.loop.Checkpoints;
import io.saviorrec.trainer.quantizer.QuantizerResult;
import io.saviorrec.trainer.quantizer.QuantizerTrainer;
import io.saviorrec.trainer.ranker.ItemFeatures;
import io.saviorrec.trainer.ranker.Ranker;
import io.saviorrec.trainer.ranker.RankerSpec;
import io.saviorrec.trainer.ranker.RankerTrainer;
import io.saviorrec.trainer.ranker.SpecBuilder;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;

/// One training run: encoder, quantizer, ranker, export, in this order. Encoder and quantizer leave
/// artifacts that later runs on the same data and settings take up.
public final class TrainingRun {
  private static final String ENCODER = "encoder";
  private static final String QUANTIZER = "quantizer";
  private static final String INPUT = "input";
  private static final String RANKER = "ranker";
  private static final String CODES = "codes.safetensors";

  private final DataSet data;
  private final int[] trainingItems;
  private final Request request;
  private final TrainConfig config;
  private final Toolchain toolchain;
  private final DataFingerprint fingerprint;
  private final StageKeys keys;

  /// What a run is asked for.
  ///
  /// @param config every setting, fitted to the data
  /// @param model the model's name
  /// @param seed of the ranker
  /// @param encoderSeed of the stages before it, whose results rankers of several seeds can share
  /// @param threads of one tensor operation
  /// @param fresh whether to run stages anew that were finished or begun before
  /// @param resume whether to refuse a run that was not begun
  /// @param command the command line's words, for the record
  /// @param signingKey signs the bundle; null: it is not signed
  public record Request(
      TrainConfig config,
      Path repository,
      String model,
      long seed,
      long encoderSeed,
      int threads,
      boolean fresh,
      boolean resume,
      List<String> command,
      @Nullable SigningKey signingKey) {}

  /// What a run made and measured.
  ///
  /// @param metrics of the validation period, and how long the stages took
  public record Outcome(Bundle bundle, Map<String, Double> metrics) {}

  public TrainingRun(DataSet data, TrainingItems items, Request request, Toolchain toolchain) {
    this(data, DataFingerprint.of(data), items, request, toolchain);
  }

  /// One of several runs on the same data.
  ///
  /// @param fingerprint of the data
  public TrainingRun(
      DataSet data,
      DataFingerprint fingerprint,
      TrainingItems items,
      Request request,
      Toolchain toolchain) {
    this.data = data;
    this.trainingItems = items.indices();
    this.request = request;
    this.config = request.config();
    this.toolchain = toolchain;
    this.fingerprint = fingerprint;
    this.keys =
        new StageKeys(
            toolchain,
            fingerprint,
            config,
            InitialWeights.hash(config.encoder()),
            request.encoderSeed(),
            request.seed(),
            request.threads());
  }

  /// What stands for everything that the ranker depends on.
  public String rankerKey() {
    return keys.ranker().sha();
  }

  /// What stands for everything that the encoder depends on.
  public String encoderKey() {
    return keys.encoder().sha();
  }

  /// Runs the encoder alone, or takes it from a run before.
  ///
  /// @param use what is done with z, an item a row
  public <T> T encode(Function<FloatRows, T> use) {
    try (StageStore stages = stages()) {
      Path encoder = encoder(stages, pairs());
      try (FloatRows z =
          FloatRows.open(encoder.resolve(EncoderResult.FILE), EncoderResult.TENSOR)) {
        return use.apply(z);
      }
    }
  }

  public Outcome run() {
    try (StageStore stages = stages()) {
      return run(stages);
    }
  }

  private StageStore stages() {
    return new StageStore(request.repository(), config.checkpoints().every(), TrainingRun::say);
  }

  private Outcome run(StageStore stages) {
    long start = System.nanoTime();
    if (request.resume() && !unfinished(stages, keys)) {
      throw new UserError(
          "--resume: %s has no unfinished run with this data, settings, seed, threads and code; leave --resume out to begin one"
              .formatted(request.repository()));
    }
    PositivePairs pairs = pairs();
    Path encoder = encoder(stages, pairs);
    try (FloatRows z = FloatRows.open(encoder.resolve(EncoderResult.FILE), EncoderResult.TENSOR)) {
      return run(stages, start, encoder, z, pairs);
    }
  }

  /// The co-clicked items P⁺.
  private PositivePairs pairs() {
    ItemCatalogue items = data.items();
    // From the days before those that the ranker learns from: pairs of its own days would tell z
    // the clicks that the ranker is to predict, and it would trust z more than new clicks bear out.
    CoClicks coClicks = data.coClicks(data.cuts().warmupUntil(), config.coClicks());
    PositivePairs pairs = PositivePairs.of(items.size(), coClicks, trainingItems);
    System.err.printf(
        Locale.ROOT,
        "%d items, %d of them shown before the validation period; %d co-clicked pairs from the warm-up%n",
        items.size(),
        trainingItems.length,
        coClicks.size());
    if (coClicks.size() == 0) {
      say(
          "no two items were clicked by the same users before warmup_until: z comes from content"
              + " alone; a later warmup_until or a lower coClicks.minUsers gives pairs");
    }

    return pairs;
  }

  private Path encoder(StageStore stages, PositivePairs pairs) {
    return stages.stage(
        ENCODER,
        keys.encoder(),
        request.fresh(),
        (folder, checkpoints) -> makeEncoder(folder, pairs, checkpoints));
  }

  private Outcome run(
      StageStore stages, long start, Path encoder, FloatRows z, PositivePairs pairs) {
    Path quantizer =
        stages.stage(
            QUANTIZER,
            keys.quantizer(),
            request.fresh(),
            (folder, checkpoints) -> makeQuantizer(folder, z, pairs, checkpoints));
    int[] codes = StageArrays.ints(quantizer.resolve(CODES), "codes", 2);
    float[] codebook = StageArrays.floats(quantizer.resolve(CODES), "codebook", 1);
    Path input =
        stages.stage(INPUT, keys.input(), request.fresh(), (folder, _) -> makeInput(folder));
    Made made = new Made(encoder, quantizer, input, z, codes, codebook);
    return stages.work(
        RANKER,
        keys.ranker(),
        request.fresh(),
        checkpoints -> rank(start, made, provenance(), checkpoints));
  }

  /// Finished stages may be another run's, but an unfinished run has begun what follows them.
  private static boolean unfinished(StageStore stages, StageKeys keys) {
    if (stages.finished(QUANTIZER, keys.quantizer())) {
      return stages.begun(RANKER, keys.ranker());
    }
    return stages.finished(ENCODER, keys.encoder()) || stages.begun(ENCODER, keys.encoder());
  }

  /// What the ranker builds on.
  @SuppressWarnings("ArrayRecordComponent") // plain columns, never compared
  private record Made(
      Path encoder, Path quantizer, Path input, FloatRows z, int[] codes, float[] codebook) {}

  /// Trains the ranker and writes the bundle.
  private Outcome rank(long start, Made made, Provenance provenance, Checkpoints checkpoints) {
    ItemCatalogue items = data.items();
    FloatRows z = made.z();
    int[] codes = made.codes();
    int levels = codes.length / items.size();
    int codebookSize = config.quantizer().codebookSize();

    ItemFeatures features = new ItemFeatures(items, data.schema(), z, codes, levels, codebookSize);
    Ranker ranker;
    RankerTrainer trainer;
    RankerTrainer.Summary summary;
    Tastes tastes;
    try (TrainingInput input = data.trainingInput(made.input())) {
      RankerSpec spec =
          new SpecBuilder(
                  config.ranker(), items, input, data.stored(), data.statistics(), data.cuts())
              .build(z.width(), levels, codebookSize, data.schema());
      tastes =
          config.ranker().taste().enabled()
              ? data.tastes(z, config.ranker().taste().rule(spec.clickRate()))
              : Tastes.NONE;
      torch.manual_seed(request.seed());
      ranker = new Ranker(config.ranker(), spec, made.codebook());
      trainer = new RankerTrainer(ranker, features, input, data.statistics(), tastes);
      summary = trainer.train(request.seed(), checkpoints);
    }
    System.err.printf(
        Locale.ROOT,
        "ranker: %,.0f samples/s, last epoch's loss %.4f%n",
        summary.samplesPerSecond(),
        summary.loss());

    Map<String, Double> metrics = new TreeMap<>(Validation.of(data, ranker, features, tastes));
    metrics.put("ranker_samples_per_second", summary.samplesPerSecond());
    metrics.put("train_seconds", (System.nanoTime() - start) / 1e9);
    Bundle bundle =
        new BundleExporter(
                data, config.encoder(), ranker, tastes, fingerprint.contentHashes(), request.seed())
            .export(
                request.repository(),
                request.model(),
                new BundleExporter.Stages(
                    made.encoder().resolve(Bundle.ENCODER),
                    made.encoder().resolve(Bundle.TOKENIZER),
                    made.quantizer().resolve(Bundle.RQ),
                    z,
                    codes,
                    record(made, summary, checkpoints),
                    trainer::writeState,
                    null),
                provenance,
                metrics,
                request.signingKey());
    return new Outcome(bundle, metrics);
  }

  /// What the stages measured and how their losses fell, for the bundle.
  private static String record(Made made, RankerTrainer.Summary summary, Checkpoints checkpoints) {
    Map<String, Object> stages = new TreeMap<>();
    stages.put(ENCODER, StageStore.record(made.encoder()));
    stages.put(QUANTIZER, StageStore.record(made.quantizer()));
    stages.put(RANKER, TrainingRecord.ranker(summary, checkpoints));
    return TrainingRecord.json(stages);
  }

  private Provenance provenance() {
    return new Provenance(
        request.command(),
        fingerprint.whole(),
        request.threads(),
        Settings.tree(config),
        new TreeMap<>(Map.of(ENCODER, keys.encoder().sha(), QUANTIZER, keys.quantizer().sha())),
        toolchain.versions());
  }

  private Map<String, ?> makeEncoder(Path folder, PositivePairs pairs, Checkpoints checkpoints) {
    ItemCatalogue items = data.items();
    long start = System.nanoTime();
    EncoderResult result =
        EncoderTrainer.train(
            config.encoder(),
            items.textParts(),
            items.size(),
            items::content,
            pairs,
            trainingItems,
            folder.resolve(Bundle.ENCODER),
            folder.resolve(Bundle.TOKENIZER),
            request.encoderSeed(),
            checkpoints);
    double seconds = (System.nanoTime() - start) / 1e9;
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
        "encoder: %.0f s, recall@30 of co-clicked items %.3f%s%n",
        seconds,
        result.recallAfter(),
        Double.isNaN(result.recallBefore())
            ? ""
            : String.format(Locale.ROOT, ", %.3f before alignment", result.recallBefore()));
    return Map.of(
        "seconds", seconds,
        "recall_before_alignment", result.recallBefore(),
        "recall_after_alignment", result.recallAfter(),
        "unreadable_images", unreadable.size());
  }

  private Map<String, ?> makeQuantizer(
      Path folder, FloatRows z, PositivePairs pairs, Checkpoints checkpoints) {
    long start = System.nanoTime();
    QuantizerResult result =
        QuantizerTrainer.train(
            config.quantizer(),
            z,
            pairs,
            trainingItems,
            folder.resolve(Bundle.RQ),
            request.encoderSeed(),
            checkpoints);
    double seconds = (System.nanoTime() - start) / 1e9;
    StageArrays.writeCodes(
        folder.resolve(CODES), result.codes(), result.levels(), result.codebook());
    System.err.printf(Locale.ROOT, "quantizer: %.0f s, %s%n", seconds, result.quality());
    return Map.of("seconds", seconds, "quality", result.quality());
  }

  private Map<String, ?> makeInput(Path folder) {
    long start = System.nanoTime();
    data.writeTrainingInput(folder);
    return Map.of("seconds", (System.nanoTime() - start) / 1e9);
  }

  private static void say(String line) {
    System.err.println(line);
  }
}
