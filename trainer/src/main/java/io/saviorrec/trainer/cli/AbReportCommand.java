package io.saviorrec.trainer.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import io.saviorrec.trainer.console.DiskFault;
import io.saviorrec.trainer.experiment.AbReport;
import io.saviorrec.trainer.experiment.Metric;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/// `ab report`: reads an experiment out.
@Command(
    name = "report",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Reads an experiment out of a server's exposure log and the clicks on it.",
      "Prints what happened in each bucket, and for each metric the lift over the control with its"
          + " 95 %% confidence interval, in which users and not clicks count as independent."
    })
public final class AbReportCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;
  @Mixin private ShownOptions shown;

  @Option(
      names = "--control",
      paramLabel = "BUCKET",
      description = "The bucket that the others are compared with. Default: control.")
  private @Nullable String control;

  @Option(
      names = "--metric",
      split = ",",
      paramLabel = "METRIC",
      description = "Any of: ${COMPLETION-CANDIDATES}. Default: all of them.")
  private List<Metric> metrics = List.of(Metric.values());

  @Option(
      names = "--split",
      split = ",",
      paramLabel = "BUCKET=WEIGHT",
      description = "The configured weights, for the sample-ratio check.")
  private Map<String, Double> split = Map.of();

  @Option(
      names = "--markdown",
      paramLabel = "FILE",
      description = "Writes the report as Markdown, too.")
  private @Nullable Path markdown;

  @Option(names = "--json", description = "Prints the report as JSON.")
  private boolean json;

  @Override
  public Integer call() throws JsonProcessingException {
    if (split.values().stream().anyMatch(weight -> !(weight >= 0 && weight < 1e12))
        || (!split.isEmpty() && split.values().stream().noneMatch(weight -> weight > 0))) {
      throw new ParameterException(
          spec.commandLine(), "--split needs weights of at least 0, one of them above 0");
    }
    AbReport report = AbReport.of(shown.log(), control, metrics, split);
    PrintWriter out = spec.commandLine().getOut();
    if (json) {
      out.println(
          new ObjectMapper()
              .setPropertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
              .writeValueAsString(report));
    } else {
      AbReportText.lines(report, AbReportText.Style.CONSOLE).forEach(out::println);
    }
    out.flush();
    if (markdown != null) {
      try {
        Files.write(markdown, AbReportText.lines(report, AbReportText.Style.MARKDOWN));
      } catch (IOException e) {
        throw DiskFault.writing(markdown, e);
      }
    }
    return 0;
  }
}
