package io.saviorrec.trainer.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.saviorrec.client.PackedForm;
import io.saviorrec.proto.v1.ScoreRequest;
import io.saviorrec.trainer.data.DataSet;
import io.saviorrec.trainer.serving.LogRequests;
import io.saviorrec.trainer.serving.LogRequests.Shape;
import io.saviorrec.trainer.serving.LogRequests.Written;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.function.UnaryOperator;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/// `requests DATA OUT`: requests for a load test.
@Command(
    name = "requests",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Writes the latest page views of a data set as scoring requests, and some of its items, into"
          + " a file for savior load and savior replay."
    })
// picocli fills the fields before it calls.
@SuppressWarnings("NullAway.Init")
public final class RequestsCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Parameters(index = "0", paramLabel = "DATA", description = "Data set with the log.")
  private Path data;

  @Parameters(index = "1", paramLabel = "OUT", description = "File to write, as in shop.binpb.")
  private Path out;

  @Option(
      names = "--count",
      paramLabel = "N",
      defaultValue = "10000",
      description = "The most requests to write. Default: ${DEFAULT-VALUE}.")
  private int count;

  @Option(
      names = "--candidates",
      paramLabel = "N",
      defaultValue = "0",
      description =
          "Fills each request up to so many candidates, with items as often as the log shows them."
              + " Default: as the page showed.")
  private int candidates;

  @Option(
      names = "--items",
      paramLabel = "N",
      defaultValue = "200",
      description =
          "Items to write for savior load --upserts, with their pictures. Default:"
              + " ${DEFAULT-VALUE}.")
  private int items;

  @Option(names = "--packed", description = "Candidates in the packed form.")
  private boolean packed;

  @Option(
      names = "--seed",
      defaultValue = "1",
      description = "The same seed draws the same items. Default: ${DEFAULT-VALUE}.")
  private long seed;

  @Option(names = "--json", description = "Prints what was written as JSON.")
  private boolean json;

  @Override
  public Integer call() throws JsonProcessingException {
    require("--count", count, 1);
    require("--candidates", candidates, 0);
    require("--items", items, 0);
    Written written;
    try (DataSet dataSet = DataSet.open(data)) {
      UnaryOperator<ScoreRequest> form = packed ? PackedForm::pack : UnaryOperator.identity();
      Shape shape = new Shape(count, candidates, items, form, seed);
      written = new LogRequests(dataSet, shape).write(out);
    }
    PrintWriter printer = spec.commandLine().getOut();
    if (json) {
      printer.println(new ObjectMapper().writeValueAsString(fields(written)));
    } else {
      printer.println(
          String.format(
              Locale.ROOT,
              "Wrote %s: %,d requests of %,d users, with %.1f candidates and %.1f clicks on average, and %,d items",
              out,
              written.requests(),
              written.users(),
              written.candidates(),
              written.clicks(),
              written.items()));
    }
    printer.flush();
    return 0;
  }

  private void require(String option, int value, int least) {
    if (value < least) {
      throw new ParameterException(
          spec.commandLine(), "%s must be at least %d, was %d".formatted(option, least, value));
    }
  }

  private static Map<String, Object> fields(Written written) {
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("requests", written.requests());
    fields.put("users", written.users());
    fields.put("candidates", written.candidates());
    fields.put("clicks", written.clicks());
    fields.put("items", written.items());
    return fields;
  }
}
