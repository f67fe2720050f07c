package io.saviorrec.trainer.metric;

import java.util.HashMap;
import java.util.Map;

/// The AUC within each user, averaged over users with both classes (GAUC).
///
/// @param weighted by impressions, in [0, 1], or NaN where no user has both classes
/// @param unweighted every user alike
public record GroupedAuc(double weighted, double unweighted) {

  /// GAUC of scores against labels, weighted by impressions.
  ///
  /// @return GAUC in [0, 1], or NaN where no user has both classes
  public static double of(float[] scores, boolean[] labels, long[] users) {
    return by(scores, labels, users).weighted();
  }

  /// GAUC of scores against labels, grouped by user.
  public static GroupedAuc by(float[] scores, boolean[] labels, long[] users) {
    Map<Long, int[]> counts = new HashMap<>();
    for (long user : users) {
      counts.computeIfAbsent(user, key -> new int[1])[0]++;
    }
    Map<Long, Group> groups = new HashMap<>();
    for (int i = 0; i < users.length; i++) {
      int[] count = counts.get(users[i]);
      int size = count == null ? 0 : count[0];
      groups.computeIfAbsent(users[i], key -> new Group(size)).add(scores[i], labels[i]);
    }
    double sum = 0;
    long weight = 0;
    double plain = 0;
    long measured = 0;
    for (Group group : groups.values()) {
      double auc = Auc.of(group.scores, group.labels);
      if (!Double.isNaN(auc)) {
        sum += auc * group.scores.length;
        weight += group.scores.length;
        plain += auc;
        measured++;
      }
    }
    return weight == 0
        ? new GroupedAuc(Double.NaN, Double.NaN)
        : new GroupedAuc(sum / weight, plain / measured);
  }

  private static final class Group {
    final float[] scores;
    final boolean[] labels;
    private int filled;

    Group(int size) {
      scores = new float[size];
      labels = new boolean[size];
    }

    void add(float score, boolean label) {
      scores[filled] = score;
      labels[filled++] = label;
    }
  }
}
