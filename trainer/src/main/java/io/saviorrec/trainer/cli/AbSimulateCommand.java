package io.saviorrec.trainer.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import io.saviorrec.trainer.console.UserError;
import io.saviorrec.trainer.data.DataSet;
import io.saviorrec.trainer.experiment.Lift;
import io.saviorrec.trainer.experiment.Metric;
import io.saviorrec.trainer.process.Launcher;
import io.saviorrec.trainer.simulation.ExperimentSimulation;
import io.saviorrec.trainer.simulation.ExperimentSimulation.Outcome;
import io.saviorrec.trainer.simulation.ExperimentSimulation.Plan;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/// `ab simulate DATA REPOSITORY`: experiments whose outcome is known, through a real server.
@Command(
    name = "simulate",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Runs experiments on a generated shop through a server, its exposure log and the report.",
      "Users click by the shop's true probabilities, so with two arms alike no lift should be found."
    })
// picocli fills the fields before it calls.
@SuppressWarnings("NullAway.Init")
public final class AbSimulateCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Parameters(paramLabel = "DATA", description = "A data set of savior synth.")
  private Path data;

  @Parameters(paramLabel = "REPOSITORY", description = "Models trained on it.")
  private Path repository;

  @Option(
      names = "--control",
      paramLabel = "TARGET",
      defaultValue = "base",
      description = "What half of the users get. Default: ${DEFAULT-VALUE}.")
  private String control;

  @Option(
      names = "--treatment",
      paramLabel = "TARGET",
      defaultValue = "saviorrec",
      description =
          "What the others get; the same for an A/A experiment. Default: ${DEFAULT-VALUE}.")
  private String treatment;

  @Option(
      names = "--seeds",
      defaultValue = "20",
      description = "Experiments, each with users divided anew. Default: ${DEFAULT-VALUE}.")
  private int seeds;

  @Option(
      names = "--views",
      defaultValue = "4000",
      description = "Page views of each. Default: ${DEFAULT-VALUE}.")
  private int views;

  @Option(
      names = "--shown",
      defaultValue = "3",
      description = "Candidates of a page that its user sees. Default: ${DEFAULT-VALUE}.")
  private int shown;

  @Option(
      names = "--work",
      required = true,
      paramLabel = "DIR",
      description = "New folder for the server's settings and logs.")
  private Path work;

  @Option(names = "--json", description = "Prints the outcomes as JSON.")
  private boolean json;

  @Override
  public Integer call() throws JsonProcessingException {
    if (Files.exists(work)) {
      throw new UserError(work + " exists; name a new folder by --work");
    }
    PrintWriter out = spec.commandLine().getOut();
    Launcher launcher = Launcher.ofThisProcess("ab simulate");
    Plan plan =
        new Plan(
            repository,
            control,
            treatment,
            Math.max(1, seeds),
            Math.max(1, views),
            Math.max(1, shown));
    List<Outcome> outcomes;
    try (DataSet dataSet = DataSet.open(data)) {
      outcomes =
          ExperimentSimulation.run(
              launcher, dataSet, plan, work, json ? line -> {} : line -> print(out, line));
    }
    if (json) {
      out.println(
          new ObjectMapper()
              .setPropertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
              .writeValueAsString(outcomes));
      out.flush();
    } else {
      print(outcomes, out);
    }
    return 0;
  }

  private static void print(PrintWriter out, String line) {
    out.println(line);
    out.flush();
  }

  private static void print(List<Outcome> outcomes, PrintWriter out) {
    for (Outcome outcome : outcomes) {
      Lift ctr = outcome.lifts().get(Metric.CTR);
      if (ctr != null) {
        out.printf(
            Locale.ROOT,
            "seed %2d: %,d and %,d users (p %.3f), lift of CTR %s (%s to %s)%n",
            outcome.seed(),
            outcome.controlUsers(),
            outcome.treatmentUsers(),
            outcome.pSampleRatio(),
            AbReportText.percent(ctr.lift()),
            AbReportText.percent(ctr.low()),
            AbReportText.percent(ctr.high()));
      }
    }
    for (Metric metric : Metric.values()) {
      List<Lift> lifts = outcomes.stream().flatMap(each -> lift(each, metric).stream()).toList();
      out.printf(
          Locale.ROOT,
          "%s: mean lift %s; the interval covers 0 in %d of %d, lies above in %d and below in %d%n",
          AbReportText.name(metric),
          AbReportText.percent(lifts.stream().mapToDouble(Lift::lift).average().orElse(Double.NaN)),
          lifts.stream().filter(Lift::coversZero).count(),
          lifts.size(),
          lifts.stream().filter(lift -> lift.low() > 0).count(),
          lifts.stream().filter(lift -> lift.high() < 0).count());
    }
    out.flush();
  }

  private static List<Lift> lift(Outcome outcome, Metric metric) {
    Lift lift = outcome.lifts().get(metric);
    return lift == null ? List.of() : List.of(lift);
  }
}
