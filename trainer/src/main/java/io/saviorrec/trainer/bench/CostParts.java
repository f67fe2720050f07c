package io.saviorrec.trainer.bench;

import io.saviorrec.trainer.bench.Figure.Target;
import io.saviorrec.trainer.bench.Section.Row;
import io.saviorrec.trainer.console.Progress;
import io.saviorrec.trainer.ranker.AttentionNorm;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.function.DoubleSupplier;
import org.jspecify.annotations.Nullable;

/// The parts that hold a whole server against the bare module and both against the reference, in
/// CPU time.
final class CostParts {
  private static final String KNOWN = " known";

  private final Plan plan;
  private final ModuleProcess modules;
  private final Map<Variant, BenchServer> servers;
  private final List<Row> efficiency = new ArrayList<>();
  private final List<Row> table = new ArrayList<>();

  /// What the server's cost over the reference's should be at most, by shape.
  private record Targets(double few50, double few500, double many50, double many500) {
    static Targets of(Variant variant) {
      if (variant.norm() == AttentionNorm.SOFTMAX) {
        return new Targets(.9, .8, .75, .6);
      }
      return variant.bf16() ? new Targets(.5, .2, .35, .08) : new Targets(.65, .25, .5, .12);
    }

    @Nullable Target at(Shape shape) {
      if (shape.equals(new Shape(50, 50))) {
        return Target.atMost(few50);
      }
      if (shape.equals(new Shape(50, 500))) {
        return Target.atMost(few500);
      }
      if (shape.equals(new Shape(500, 50))) {
        return Target.atMost(many50);
      }
      return shape.equals(new Shape(500, 500)) ? Target.atMost(many500) : null;
    }
  }

  /// @param servers the warm server of each variant
  CostParts(Plan plan, ModuleProcess modules, Map<Variant, BenchServer> servers) {
    this.plan = plan;
    this.modules = modules;
    this.servers = servers;
  }

  /// Measures both parts.
  void measure() {
    List<Long> processes =
        new ArrayList<>(servers.values().stream().map(BenchServer::pid).distinct().toList());
    processes.add(modules.pid());
    List<Shape> shapes = plan.costShapes();
    try (Processors processors = Processors.share(processes);
        Progress progress =
            Progress.start("(2, 9) servers and modules", (long) shapes.size() * servers.size())) {
      if (!processors.shared()) {
        System.err.println(
            "taskset cannot be run, so server, module and load are not on one processor: parts 2 and"
                + " 9 depend on what else runs");
      }
      for (Shape shape : shapes) {
        servers.forEach(
            (variant, server) -> {
              measure(shape, variant, server);
              progress.step(Double.NaN);
            });
      }
    }
  }

  private void measure(Shape shape, Variant variant, BenchServer server) {
    String name = variant.name();
    ScoreRequests fresh =
        new ScoreRequests(
                variant.model(),
                plan.items(),
                shape.candidates(),
                shape.history(),
                shape.hashCode())
            .ready();
    ScoreRequests known = fresh.fromKnownUsers().ready();
    SequencedMap<String, DoubleSupplier> sides = new LinkedHashMap<>();
    sides.put(
        BenchBundles.ONCE, () -> modules.cost(BenchBundles.ONCE, shape, plan.moduleSeconds()));
    sides.put(name, () -> modules.cost(name, shape, plan.moduleSeconds()));
    sides.put("server", () -> server.cost(fresh, shape.candidates(), plan.serverSeconds()));
    sides.put(KNOWN, () -> server.cost(known, shape.candidates(), plan.serverSeconds()));
    Turns turns = new Turns(plan.rounds(), sides);
    Map<String, String> labels = shape.labels();
    labels.put("attention", variant.model());
    labels.put("precision", variant.precision());
    efficiency.add(
        new Row(
            labels,
            List.of(
                Figure.ratio("server ÷ module", turns.ratio(name, "server"))
                    .should(Target.atLeast(variant.bf16() ? .85 : .9)),
                Figure.of("server", "candidates per CPU s", 1000 / turns.median("server")),
                Figure.of("module", "candidates per CPU s", 1000 / turns.median(name)))));
    table.add(
        new Row(
            labels,
            List.of(
                Figure.ratio("server ÷ once", turns.ratio("server", BenchBundles.ONCE))
                    .should(Targets.of(variant).at(shape)),
                Figure.ratio("module ÷ once", turns.ratio(name, BenchBundles.ONCE)),
                Figure.ratio(
                    "server, users seen before ÷ once", turns.ratio(KNOWN, BenchBundles.ONCE)),
                Figure.of(
                    "once",
                    "CPU ms per 1,000 candidates",
                    1000 * turns.median(BenchBundles.ONCE)))));
  }

  /// Part 2.
  Section efficiency() {
    return new Section(
        2,
        "The whole server against the bare module",
        "Candidates scored in a second of CPU time: the server's process under "
            + BenchServer.CLIENTS
            + " clients, the module in one thread. Every request from a new user.",
        efficiency);
  }

  /// Part 9.
  Section table() {
    return new Section(
        9,
        "CPU time of 1,000 candidates, over the reference's",
        "The reference is the bare module \"once\" of part 1. Server, modules and load share one"
            + " processor where that can be arranged. Every request from a new user, but for the"
            + " column that says otherwise.",
        table);
  }
}
