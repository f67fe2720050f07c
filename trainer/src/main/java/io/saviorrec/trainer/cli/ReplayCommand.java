package io.saviorrec.trainer.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.saviorrec.client.CallException;
import io.saviorrec.client.SaviorClient;
import io.saviorrec.loadtest.cli.ServerOptions;
import io.saviorrec.proto.v1.CapturedRequest;
import io.saviorrec.proto.v1.ScoreRequest;
import io.saviorrec.proto.v1.ScoreResponse;
import io.saviorrec.trainer.serving.Captures;
import io.saviorrec.trainer.serving.Captures.Capture;
import io.saviorrec.trainer.serving.Replay;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/// `replay`: sends captured requests to a server again.
@Command(
    name = "replay",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Sends requests that a server captured to a running server, and compares times and scores.",
      "A request goes to the model that answered it then, in its newest version."
    })
// picocli fills the fields before it calls.
@SuppressWarnings("NullAway.Init")
public final class ReplayCommand implements Callable<Integer> {
  private static final String OK = "OK";

  @Spec private CommandSpec spec;
  @Mixin private ServerOptions server;

  @Parameters(
      paramLabel = "FILE|DIR",
      description = "A file of captures or of savior requests, or a folder.")
  private Path captures;

  @Option(
      names = "--times",
      paramLabel = "N",
      defaultValue = "1",
      description = "How often each is sent; the table shows medians. Default: ${DEFAULT-VALUE}.")
  private int times;

  @Option(
      names = "--tolerance",
      paramLabel = "X",
      defaultValue = "0.0001",
      description = "Scores that differ by no more agree. Default: ${DEFAULT-VALUE}.")
  private double tolerance;

  @Option(names = "--json", description = "Prints them as JSON.")
  private boolean json;

  @Override
  public Integer call() throws JsonProcessingException {
    if (times < 1) {
      throw new ParameterException(spec.commandLine(), "--times must be positive, was " + times);
    }
    if (!(tolerance >= 0)) {
      throw new ParameterException(
          spec.commandLine(), "--tolerance must not be negative, was " + tolerance);
    }
    List<Replay> replays = new ArrayList<>();
    try (SaviorClient client = server.connect()) {
      for (Capture capture : Captures.read(captures)) {
        replays.add(replay(client, capture));
      }
    }
    PrintWriter out = spec.commandLine().getOut();
    if (json) {
      List<Map<String, Object>> rows =
          replays.stream().map(replay -> replay.fields(tolerance)).toList();
      out.println(new ObjectMapper().writeValueAsString(Map.of("replays", rows)));
    } else {
      Replay.table(replays, tolerance).forEach(out::println);
      out.println(summary(replays));
    }
    out.flush();
    return 0;
  }

  private Replay replay(SaviorClient client, Capture capture) {
    CapturedRequest captured = capture.request();
    ScoreRequest request = Captures.toReplay(captured);
    List<ScoreResponse> answers = new ArrayList<>();
    String status = OK;
    for (int i = 0; i < times; i++) {
      try {
        answers.add(client.score(request));
      } catch (CallException e) {
        if (e.unreachable()) {
          throw e;
        }
        status = e.code().name();
      }
    }
    return new Replay(capture.name(), captured, status, answers);
  }

  private String summary(List<Replay> replays) {
    long answered = replays.stream().filter(replay -> replay.status().equals(OK)).count();
    long compared = replays.stream().filter(replay -> !Double.isNaN(replay.difference())).count();
    long agreed = replays.stream().filter(replay -> replay.agrees(tolerance)).count();
    return String.format(
        Locale.ROOT,
        "%d of %d answered; the scores of %d of %d agree",
        answered,
        replays.size(),
        agreed,
        compared);
  }
}
