package io.saviorrec.trainer.bench;

import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.function.DoubleSupplier;

/// What sides cost that were measured in turns, round by round, so that whatever the machine did
/// meanwhile it did to all of them.
final class Turns {
  private final Map<String, double[]> costs = new HashMap<>();

  /// Measures every side once for nothing and then once a round, in another order each time.
  ///
  /// @param sides what measures a side by the side's name
  Turns(int rounds, SequencedMap<String, DoubleSupplier> sides) {
    List<Map.Entry<String, DoubleSupplier>> all = List.copyOf(sides.sequencedEntrySet());
    all.forEach(side -> costs.put(side.getKey(), new double[rounds]));
    for (int round = 0; round <= rounds; round++) {
      for (int i = 0; i < all.size(); i++) {
        Map.Entry<String, DoubleSupplier> side = all.get((i + round) % all.size());
        double cost = side.getValue().getAsDouble();
        if (round > 0) {
          costs(side.getKey())[round - 1] = cost;
        }
      }
    }
  }

  private double[] costs(String side) {
    double[] values = costs.get(side);
    if (values == null) {
      throw new IllegalArgumentException("no side " + side);
    }
    return values;
  }

  /// The median cost of a side.
  double median(String side) {
    return median(costs(side).clone());
  }

  /// The median over the rounds of one side's cost over another's.
  double ratio(String over, String under) {
    double[] ratios = new double[costs(over).length];
    Arrays.setAll(ratios, round -> costs(over)[round] / costs(under)[round]);
    return median(ratios);
  }

  /// Of an even number, the mean of the two in the middle.
  static double median(double[] values) {
    Arrays.sort(values);
    int middle = values.length / 2;
    return values.length % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
  }
}
