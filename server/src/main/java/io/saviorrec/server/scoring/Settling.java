package io.saviorrec.server.scoring;

/// Whether the cost of what is done again and again has stopped falling.
///
/// It has when for [#ROUNDS] rounds none was cheaper than the last gain by more than [#GAIN]; small
/// gains add up to one.
final class Settling {
  static final int ROUNDS = 4;
  static final double GAIN = 0.07;

  private double mark = Double.POSITIVE_INFINITY;
  private int roundsWithoutGain;

  /// Adds a round.
  ///
  /// @param cost of one piece of work in it
  /// @return whether the cost has settled
  boolean add(double cost) {
    if (cost < mark * (1 - GAIN)) {
      mark = cost;
      roundsWithoutGain = 0;
    } else {
      roundsWithoutGain++;
    }
    return roundsWithoutGain >= ROUNDS;
  }
}
