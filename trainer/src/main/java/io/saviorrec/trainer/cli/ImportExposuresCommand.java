package io.saviorrec.trainer.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import io.saviorrec.trainer.exposures.ExposureImport;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/// `import exposures OUT`: turns a server's exposure log and the clicks on it into a data set.
@Command(
    name = "exposures",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Turns a server's exposure log and the clicks on it into a data set.",
      "What was shown becomes impressions; what requests said of users and page views their columns."
    })
// picocli fills the fields before it calls.
@SuppressWarnings("NullAway.Init")
public final class ImportExposuresCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;
  @Mixin private ShownOptions shown;

  @Option(
      names = "--catalogue",
      required = true,
      paramLabel = "DIR",
      description = "A data set whose items and images are taken over.")
  private Path catalogue;

  @Parameters(paramLabel = "OUT", description = "Folder for the data set; new or empty.")
  private Path out;

  @Option(names = "--json", description = "Prints the result as JSON.")
  private boolean json;

  @Override
  public Integer call() throws JsonProcessingException {
    ExposureImport.Result result = ExposureImport.run(shown.log(), catalogue, out);
    PrintWriter printer = spec.commandLine().getOut();
    if (json) {
      printer.println(
          new ObjectMapper()
              .setPropertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
              .writeValueAsString(result));
    } else {
      printer.printf(
          Locale.ROOT,
          "Wrote %s: %,d impressions of %,d users in %,d requests, %,d clicked%n",
          out,
          result.impressions(),
          result.users(),
          result.log().requests(),
          result.clicks());
      left(printer, result.anonymous(), "requests of nobody who is known");
      left(printer, result.log().nameless(), "requests without a request_id");
      left(printer, result.log().repeated(), "further answers to the same requests");
      left(printer, result.log().strayClicks(), "clicks on what was not shown");
      left(
          printer, result.log().unusableClicks(), "rows of the click file without request or item");
    }
    printer.flush();
    return 0;
  }

  private static void left(PrintWriter printer, long count, String what) {
    if (count > 0) {
      printer.printf(Locale.ROOT, "Not used: %,d %s%n", count, what);
    }
  }
}
