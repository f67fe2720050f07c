package io.saviorrec.trainer.train;

import com.fasterxml.jackson.databind.JsonNode;
import io.saviorrec.bundle.Bundle;
import io.saviorrec.bundle.BundleException;
import io.saviorrec.bundle.Manifest;
import io.saviorrec.bundle.ModelRepository;
import io.saviorrec.bundle.Provenance;
import io.saviorrec.bundle.SigningKey;
import io.saviorrec.config.Settings;
import io.saviorrec.trainer.console.UserError;
import io.saviorrec.trainer.data.DataSet;
import io.saviorrec.trainer.data.log.Cuts;
import io.saviorrec.trainer.data.log.Tastes;
import io.saviorrec.trainer.data.log.TrainingInput;
import io.saviorrec.trainer.evaluate.BundleItems;
import io.saviorrec.trainer.export.BundleExporter;
import io.saviorrec.trainer.loop.Checkpoints;
import io.saviorrec.trainer.ranker.ItemFeatures;
import io.saviorrec.trainer.ranker.OlderSettings;
import io.saviorrec.trainer.ranker.Ranker;
import io.saviorrec.trainer.ranker.RankerConfig;
import io.saviorrec.trainer.ranker.RankerSpec;
import io.saviorrec.trainer.ranker.RankerState;
import io.saviorrec.trainer.ranker.RankerTrainer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;

/// Trains a model that there is on what came into the log since: the ranker goes on from where its
/// last training ended, with its optimisers' memory and its bucket boundaries; encoder and
/// quantizer stay as they are, and so do the columns.
public final class WarmStart {
  private static final String RANKER = "ranker";

  private final Bundle parent;
  private final TrainConfig config;
  private final Request request;
  private final Toolchain toolchain;

  /// What a run is asked for.
  ///
  /// @param model the model's name
  /// @param threads of one tensor operation
  /// @param fresh whether to begin anew where it was begun before
  /// @param resume whether to refuse a run that was not begun
  /// @param command the command line's words, for the record
  /// @param signingKey signs the bundle; null: it is not signed
  public record Request(
      Path repository,
      String model,
      long seed,
      int threads,
      boolean fresh,
      boolean resume,
      List<String> command,
      @Nullable SigningKey signingKey) {}

  /// @param parent the bundle to go on from
  /// @param config its settings, see [#settings]
  public WarmStart(Bundle parent, TrainConfig config, Request request, Toolchain toolchain) {
    this.parent = parent;
    this.config = config;
    this.request = request;
    this.toolchain = toolchain;
  }

  /// Opens a bundle that can be gone on from.
  ///
  /// @param folder the bundle's, or its model's: then the newest version
  /// @throws UserError when it cannot
  public static Bundle open(Path folder) {
    Bundle parent = Bundle.open(newest(folder.toAbsolutePath().normalize()));
    if (!Files.isRegularFile(parent.path(Bundle.STATE))) {
      throw new UserError(
          "%s has no %s, without which a training cannot go on from it; train it once without --warm-start"
              .formatted(parent, Bundle.STATE));
    }
    try {
      parent.requireLineage();
    } catch (BundleException e) {
      throw new UserError(String.valueOf(e.getMessage()), e);
    }
    return parent;
  }

  private static Path newest(Path folder) {
    Path repository = folder.getParent();
    if (repository == null
        || !Files.isDirectory(folder)
        || !ModelRepository.holdsVersions(folder)) {
      return folder;
    }
    String model = folder.getFileName().toString();
    return ModelRepository.versionDir(
        repository, model, ModelRepository.versions(repository, model).getLast());
  }

  /// The settings that the parent was trained with, but for one pass over the new days at the rate
  /// at which its training ended: a few days at the first rates would be learned by heart.
  public static Settings<TrainConfig> settings(Bundle parent) {
    JsonNode recorded = parent.manifest().provenance().settings();
    Settings<TrainConfig> settings =
        Settings.over(
            TrainConfig.class,
            Settings.yaml(recorded),
            "the settings in the manifest of " + parent.manifest().model());
    if (!recorded.path("encoder").has("profile")) {
      // A release whose encoders all had towers.
      Settings.tree(Preset.PAPER.config().encoder().profile())
          .properties()
          .forEach(
              entry ->
                  settings.set(
                      "encoder.profile." + entry.getKey(), entry.getValue().asText(), "towers"));
    }
    OlderSettings.complete(settings, "ranker.", recorded.path("ranker"));
    RankerConfig.Training training = settings.bind().ranker().training();
    double share = training.finalRateShare();
    set(settings, "epochs", 1);
    set(settings, "tableRate", training.tableRate() * share);
    set(settings, "codebookRate", training.codebookRate() * share);
    set(settings, "denseRate", training.denseRate() * share);
    set(settings, "finalRateShare", 1);
    return settings;
  }

  private static void set(Settings<TrainConfig> settings, String key, Number value) {
    settings.set("ranker.training." + key, value.toString(), "a warm start");
  }

  /// Trains and writes the model's next version.
  ///
  /// @param data opened with the columns of the parent
  public TrainingRun.Outcome run(DataSet data) {
    Manifest before = parent.manifest();
    if (!data.items().textParts().equals(before.text().parts())) {
      throw new UserError(
          "%s: its words are %s, but the encoder of %s reads %s; choose the same in dataset.json, or train anew"
              .formatted(data.name(), data.items().textParts(), parent, before.text().parts()));
    }
    long from = before.lineage().trainedUntil();
    Cuts cuts = data.cuts();
    if (data.stored().impressions(from, cuts.validationFrom()) == 0) {
      throw new UserError(
          "%s: no impression between %s, until when %s was trained, and its validation_from %s; bring in the new days and move the cuts on (docs/DATA.md)"
              .formatted(data.name(), Cuts.time(from), parent, Cuts.time(cuts.validationFrom())));
    }
    DataFingerprint fingerprint = DataFingerprint.of(data);
    StageKey key = key(fingerprint);
    try (StageStore stages =
        new StageStore(request.repository(), config.checkpoints().every(), WarmStart::say)) {
      if (request.resume() && !stages.begun(RANKER, key)) {
        throw new UserError(
            "--resume: %s has no unfinished run with this data, parent, settings, seed, threads and code; leave --resume out to begin one"
                .formatted(request.repository()));
      }
      return stages.work(
          RANKER, key, request.fresh(), checkpoints -> train(data, from, fingerprint, checkpoints));
    }
  }

  private static void say(String line) {
    System.err.println(line);
  }

  /// What a checkpoint depends on.
  private StageKey key(DataFingerprint data) {
    SortedMap<String, String> inputs = new TreeMap<>();
    inputs.put("seed", Long.toString(request.seed()));
    inputs.put("threads", Integer.toString(request.threads()));
    inputs.put("data", data.whole());
    inputs.put("settings.ranker", Settings.tree(config.ranker()).toString());
    parent.manifest().files().forEach((file, sha) -> inputs.put("parent." + file, sha));
    toolchain.versions().forEach((name, version) -> inputs.put("version." + name, version));
    return new StageKey(inputs);
  }

  private TrainingRun.Outcome train(
      DataSet data, long from, DataFingerprint fingerprint, Checkpoints checkpoints) {
    long start = System.nanoTime();
    BundleItems items = BundleItems.of(parent, data.items());
    ItemFeatures features = items.features(data.items(), data.schema());
    Ranker ranker;
    RankerTrainer trainer;
    RankerTrainer.Summary summary;
    Tastes tastes;
    try (RankerState state = RankerState.open(parent.path(Bundle.STATE));
        TrainingInput input = data.trainingInputFrom(from)) {
      RankerSpec spec = state.grown(shownItems(data), users(input));
      tastes =
          config.ranker().taste().enabled()
              ? data.tastes(items.z(), config.ranker().taste().rule(spec.clickRate()))
              : Tastes.NONE;
      torch.manual_seed(request.seed());
      ranker = new Ranker(config.ranker(), spec, null);
      trainer = new RankerTrainer(ranker, features, input, data.statistics(), tastes).from(state);
      summary = trainer.train(request.seed(), checkpoints);
      System.err.printf(
          Locale.ROOT,
          "ranker: goes on from %s with %,d impressions since %s, %d items encoded, %d item ids and %d user ids new; %,.0f samples/s, last epoch's loss %.4f%n",
          parent,
          input.impressions(),
          Cuts.time(from),
          items.encoded(),
          spec.itemVocabulary().length - state.spec().itemVocabulary().length,
          spec.userVocabulary().length - state.spec().userVocabulary().length,
          summary.samplesPerSecond(),
          summary.loss());
    }
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
                    parent.path(Bundle.ENCODER),
                    parent.path(Bundle.TOKENIZER),
                    parent.path(Bundle.RQ),
                    items.z(),
                    items.codes(),
                    TrainingRecord.json(
                        Map.of(RANKER, TrainingRecord.ranker(summary, checkpoints))),
                    trainer::writeState,
                    parent.manifest().files().get(Bundle.RANKER)),
                provenance(fingerprint),
                metrics,
                request.signingKey());
    return new TrainingRun.Outcome(bundle, metrics);
  }

  /// Items that were shown often enough by now for an ID embedding of their own.
  private long[] shownItems(DataSet data) {
    long[] before = data.pageViewsBefore(data.cuts().warmupUntil());
    long[] until = data.pageViewsBefore(data.cuts().validationFrom());
    return IntStream.range(0, until.length)
        .filter(item -> until[item] - before[item] >= config.ranker().minItemImpressions())
        .mapToLong(data.items()::itemId)
        .toArray();
  }

  private static long[] users(TrainingInput input) {
    return IntStream.range(0, input.shards())
        .mapToObj(shard -> input.shard(shard).pageUser)
        .flatMapToLong(Arrays::stream)
        .distinct()
        .toArray();
  }

  private Provenance provenance(DataFingerprint data) {
    return new Provenance(
        request.command(),
        data.whole(),
        request.threads(),
        Settings.tree(config),
        parent.manifest().provenance().stages(),
        toolchain.versions());
  }
}
