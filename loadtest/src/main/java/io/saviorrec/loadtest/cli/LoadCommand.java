package io.saviorrec.loadtest.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.saviorrec.client.ClientConfig;
import io.saviorrec.loadtest.measure.LoadException;
import io.saviorrec.loadtest.report.Report;
import io.saviorrec.loadtest.report.ReportJson;
import io.saviorrec.loadtest.report.ReportPage;
import io.saviorrec.loadtest.report.ReportText;
import io.saviorrec.loadtest.requests.RequestsFile;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/// `load`: what a server takes.
@Command(
    name = "load",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Sends recorded requests to a running server at a given rate, whatever becomes of them, and"
          + " measures how it answers (docs/LOADTEST.md).",
      "The status is 0 when the objective was met and 3 when it was missed."
    })
// picocli fills the fields before it calls.
@SuppressWarnings("NullAway.Init")
public final class LoadCommand implements Callable<Integer> {
  static final int MISSED = 3;

  private static final Duration SHORTEST = Duration.ofMillis(100);

  @Spec private CommandSpec spec;
  @Mixin private ServerOptions server;

  @Option(
      names = "--requests",
      required = true,
      paramLabel = "FILE|DIR",
      description = "Requests to send: of savior requests, or a server's captures.")
  private Path requests;

  @Option(names = "--rate", paramLabel = "N", description = "Requests a second.")
  private @Nullable Double rate;

  @Option(
      names = "--find-capacity",
      description = "Finds the highest rate at which the objective is met, in place of --rate.")
  private boolean findCapacity;

  @Option(
      names = "--vs",
      paramLabel = "HOST:PORT",
      converter = ServerOptions.TargetConverter.class,
      description = "Another server, which gets the same load in turns with the first.")
  private @Nullable ClientConfig other;

  @Option(
      names = "--duration",
      paramLabel = "TIME",
      defaultValue = "30s",
      converter = DurationConverter.class,
      description = "How long to measure. Default: ${DEFAULT-VALUE}.")
  private Duration duration;

  @Option(
      names = "--warm-up",
      paramLabel = "TIME",
      defaultValue = "10s",
      converter = DurationConverter.class,
      description = "How long to load before that without measuring. Default: ${DEFAULT-VALUE}.")
  private Duration warmUp;

  @Option(
      names = "--step",
      paramLabel = "TIME",
      defaultValue = "10s",
      converter = DurationConverter.class,
      description =
          "With --find-capacity: how long a rate is tried; the one found must hold for --duration."
              + " Default: ${DEFAULT-VALUE}.")
  private Duration step;

  @Option(
      names = "--turn",
      paramLabel = "TIME",
      defaultValue = "5s",
      converter = DurationConverter.class,
      description = "With --vs: how long a turn is. Default: ${DEFAULT-VALUE}.")
  private Duration turn;

  @Mixin private SloOptions objective;

  @Option(
      names = "--arrivals",
      paramLabel = "RHYTHM",
      defaultValue = "poisson",
      description =
          "poisson: as from people who know nothing of each other; recorded: in the rhythm of the"
              + " file, without --rate at its speed. Default: ${DEFAULT-VALUE}.")
  private Loading.Rhythm arrivals;

  @Option(
      names = "--fresh-users",
      description =
          "Every request comes from a user whom the server has not seen, with a recorded history.")
  private boolean freshUsers;

  @Option(
      names = "--exact",
      description = "Asks for whole answers: under overload the server refuses, never degrades.")
  private boolean exact;

  @Option(
      names = "--model",
      paramLabel = "NAME",
      description = "The model to ask, in place of what the requests name.")
  private String model = "";

  @Option(
      names = "--upserts",
      paramLabel = "N",
      description = "New items to send meanwhile, a second: those of the file under other ids.")
  private double upserts;

  @Mixin private ProtocolOptions protocol;

  @Option(
      names = "--connections",
      paramLabel = "N",
      defaultValue = "4",
      description = "Connections to each server. Default: ${DEFAULT-VALUE}.")
  private int connections;

  @Option(
      names = "--seed",
      paramLabel = "N",
      defaultValue = "1",
      description = "The same seed gives the same arrivals. Default: ${DEFAULT-VALUE}.")
  private long seed;

  @Option(names = "--json", description = "Prints the result as JSON.")
  private boolean json;

  @Option(
      names = "--page",
      paramLabel = "FILE",
      description = "Writes the result as a page for a browser, too.")
  private @Nullable Path page;

  @Override
  public Integer call() throws Exception {
    checkUsage();
    RequestsFile file = RequestsFile.read(requests);
    if (upserts > 0 && file.items().isEmpty()) {
      throw new LoadException(
          requests + " holds no items to send; make it by savior requests with --items");
    }
    if (page != null) {
      // What cannot be written is said before the measurement and not after it.
      write(page, "");
    }
    Report report;
    try (EarlyEnd end = EarlyEnd.watch()) {
      try (LiveLine live = LiveLine.onStandardError();
          Loading loading =
              new Loading(loadingOptions(), requests, file, live, end, this::complain)) {
        report = loading.run();
      }
      print(report);
    }
    return report.met() ? 0 : MISSED;
  }

  private Loading.Options loadingOptions() {
    return new Loading.Options(
        server.config(),
        other == null ? null : server.alike(other),
        protocol,
        rate,
        findCapacity,
        new Loading.Lengths(duration, warmUp, step, turn),
        objective.slo(),
        arrivals,
        freshUsers,
        exact,
        model,
        upserts,
        connections,
        seed);
  }

  private void checkUsage() {
    if (findCapacity && (rate != null || other != null || arrivals == Loading.Rhythm.RECORDED)) {
      throw wrong("--find-capacity goes without --rate, --vs and --arrivals recorded");
    }
    if (findCapacity && objective.slo().latency().isEmpty()) {
      throw wrong("--find-capacity needs an objective, for instance --p99 20ms");
    }
    if (!findCapacity && rate == null && arrivals != Loading.Rhythm.RECORDED) {
      throw wrong("give --rate or --find-capacity");
    }
    if (rate != null && !(rate > 0 && rate <= 1e6)) {
      throw wrong("--rate must be in (0, 1000000], was " + rate);
    }
    if (!(upserts >= 0 && upserts <= 1e5)) {
      throw wrong("--upserts must be in [0, 100000], was " + upserts);
    }
    if (connections < 1 || connections > 1000) {
      throw wrong("--connections must be in [1, 1000], was " + connections);
    }
    for (Map.Entry<String, Duration> each :
        Map.of("--duration", duration, "--step", step, "--turn", turn).entrySet()) {
      if (each.getValue().compareTo(SHORTEST) < 0) {
        throw wrong(each.getKey() + " must be at least 100ms");
      }
    }
    protocol.check(spec);
  }

  private ParameterException wrong(String message) {
    return new ParameterException(spec.commandLine(), message);
  }

  private void print(Report report) throws IOException {
    PrintWriter out = spec.commandLine().getOut();
    if (json) {
      out.println(new ObjectMapper().writeValueAsString(ReportJson.fields(report)));
    } else {
      ReportText.lines(report).forEach(out::println);
    }
    out.flush();
    if (page != null) {
      write(page, ReportPage.html(report));
    }
  }

  private void complain(String problem) {
    PrintWriter err = spec.commandLine().getErr();
    err.println("savior: " + problem);
    err.flush();
  }

  private static void write(Path file, String text) {
    try {
      Files.writeString(file, text);
    } catch (IOException e) {
      throw new LoadException(file + ": cannot be written", e);
    }
  }
}
