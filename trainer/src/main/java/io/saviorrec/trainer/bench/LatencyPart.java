package io.saviorrec.trainer.bench;

import io.saviorrec.loadtest.generator.LoadResult;
import io.saviorrec.trainer.bench.Figure.Target;
import io.saviorrec.trainer.bench.Section.Row;
import io.saviorrec.trainer.console.Progress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Part 5: how long answers take below the server's capacity, and how many good ones there are
/// above it.
final class LatencyPart {
  private static final Duration DEADLINE = Duration.ofMillis(100);
  private static final int CLIENTS = 16;
  private static final double[] LOADS = {.3, .6, .8};
  private static final double[] OVERLOADS = {2, 4};

  private final Plan plan;
  private final BenchServer server;
  private final String model;
  private final List<Row> rows = new ArrayList<>();

  LatencyPart(Plan plan, BenchServer server, String model) {
    this.plan = plan;
    this.server = server;
    this.model = model;
  }

  Section measure() {
    int steps = plan.loads().size() * (1 + LOADS.length + 2 * OVERLOADS.length);
    try (Progress progress = Progress.start("(5) latency", steps)) {
      for (Shape shape : plan.loads()) {
        measure(shape, progress);
      }
    }
    return new Section(
        5,
        "Latency and goodput under load",
        "Open loads come at random times, and latencies count from the time at which a request was"
            + " meant to be sent. Capacity is what "
            + CLIENTS
            + " clients in a closed loop get. Server and load share the machine.",
        rows);
  }

  /// Requests a second that the server can answer.
  static double capacity(BenchServer server, ScoreRequests requests, double seconds) {
    return server.load().closed(requests, CLIENTS, BenchServer.duration(seconds)).goodPerSecond();
  }

  private void measure(Shape shape, Progress progress) {
    ScoreRequests requests =
        new ScoreRequests(model, plan.items(), shape.candidates(), shape.history(), 71).ready();
    Duration length = BenchServer.duration(plan.loadSeconds());
    capacity(server, requests, plan.loadSeconds() / 2);
    LoadResult closed = server.load().closed(requests, CLIENTS, length);
    double capacity = closed.goodPerSecond();
    row(
        shape,
        CLIENTS + " clients",
        closed,
        List.of(
            tail(closed).should(Target.atMost(1.2)), Figure.of("good answers", "1/s", capacity)));
    progress.step(Double.NaN);
    for (double share : LOADS) {
      LoadResult open =
          server.load().open(requests, share * capacity, length, null, Math.round(100 * share));
      row(
          shape,
          "%.0f %% load".formatted(100 * share),
          open,
          List.of(
              tail(open).should(share == .6 ? Target.atMost(3) : null),
              Figure.of("good answers", "1/s", open.goodPerSecond())));
      progress.step(Double.NaN);
    }
    for (double times : OVERLOADS) {
      overload(shape, requests, times, length, null);
      progress.step(Double.NaN);
      overload(shape, requests, times, length, DEADLINE);
      progress.step(Double.NaN);
    }
  }

  /// The capacity is taken again right before, since the machine may have changed.
  private void overload(
      Shape shape,
      ScoreRequests requests,
      double times,
      Duration length,
      @Nullable Duration deadline) {
    double capacity = capacity(server, requests, plan.loadSeconds() / 3);
    LoadResult open =
        server.load().open(requests, times * capacity, length, deadline, Math.round(times));
    row(
        shape,
        "%.0f %% load%s"
            .formatted(
                100 * times,
                deadline == null ? "" : ", deadlines of %d ms".formatted(deadline.toMillis())),
        open,
        List.of(
            tail(open),
            Figure.of("good answers", "1/s", open.goodPerSecond()),
            Figure.ratio("goodput ÷ capacity", open.goodPerSecond() / capacity)
                .should(Target.atLeast(.9))));
  }

  private static Figure tail(LoadResult result) {
    return Figure.ratio("p99 ÷ p50", result.millis(.99) / result.millis(.5));
  }

  private void row(Shape shape, String load, LoadResult result, List<Figure> more) {
    Map<String, String> labels = new LinkedHashMap<>(shape.labels());
    labels.put("load", load);
    List<Figure> figures =
        new ArrayList<>(
            List.of(
                Figure.of("p50", "ms", result.millis(.5)),
                Figure.of("p99", "ms", result.millis(.99)),
                Figure.of("p99.9", "ms", result.millis(.999))));
    figures.addAll(more);
    rows.add(new Row(labels, figures));
  }
}
