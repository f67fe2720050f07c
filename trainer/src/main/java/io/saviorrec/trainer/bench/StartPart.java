package io.saviorrec.trainer.bench;

import io.saviorrec.trainer.bench.Figure.Target;
import io.saviorrec.trainer.bench.Section.Row;
import io.saviorrec.trainer.console.Progress;
import io.saviorrec.trainer.process.Launcher;
import java.util.List;
import java.util.Map;

/// Part 8: how long a server with many items takes to be ready, and what its first requests cost.
final class StartPart {
  /// The name of a server's settings that are the defaults but for the precision.
  static final String SETTINGS = "start";

  private static final double FIRST_SECONDS = 2;
  private static final double LOAD = .3;

  /// Items that the requests name, so that their states are soon there.
  private static final int NAMED = 2000;

  private final Plan plan;
  private final Launcher launcher;
  private final BenchFiles files;

  StartPart(Plan plan, Launcher launcher, BenchFiles files) {
    this.plan = plan;
    this.launcher = launcher;
    this.files = files;
  }

  /// @param capacity requests of the main shape that a warm server answers in a second
  Section measure(double capacity) {
    double[] starts = new double[plan.starts()];
    double[] ratios = new double[plan.starts()];
    try (Progress progress = Progress.start("(8) starts", plan.starts())) {
      for (int i = 0; i < plan.starts(); i++) {
        try (BenchServer server =
            BenchServer.start(
                launcher,
                files,
                "start-" + i,
                files.largeRepository(),
                files.config(StartPart.SETTINGS))) {
          starts[i] = server.startSeconds();
          ratios[i] = firstOverSteady(server, LOAD * capacity);
        }
        progress.step(Double.NaN);
      }
    }
    return new Section(
        8,
        "Start with many items",
        "From the start of the process to its being ready, files in the system's cache; then requests"
            + " of %d candidates and %d clicks at %.0f %% load."
                .formatted(plan.main().candidates(), plan.main().history(), 100 * LOAD),
        List.of(
            new Row(
                Map.of("items", "%,d".formatted(plan.largeItems())),
                List.of(
                    Figure.of("ready after", "s", Turns.median(starts)).should(Target.atMost(3)),
                    Figure.ratio(
                            "CPU per request, first %.0f s ÷ steady".formatted(FIRST_SECONDS),
                            Turns.median(ratios))
                        .should(Target.atMost(1.3))))));
  }

  private double firstOverSteady(BenchServer server, double perSecond) {
    Shape shape = plan.main();
    ScoreRequests requests =
        new ScoreRequests(
                BenchBundles.LINEAR,
                Math.min(NAMED, plan.largeItems()),
                shape.candidates(),
                shape.history(),
                83)
            .ready();
    double first = server.costOfRequest(requests, perSecond, FIRST_SECONDS, 1);
    server.costOfRequest(requests, perSecond, plan.steadySeconds(), 2);
    return first / server.costOfRequest(requests, perSecond, FIRST_SECONDS, 3);
  }
}
