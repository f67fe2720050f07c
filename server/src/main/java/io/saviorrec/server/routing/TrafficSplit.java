package io.saviorrec.server.routing;

import java.util.Map;
import java.util.SortedMap;

/// A sticky division of the users among models: a user always meets the same model as long as the
/// shares stay as they are, whichever replica answers.
///
/// The models lie in order of their names on a line as long as the sum of their shares, and the
/// hash of the user picks a point on it.
final class TrafficSplit {
  private final String[] models;
  private final long[] ends;

  TrafficSplit(SortedMap<String, Integer> shares) {
    models = new String[shares.size()];
    ends = new long[shares.size()];
    long end = 0;
    int i = 0;
    for (Map.Entry<String, Integer> share : shares.entrySet()) {
      end += share.getValue();
      models[i] = share.getKey();
      ends[i++] = end;
    }
    if (end <= 0) {
      throw new IllegalArgumentException("shares must have a positive sum, were " + shares);
    }
  }

  String modelFor(long userId) {
    long point = Long.remainderUnsigned(mix(userId), ends[ends.length - 1]);
    int i = 0;
    while (point >= ends[i]) {
      i++;
    }
    return models[i];
  }

  /// SplitMix64's output function: neighbouring ids land far apart.
  private static long mix(long id) {
    long h = id + 0x9E3779B97F4A7C15L;
    h = (h ^ (h >>> 30)) * 0xBF58476D1CE4E5B9L;
    h = (h ^ (h >>> 27)) * 0x94D049BB133111EBL;
    return h ^ (h >>> 31);
  }
}
