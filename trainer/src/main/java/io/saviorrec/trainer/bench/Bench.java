package io.saviorrec.trainer.bench;

import io.saviorrec.bundle.ModelRepository;
import io.saviorrec.trainer.console.DiskFault;
import io.saviorrec.trainer.console.Interruption;
import io.saviorrec.trainer.console.Progress;
import io.saviorrec.trainer.console.UserError;
import io.saviorrec.trainer.process.Launcher;
import io.saviorrec.trainer.ranker.AttentionNorm;
import io.saviorrec.trainer.torch.Threads;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// One benchmark: makes bundles, starts bare modules and servers, measures, and leaves nothing
/// behind but the logs of a run that failed.
public final class Bench {
  /// States beyond those of the models' own items, for the items that are sent.
  private static final int SENT_ITEMS = 10_000;

  private final Effort effort;
  private final Plan plan;
  private final Launcher launcher;
  private final BenchFiles files;
  private final @Nullable Profiles profiles;
  private final List<Section> sections = new ArrayList<>();
  private final List<String> notes = new ArrayList<>();

  /// What a benchmark is asked for.
  ///
  /// @param work folder for what it makes, most of a gigabyte
  /// @param profile folder for recordings of the servers, null: none are made
  /// @param asyncProfiler the program that makes some of them; null: only JFR
  public record Options(
      Effort effort, Path work, @Nullable Path profile, @Nullable Path asyncProfiler) {}

  private Bench(Effort effort, Launcher launcher, BenchFiles files, @Nullable Profiles profiles) {
    this.effort = effort;
    this.plan = Plan.of(effort);
    this.launcher = launcher;
    this.files = files;
    this.profiles = profiles;
  }

  /// Runs it to its end.
  public static Report run(Options options) throws Exception {
    Launcher launcher = Launcher.ofThisProcess("bench");
    Profiles profiles =
        options.profile == null ? null : Profiles.in(options.profile, options.asyncProfiler);
    BenchFiles files = BenchFiles.create(options.work);
    try {
      Bench bench = new Bench(options.effort, launcher, files, profiles);
      Report report = Interruption.run("interrupted; nothing is reported", bench::run);
      files.delete();
      return report;
    } catch (RuntimeException e) {
      files.deleteAllButLogs();
      throw DiskFault.explain(options.work, e);
    }
  }

  private Report run() {
    long start = System.nanoTime();
    Threads.use(1);
    new BenchBundles(files, plan.items()).make(plan.largeItems());
    double capacity;
    try (ModuleProcess modules = ModuleProcess.start(launcher, files.log("modules"))) {
      List<Variant> variants = open(modules);
      ModuleParts parts = new ModuleParts(plan, modules, variants);
      sections.add(parts.exports());
      sections.add(parts.bound());
      sections.add(parts.history());
      capacity = measureServers(modules, variants);
    }
    sections.add(new StartPart(plan, launcher, files).measure(capacity));
    return new Report(Report.facts(effort), notes, sections, (System.nanoTime() - start) / 1e9);
  }

  private Path bundle(String model) {
    return ModelRepository.versionDir(files.repository(), model, 1);
  }

  /// Opens everything that runs without a server, and says which variants there are.
  private List<Variant> open(ModuleProcess modules) {
    modules.open(BenchBundles.ONCE, "once", files.archive(BenchBundles.ONCE), plan.items());
    modules.open(BenchBundles.PRODUCT, "product", files.archive(BenchBundles.PRODUCT), 0);
    for (String model : List.of(BenchBundles.LINEAR, BenchBundles.SOFTMAX)) {
      String name = BenchBundles.tiled(model);
      modules.open(name, "tiled", files.archive(name), plan.items());
    }
    List<Variant> variants = new ArrayList<>();
    Variant linear = new Variant(BenchBundles.LINEAR, AttentionNorm.LINEAR_MEAN, Variant.FP32);
    Variant softmax = new Variant(BenchBundles.SOFTMAX, AttentionNorm.SOFTMAX, Variant.FP32);
    Variant half = new Variant(BenchBundles.LINEAR, AttentionNorm.LINEAR_MEAN, Variant.BF16);
    for (Variant variant : List.of(linear, softmax, half)) {
      Optional<String> error = tryOpen(modules, variant);
      if (error.isEmpty()) {
        variants.add(variant);
      } else if (variant.bf16()) {
        notes.add("bf16 was not measured: " + error.get());
      } else {
        throw new UserError(variant.name() + " cannot be measured: " + error.get());
      }
    }
    return variants;
  }

  private Optional<String> tryOpen(ModuleProcess modules, Variant variant) {
    String precision = "engine: {precision: %s}%n".formatted(variant.precision());
    Path config = files.config(variant.precision());
    write(
        config,
        precision
            + "items: {stateCapacity: %d}%n".formatted(plan.items() + SENT_ITEMS)
            + "routing: {defaultModel: %s}%n".formatted(BenchBundles.LINEAR));
    if (!variant.bf16()) {
      write(files.config(StartPart.SETTINGS), precision);
    }
    return modules.openBundle(variant.name(), bundle(variant.model()), config);
  }

  private static void write(Path file, String text) {
    try {
      Files.writeString(file, text);
    } catch (IOException e) {
      throw DiskFault.writing(file, e);
    }
  }

  /// Every part that needs a warm server; what a server can answer in a second.
  private double measureServers(ModuleProcess modules, List<Variant> variants) {
    Map<String, BenchServer> servers = new LinkedHashMap<>();
    try {
      for (Variant variant : variants) {
        servers.computeIfAbsent(variant.precision(), this::startServer);
      }
      warmUp(servers, variants);
      Map<Variant, BenchServer> byVariant = new LinkedHashMap<>();
      variants.forEach(each -> byVariant.put(each, servers.get(each.precision())));
      CostParts costs = new CostParts(plan, modules, byVariant);
      costs.measure();
      sections.add(costs.efficiency());
      sections.add(costs.table());
      BenchServer server = servers.get(Variant.FP32);
      if (server == null) {
        throw new IllegalStateException("there is no server of fp32");
      }
      sections.add(new LatencyPart(plan, server, BenchBundles.LINEAR).measure());
      sections.add(new AllocationPart(plan, server, BenchBundles.LINEAR).measure());
      sections.add(new ColdItemPart(plan, server, BenchBundles.LINEAR).measure());
      if (profiles != null) {
        profiles.record(plan, server, BenchBundles.LINEAR);
        profiles.record(plan, server, BenchBundles.SOFTMAX);
      }
      return LatencyPart.capacity(
          server,
          new ScoreRequests(
              BenchBundles.LINEAR,
              plan.items(),
              plan.main().candidates(),
              plan.main().history(),
              73),
          plan.loadSeconds() / 2);
    } finally {
      servers.values().forEach(BenchServer::close);
    }
  }

  private BenchServer startServer(String precision) {
    return BenchServer.start(
        launcher, files, "server-" + precision, files.repository(), files.config(precision));
  }

  private void warmUp(Map<String, BenchServer> servers, List<Variant> variants) {
    try (Progress progress = Progress.start("warm-up", servers.size())) {
      servers.forEach(
          (precision, server) -> {
            List<String> models =
                variants.stream()
                    .filter(variant -> variant.precision().equals(precision))
                    .map(Variant::model)
                    .toList();
            List<ScoreRequests> loads = new ArrayList<>();
            for (String model : models) {
              for (Shape shape : plan.costShapes()) {
                loads.add(
                    new ScoreRequests(
                        model, plan.items(), shape.candidates(), shape.history(), 79));
              }
            }
            server.warmUp(models, plan.items(), loads, plan.warmUpSeconds());
            progress.step(Double.NaN);
          });
    }
  }
}
