package io.saviorrec.trainer.simulation;

import io.saviorrec.trainer.console.DiskFault;
import io.saviorrec.trainer.console.UserError;
import io.saviorrec.trainer.data.DataSet;
import io.saviorrec.trainer.experiment.AbReport;
import io.saviorrec.trainer.experiment.Lift;
import io.saviorrec.trainer.experiment.Metric;
import io.saviorrec.trainer.exposures.ShownLog;
import io.saviorrec.trainer.process.Launcher;
import io.saviorrec.trainer.process.ServerProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/// Runs experiments whose outcome is known through a real server, its exposure log and the report.
///
/// Each seed is an experiment of its own: it divides the users anew and lets them click anew.
public final class ExperimentSimulation {
  /// The flag that a simulated request is split by: seed and user.
  static final String SPLIT_FLAG = "unit";

  private static final String CONTROL = "control";
  private static final String TREATMENT = "treatment";

  /// What is simulated.
  ///
  /// @param control the target of one half of the users
  /// @param treatment the target of the other; the same one for an A/A experiment
  /// @param views page views of each seed
  /// @param shown candidates of a page that are seen
  public record Plan(
      Path repository, String control, String treatment, int seeds, int views, int shown) {}

  /// How the experiment of one seed ended.
  ///
  /// @param pSampleRatio of the sample-ratio check
  public record Outcome(
      long seed,
      int controlUsers,
      int treatmentUsers,
      double pSampleRatio,
      Map<Metric, Lift> lifts) {}

  private record Period(Instant from, Instant until) {}

  private final Launcher launcher;
  private final SimulatedUsers users;
  private final Plan plan;
  private final Path work;

  private ExperimentSimulation(Launcher launcher, DataSet data, Plan plan, Path work) {
    this.launcher = launcher;
    this.users = new SimulatedUsers(data, plan.shown());
    this.plan = plan;
    this.work = work;
  }

  /// Runs all seeds.
  ///
  /// @param work folder for logs and settings; new or empty
  /// @param progress takes a line for each step
  public static List<Outcome> run(
      Launcher launcher, DataSet data, Plan plan, Path work, Consumer<String> progress) {
    try {
      Files.createDirectories(work);
      return new ExperimentSimulation(launcher, data, plan, work).run(progress);
    } catch (IOException e) {
      throw DiskFault.writing(work, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new UserError("interrupted", e);
    }
  }

  private List<Outcome> run(Consumer<String> progress) throws IOException, InterruptedException {
    Path exposures = work.resolve("exposures");
    Path clicks = work.resolve("clicks.csv");
    List<Period> periods = new ArrayList<>();
    List<String> lines = new ArrayList<>(List.of("request_id,item_id"));
    try (ServerProcess server = ServerProcess.start(launcher, settings(exposures))) {
      for (long seed = 1; seed <= plan.seeds(); seed++) {
        Instant from = Instant.now();
        for (SimulatedUsers.Click click : users.visit(server.client(), seed, plan.views())) {
          lines.add(click.requestId() + "," + click.itemId());
        }
        // The server's answers carry whole milliseconds.
        Thread.sleep(5);
        periods.add(new Period(from, Instant.now()));
        Thread.sleep(5);
        progress.accept("seed " + seed + " of " + plan.seeds() + " has visited");
      }
    }
    Files.write(clicks, lines);
    List<Outcome> outcomes = new ArrayList<>();
    for (int i = 0; i < periods.size(); i++) {
      outcomes.add(outcome(i + 1, periods.get(i), exposures, clicks));
    }
    return outcomes;
  }

  private ServerProcess.Settings settings(Path exposures) throws IOException {
    Path config = work.resolve("server.yaml");
    Files.writeString(
        config,
        """
        routing:
          buckets: {%s: "%s", %s: "%s"}
          split: {%s: 1, %s: 1}
          splitFlag: %s
        exposures:
          directory: "%s"
          queueCapacity: 100000
        """
            .formatted(
                CONTROL,
                plan.control(),
                TREATMENT,
                plan.treatment(),
                CONTROL,
                TREATMENT,
                SPLIT_FLAG,
                exposures.toAbsolutePath()));
    return new ServerProcess.Settings(
        plan.repository(),
        config,
        ServerProcess.freePort(0, "--port"),
        ServerProcess.freePort(0, "--admin-port"),
        work.resolve("items"),
        work.resolve("server.log"));
  }

  private Outcome outcome(long seed, Period period, Path exposures, Path clicks) {
    ShownLog log =
        new ShownLog(
            List.of(exposures),
            clicks,
            new ShownLog.Window(period.from(), period.until(), plan.shown()));
    AbReport report =
        AbReport.of(log, CONTROL, List.of(Metric.values()), Map.of(CONTROL, 1.0, TREATMENT, 1.0));
    AbReport.Bucket treatment =
        report.buckets().stream()
            .filter(bucket -> bucket.name().equals(TREATMENT))
            .findFirst()
            .orElseThrow(() -> new UserError("seed " + seed + ": nobody met the treatment"));
    return new Outcome(
        seed,
        report.buckets().getFirst().users(),
        treatment.users(),
        report.sampleRatio() == null ? Double.NaN : report.sampleRatio().pValue(),
        treatment.lifts());
  }
}
