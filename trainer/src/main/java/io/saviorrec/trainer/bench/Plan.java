package io.saviorrec.trainer.bench;

import java.util.ArrayList;
import java.util.List;

/// How much is measured, and for how long.
///
/// @param items of the models and inside the plain exports
/// @param largeItems of the model that a start is timed with
/// @param candidates of the requests of bare modules
/// @param histories of the requests of bare modules
/// @param costCandidates of the requests that servers and modules are compared with
/// @param costHistories likewise
/// @param loads shapes under which latencies are measured
/// @param rounds in which sides take turns
/// @param mostTiled the most clicks of a tiled request: its history times its candidates
/// @param moduleSeconds of one module's turn
/// @param serverSeconds of one server's turn
/// @param warmUpSeconds of its processor time that a server spends on load before anything counts
/// @param loadSeconds of a load whose latencies count
/// @param coldSeconds in which items are sent under load
/// @param starts that are timed
/// @param steadySeconds of load after a start until its cost counts as steady
record Plan(
    int items,
    int largeItems,
    List<Integer> candidates,
    List<Integer> histories,
    List<Integer> costCandidates,
    List<Integer> costHistories,
    List<Shape> loads,
    int rounds,
    int mostTiled,
    double moduleSeconds,
    double serverSeconds,
    double warmUpSeconds,
    double loadSeconds,
    double coldSeconds,
    int starts,
    double steadySeconds) {

  private static final int ITEMS = 100_000;
  private static final int LARGE = 1_000_000;
  private static final int MOST_TILED = 500_000;

  static Plan of(Effort effort) {
    List<Integer> few = List.of(50, 500);
    return switch (effort) {
      case TINY ->
          new Plan(
              400,
              2000,
              List.of(5, 10),
              List.of(4, 8),
              List.of(5),
              List.of(4, 8),
              List.of(new Shape(10, 4)),
              1,
              1000,
              .02,
              .1,
              .3,
              .3,
              .5,
              1,
              .5);
      case QUICK ->
          new Plan(
              ITEMS,
              LARGE,
              few,
              List.of(50, 1000),
              few,
              few,
              List.of(new Shape(500, 50)),
              3,
              MOST_TILED / 2,
              .15,
              .6,
              6,
              3,
              5,
              1,
              6);
      case FULL ->
          new Plan(
              ITEMS,
              LARGE,
              List.of(50, 200, 500, 2000),
              List.of(50, 200, 1000),
              few,
              few,
              List.of(new Shape(50, 50), new Shape(500, 50)),
              5,
              MOST_TILED,
              .5,
              2.5,
              25,
              12,
              20,
              3,
              20);
    };
  }

  List<Shape> moduleShapes() {
    return shapes(candidates, histories);
  }

  List<Shape> costShapes() {
    return shapes(costCandidates, costHistories);
  }

  private static List<Shape> shapes(List<Integer> candidates, List<Integer> histories) {
    List<Shape> shapes = new ArrayList<>();
    for (int each : candidates) {
      for (int history : histories) {
        shapes.add(new Shape(each, history));
      }
    }
    return shapes;
  }

  /// The shape of the parts that look at one alone.
  Shape main() {
    return loads.getLast();
  }
}
