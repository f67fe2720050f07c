package io.saviorrec.trainer.train;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.saviorrec.bundle.ModelRepository;
import io.saviorrec.trainer.cli.UserError;
import io.saviorrec.trainer.data.DataSet;
import io.saviorrec.trainer.data.table.Reject;
import io.saviorrec.trainer.ranker.AttentionNorm;
import io.saviorrec.trainer.ranker.RankerConfig;
import io.saviorrec.trainer.ranker.Variant;
import io.saviorrec.trainer.ranker.Wiring;
import io.saviorrec.trainer.torch.Threads;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// `savior train`: all stages, from a data set to a bundle.
@Command(
    name = "train",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = "Trains a model on a data set and writes it to a repository as its next version.")
public final class TrainCommand implements Callable<Integer> {
  @Parameters(
      index = "0",
      paramLabel = "DATA",
      description = "the data set's folder, see docs/DATA.md")
  private Path data;

  @Parameters(
      index = "1",
      paramLabel = "REPOSITORY",
      description = "the model repository; made where it is missing")
  private Path repository;

  @Option(
      names = "--preset",
      defaultValue = "small",
      description =
          "tiny (seconds), small (minutes) or paper (the paper's sizes); default: ${DEFAULT-VALUE}")
  private Preset preset;

  @Option(
      names = "--config",
      description = "a YAML file of settings over the preset's; see docs/TRAINING.md")
  private @Nullable Path config;

  @Option(
      names = "--set",
      paramLabel = "KEY=VALUE",
      description = "one setting, for instance ranker.heads=4; repeatable")
  private Map<String, String> settings = new LinkedHashMap<>();

  @Option(
      names = "--variant",
      description =
          "the model or one of its baselines and ablations: ${COMPLETION-CANDIDATES}; default: saviorrec")
  private @Nullable Variant variant;

  @Option(
      names = "--wiring",
      description = "summaries (default) or paper: how the attentions meet the DNN")
  private @Nullable Wiring wiring;

  @Option(
      names = "--attention",
      description = "the attention's norm: ${COMPLETION-CANDIDATES}; default: linear_mean")
  private @Nullable AttentionNorm attention;

  @Option(
      names = "--optimizer",
      description = "mixed (default) or paper: AdagradV2 from 0.01 to 0.001")
  private RankerConfig.@Nullable OptimizerKind optimizer;

  @Option(
      names = "--model",
      description = "the model's name in the repository; default: the variant's")
  private @Nullable String model;

  @Option(
      names = "--seed",
      defaultValue = "1",
      description = "makes a run repeatable; default: ${DEFAULT-VALUE}")
  private long seed;

  @Option(
      names = "--threads",
      defaultValue = "1",
      description =
          "threads of one tensor operation; more help only where the cores are free; default: ${DEFAULT-VALUE}")
  private int threads;

  @Option(
      names = "--fresh",
      description = "run every stage, also those finished before on the same data and settings")
  private boolean fresh;

  @Option(names = "--json", description = "print the result as JSON")
  private boolean json;

  @Override
  public Integer call() throws IOException {
    Threads.use(threads);
    requireRepository();
    try (DataSet dataSet = DataSet.open(data)) {
      for (Reject reject : dataSet.rejects()) {
        System.err.println(reject.message());
      }
      for (String warning : dataSet.checkTraining()) {
        System.err.println(warning);
      }
      TrainConfig resolved = resolve(dataSet);
      String name = model == null ? resolved.ranker().variant().label() : model;
      TrainingRun.Outcome outcome =
          new TrainingRun(dataSet, resolved, repository, name, seed, fresh).run();
      print(outcome);
    }
    return 0;
  }

  /// Found out now and not after the training.
  private void requireRepository() {
    if (Files.exists(repository) && !Files.isDirectory(repository)) {
      throw new UserError(repository + " is no folder; name the folder that holds the models");
    }
    if (model != null) {
      try {
        ModelRepository.versionDir(repository, model, 1);
      } catch (IllegalArgumentException e) {
        throw new UserError("--model: " + e.getMessage(), e);
      }
    }
  }

  /// Preset, then what the data suggests, then the file, then single settings and options.
  private TrainConfig resolve(DataSet dataSet) {
    TrainConfig resolved = DataSizing.apply(TrainConfig.of(preset), preset, dataSet);
    if (config != null) {
      resolved = resolved.with(config);
    }
    Map<String, String> all = new LinkedHashMap<>(settings);
    put(all, "ranker.variant", variant);
    put(all, "ranker.wiring", wiring);
    put(all, "ranker.attentionNorm", attention);
    put(all, "ranker.training.optimizer", optimizer);
    return resolved.with(all);
  }

  private static void put(Map<String, String> settings, String key, @Nullable Enum<?> value) {
    if (value != null && settings.put(key, value.name()) != null) {
      throw new UserError(key + " is set twice, by an option and by --set");
    }
  }

  private void print(TrainingRun.Outcome outcome) throws IOException {
    var manifest = outcome.bundle().manifest();
    if (json) {
      Map<String, Object> result = new LinkedHashMap<>();
      result.put("model", manifest.model());
      result.put("version", manifest.version());
      result.put("variant", manifest.variant());
      result.put("bundle", outcome.bundle().dir().toString());
      result.put("metrics", manifest.metrics());
      System.out.println(new ObjectMapper().writeValueAsString(result));
      return;
    }
    System.out.printf(
        Locale.ROOT,
        "%s version %d: %s%n",
        manifest.model(),
        manifest.version(),
        outcome.bundle().dir());
    manifest
        .metrics()
        .forEach((name, value) -> System.out.printf(Locale.ROOT, "  %-28s %.4f%n", name, value));
  }
}
