package io.saviorrec.trainer.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.saviorrec.bundle.Bundle;
import io.saviorrec.bundle.ModelRepository;
import io.saviorrec.bundle.SigningKey;
import io.saviorrec.config.Settings;
import io.saviorrec.trainer.console.DiskFault;
import io.saviorrec.trainer.console.Interruption;
import io.saviorrec.trainer.console.UserError;
import io.saviorrec.trainer.data.DataSet;
import io.saviorrec.trainer.data.table.Reject;
import io.saviorrec.trainer.encoder.InitialWeights;
import io.saviorrec.trainer.ranker.AttentionNorm;
import io.saviorrec.trainer.ranker.RankerConfig;
import io.saviorrec.trainer.ranker.Variant;
import io.saviorrec.trainer.ranker.Wiring;
import io.saviorrec.trainer.torch.Compute;
import io.saviorrec.trainer.torch.Threads;
import io.saviorrec.trainer.train.CheckpointSizing;
import io.saviorrec.trainer.train.DataShape;
import io.saviorrec.trainer.train.DataSizing;
import io.saviorrec.trainer.train.Preset;
import io.saviorrec.trainer.train.RepositoryFolder;
import io.saviorrec.trainer.train.StagePlan;
import io.saviorrec.trainer.train.Toolchain;
import io.saviorrec.trainer.train.TrainConfig;
import io.saviorrec.trainer.train.TrainingItems;
import io.saviorrec.trainer.train.TrainingRun;
import io.saviorrec.trainer.train.Verdict;
import io.saviorrec.trainer.train.WarmStart;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/// `savior train`: all stages, from a data set to a bundle.
@Command(
    name = "train",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = "Trains a model on a data set and writes it to a repository as its next version.")
public final class TrainCommand implements Callable<Integer> {
  /// What a warm start takes from its parent.
  private static final List<String> FROM_PARENT =
      List.of("--preset", "--config", "--variant", "--wiring", "--attention", "--optimizer");

  @Parameters(
      index = "0",
      paramLabel = "DATA",
      description = "The data set's folder, see docs/DATA.md.")
  private Path data;

  @Parameters(
      index = "1",
      paramLabel = "REPOSITORY",
      description = "The model repository; made where it is missing.")
  private Path repository;

  @Option(
      names = "--preset",
      defaultValue = "small",
      description =
          "tiny (seconds), small (minutes) or paper (the paper's sizes). Default: ${DEFAULT-VALUE}.")
  private Preset preset;

  @Option(
      names = "--config",
      description = "A YAML file of settings over the preset's; see docs/TRAINING.md.")
  private @Nullable Path config;

  @Option(
      names = "--set",
      paramLabel = "KEY=VALUE",
      description = "One setting, for instance ranker.heads=4; repeatable.")
  private Map<String, String> settings = new LinkedHashMap<>();

  @Option(
      names = "--variant",
      description =
          "The model or one of its baselines and ablations: ${COMPLETION-CANDIDATES}. Default: saviorrec.")
  private @Nullable Variant variant;

  @Option(
      names = "--wiring",
      description = "summaries (default) or paper: how the attentions meet the DNN.")
  private @Nullable Wiring wiring;

  @Option(
      names = "--attention",
      description = "The attention's norm: ${COMPLETION-CANDIDATES}. Default: linear_mean.")
  private @Nullable AttentionNorm attention;

  @Option(
      names = "--optimizer",
      description = "mixed (default) or paper: AdagradV2 from 0.01 to 0.001.")
  private RankerConfig.@Nullable OptimizerKind optimizer;

  @Option(
      names = "--model",
      description = "The model's name in the repository. Default: the variant's.")
  private @Nullable String model;

  @Option(
      names = "--warm-start",
      paramLabel = "BUNDLE",
      description = {
        "A bundle whose ranker goes on with the log since its training;",
        "encoder, quantizer and settings stay as they are. REPOSITORY/MODEL/VERSION,",
        "or REPOSITORY/MODEL for its newest version."
      })
  private @Nullable Path warmStart;

  @Option(
      names = "--seed",
      defaultValue = "1",
      description = "Makes a run repeatable. Default: ${DEFAULT-VALUE}.")
  private long seed;

  @Option(
      names = "--threads",
      defaultValue = "1",
      description =
          "Threads of one tensor operation; more help only where the cores are free. Default: ${DEFAULT-VALUE}.")
  private int threads;

  @Option(
      names = "--device",
      defaultValue = "cpu",
      description = "cpu, or cuda in a build whose libtorch has it. Default: ${DEFAULT-VALUE}.")
  private Compute device;

  @Option(
      names = "--fresh",
      description =
          "Runs every stage from its start, also those finished or begun before on the same data and settings.")
  private boolean fresh;

  @Option(
      names = "--resume",
      description =
          "Only goes on with a run that was begun on the same data and settings, and refuses to begin one.")
  private boolean resume;

  @Option(
      names = "--sign-key",
      paramLabel = "FILE",
      description = "Signs the bundle with this private key; savior bundle keygen makes one.")
  private @Nullable Path signKey;

  @Mixin private DataLimits limits = new DataLimits();

  @Option(names = "--json", description = "Prints the result as JSON.")
  private boolean json;

  @Spec private CommandSpec spec;

  @Override
  public Integer call() throws Exception {
    return Interruption.run(
        "interrupted; the same command%s goes on where it stopped (finished stages and checkpoints are reused)"
            .formatted(fresh ? " without --fresh" : ""),
        this::train);
  }

  private int train() throws IOException {
    if (fresh && resume) {
      throw new UserError("--fresh begins anew and --resume does not begin; give one of them");
    }
    if (warmStart != null) {
      return goOn(WarmStart.open(warmStart));
    }
    Settings<TrainConfig> settings = settings();
    Map<String, String> shaped = CheckpointSizing.apply(settings);
    if (!shaped.isEmpty()) {
      System.err.printf(Locale.ROOT, "of the checkpoint's shape: %s%n", shaped);
    }
    // What is wrong with them is told now, and not after the data was read.
    TrainConfig given = settings.bind();
    String name = model == null ? given.ranker().variant().label() : model;
    SigningKey signingKey = begin(name);
    InitialWeights.check(given.encoder());
    try (DataSet dataSet = DataSet.open(data, limits.limits())) {
      for (Reject reject : dataSet.rejects()) {
        System.err.println(reject.message());
      }
      for (String warning : dataSet.checkTraining()) {
        System.err.println(warning);
      }
      TrainingItems items = TrainingItems.of(dataSet);
      DataShape shape = DataShape.of(dataSet, items);
      Map<String, String> chosen = DataSizing.apply(settings, preset, shape);
      if (!chosen.isEmpty()) {
        System.err.printf(
            Locale.ROOT,
            "for %,d training items and %,d training impressions: %s%n",
            shape.items(),
            shape.samples(),
            chosen);
      }
      TrainConfig fitted = settings.bind();
      StagePlan.untaught(shape, fitted).ifPresent(text -> System.err.println("warning: " + text));
      TrainingRun.Request request =
          new TrainingRun.Request(
              fitted, repository, name, seed, seed, threads, fresh, resume, words(), signingKey);
      print(new TrainingRun(dataSet, items, request, Toolchain.current()).run());
    } catch (RuntimeException e) {
      throw DiskFault.explain(repository, e);
    }
    return 0;
  }

  /// Trains a bundle's ranker on what came into the log since.
  private int goOn(Bundle parent) throws IOException {
    TrainConfig config = kept(parent).bind();
    String name = model == null ? parent.manifest().model() : model;
    SigningKey signingKey = begin(name);
    try (DataSet dataSet = DataSet.open(data, parent.manifest().features(), limits.limits())) {
      for (Reject reject : dataSet.rejects()) {
        System.err.println(reject.message());
      }
      WarmStart.Request request =
          new WarmStart.Request(
              repository, name, seed, threads, fresh, resume, words(), signingKey);
      print(new WarmStart(parent, config, request, Toolchain.current()).run(dataSet));
    } catch (RuntimeException e) {
      throw DiskFault.explain(repository, e);
    }
    return 0;
  }

  /// The parent's settings, of which only those of the training itself can be others.
  private Settings<TrainConfig> kept(Bundle parent) {
    for (String option : FROM_PARENT) {
      if (spec.commandLine().getParseResult().hasMatchedOption(option)) {
        throw new UserError(
            option + " cannot be given with --warm-start: the model goes on as it is");
      }
    }
    Settings<TrainConfig> all = WarmStart.settings(parent);
    settings.forEach(
        (key, value) -> {
          if (!key.startsWith("ranker.training.") && !key.startsWith("checkpoints.")) {
            throw new UserError(
                "--set %s cannot be given with --warm-start: the model goes on as it is; only ranker.training and checkpoints can be set"
                    .formatted(key));
          }
          all.set(key, value, "--set " + key);
        });
    return all;
  }

  /// What every training begins with.
  private @Nullable SigningKey begin(String name) throws IOException {
    SigningKey signingKey = signKey == null ? null : SigningKey.load(signKey);
    Threads.use(threads);
    device.use();
    RepositoryFolder.require(repository, name);
    if (Files.isDirectory(repository)) {
      ModelRepository.unfinished(repository).forEach(System.err::println);
    }
    return signingKey;
  }

  private List<String> words() {
    return spec.root().commandLine().getParseResult().originalArgs();
  }

  /// The preset, over it the file, over that single settings and options.
  private Settings<TrainConfig> settings() {
    Settings<TrainConfig> all = preset.settings();
    if (config != null) {
      all.file(config);
    }
    Map<String, String> single = new LinkedHashMap<>(settings);
    put(single, "ranker.variant", variant);
    put(single, "ranker.wiring", wiring);
    put(single, "ranker.attentionNorm", attention);
    put(single, "ranker.training.optimizer", optimizer);
    single.forEach((key, value) -> all.set(key, value, "--set " + key));
    return all;
  }

  private static void put(Map<String, String> settings, String key, @Nullable Enum<?> value) {
    if (value != null && settings.put(key, value.name()) != null) {
      throw new UserError(key + " is set twice, by an option and by --set");
    }
  }

  private void print(TrainingRun.Outcome outcome) throws IOException {
    var manifest = outcome.bundle().manifest();
    Verdict verdict = new Verdict(outcome.metrics());
    if (json) {
      Map<String, Object> result = new LinkedHashMap<>();
      result.put("model", manifest.model());
      result.put("version", manifest.version());
      result.put("variant", manifest.variant());
      result.put("bundle", outcome.bundle().dir().toString());
      result.put("metrics", manifest.metrics());
      System.out.println(new ObjectMapper().writeValueAsString(result));
      verdict.warnings().forEach(System.err::println);
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
    System.out.println(verdict.line());
    verdict.warnings().forEach(System.err::println);
  }
}
