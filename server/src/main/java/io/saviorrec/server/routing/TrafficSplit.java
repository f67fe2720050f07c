package io.saviorrec.server.routing;

import java.util.Map;
import java.util.SortedMap;

/// A sticky division of the users among arms: a user always meets the same arm as long as the
/// shares stay as they are, whichever replica answers.
///
/// Each arm draws for the user from an exponential distribution with its share as rate, by a hash
/// of user, salt and arm, and the first of the draws wins (weighted rendezvous hashing). The arms
/// win in proportion to their shares; and since a draw depends on its own arm alone, an arm whose
/// share grows takes users from the others and moves nobody between those.
final class TrafficSplit {
  private final String[] arms;
  private final double[] shares;
  private final long[] seeds;

  /// @param shares of the arms by their names, as relative weights
  TrafficSplit(String salt, SortedMap<String, Integer> shares) {
    arms = new String[shares.size()];
    this.shares = new double[shares.size()];
    seeds = new long[shares.size()];
    int i = 0;
    for (Map.Entry<String, Integer> share : shares.entrySet()) {
      arms[i] = share.getKey();
      this.shares[i] = share.getValue();
      seeds[i++] = UnitHash.seed("split", salt, share.getKey());
    }
    if (shares.values().stream().noneMatch(share -> share > 0)) {
      throw new IllegalArgumentException("shares must have a positive sum, were " + shares);
    }
  }

  /// The name of a unit's arm.
  ///
  /// @param unit the hash of a user, or of what else is split by
  String armOf(long unit) {
    int first = -1;
    double earliest = Double.POSITIVE_INFINITY;
    for (int i = 0; i < arms.length; i++) {
      if (shares[i] > 0) {
        // StrictMath, because replicas on different machines must agree.
        double draw = -StrictMath.log(UnitHash.uniform(unit, seeds[i])) / shares[i];
        if (draw < earliest) {
          earliest = draw;
          first = i;
        }
      }
    }
    return arms[first];
  }
}
