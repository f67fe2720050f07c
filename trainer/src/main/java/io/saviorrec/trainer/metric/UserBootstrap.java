package io.saviorrec.trainer.metric;

import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.IntPredicate;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;

/// Compares two scores of the same impressions by drawing users with replacement, since what one
/// user does is not independent. Both scores meet the same draws.
public final class UserBootstrap {
  private static final double TAIL = 0.025;

  private final List<float[]> first;
  private final List<float[]> second;
  private final boolean[] labels;

  /// The number of each impression's user.
  private final int[] user;

  private final int users;
  private final int resamples;
  private final long seed;

  /// @param userIds of each impression
  /// @param resamples how often users are drawn
  /// @param seed the same one draws the same users
  public UserBootstrap(
      float[] first, float[] second, boolean[] labels, long[] userIds, int resamples, long seed) {
    this(List.of(first), List.of(second), labels, userIds, resamples, seed);
  }

  /// @param first a score for each seed
  /// @param second a score for each seed
  /// @param userIds of each impression
  /// @param resamples how often users are drawn
  /// @param seed the same one draws the same users
  public UserBootstrap(
      List<float[]> first,
      List<float[]> second,
      boolean[] labels,
      long[] userIds,
      int resamples,
      long seed) {
    this.first = List.copyOf(first);
    this.second = List.copyOf(second);
    this.labels = labels;
    long[] distinct = Arrays.stream(userIds).sorted().distinct().toArray();
    this.user = Arrays.stream(userIds).mapToInt(id -> Arrays.binarySearch(distinct, id)).toArray();
    this.users = distinct.length;
    this.resamples = resamples;
    this.seed = seed;
  }

  /// What the draws tell.
  ///
  /// @param difference of the two scores
  /// @param first the one score by itself
  public record Sampled(Difference difference, Interval first) {}

  /// The difference in AUC over some of the impressions.
  public Difference auc(IntPredicate included) {
    return sampleAuc(included).difference();
  }

  /// The same with the interval of the first score's own AUC.
  public Sampled sampleAuc(IntPredicate included) {
    int[] rows = IntStream.range(0, labels.length).filter(included).toArray();
    return compare(ranked(rows, first), ranked(rows, second));
  }

  /// The difference in GAUC over all impressions.
  public Difference gauc() {
    return compare(grouped(first), grouped(second)).difference();
  }

  private ToDoubleFunction<int[]> ranked(int[] rows, List<float[]> seeds) {
    List<Ranking> rankings = seeds.stream().map(scores -> new Ranking(rows, scores)).toList();
    return times -> rankings.stream().mapToDouble(each -> each.auc(times)).average().orElseThrow();
  }

  private ToDoubleFunction<int[]> grouped(List<float[]> seeds) {
    List<PerUser> users = seeds.stream().map(PerUser::new).toList();
    return times -> users.stream().mapToDouble(each -> each.gauc(times)).average().orElseThrow();
  }

  private Sampled compare(ToDoubleFunction<int[]> one, ToDoubleFunction<int[]> other) {
    int[] everybodyOnce = new int[users];
    Arrays.fill(everybodyOnce, 1);
    double a = one.applyAsDouble(everybodyOnce);
    double b = other.applyAsDouble(everybodyOnce);
    double[] ones = new double[resamples];
    double[] differences = new double[resamples];
    IntStream.range(0, resamples)
        .parallel()
        .forEach(
            r -> {
              int[] times = draw(r);
              ones[r] = one.applyAsDouble(times);
              differences[r] = ones[r] - other.applyAsDouble(times);
            });
    double[] drawn = finite(differences);
    double[] own = finite(ones);
    Interval first = new Interval(a, quantile(own, TAIL), quantile(own, 1 - TAIL));
    if (drawn.length == 0) {
      return new Sampled(new Difference(a, b, a - b, Double.NaN, Double.NaN, Double.NaN), first);
    }
    long notAbove = Arrays.stream(drawn).filter(d -> d <= 0).count();
    long notBelow = Arrays.stream(drawn).filter(d -> d >= 0).count();
    double p = 2.0 * (Math.min(notAbove, notBelow) + 1) / (drawn.length + 1);
    return new Sampled(
        new Difference(
            a, b, a - b, quantile(drawn, TAIL), quantile(drawn, 1 - TAIL), Math.min(1, p)),
        first);
  }

  private static double[] finite(double[] values) {
    return Arrays.stream(values).filter(Double::isFinite).sorted().toArray();
  }

  private static double quantile(double[] sorted, double share) {
    return sorted.length == 0
        ? Double.NaN
        : sorted[Math.clamp((int) (share * sorted.length), 0, sorted.length - 1)];
  }

  /// How often each user is drawn.
  private int[] draw(int resample) {
    SplittableRandom random = new SplittableRandom(seed * 1_000_003 + resample);
    int[] times = new int[users];
    for (int i = 0; i < users; i++) {
      times[random.nextInt(users)]++;
    }
    return times;
  }

  /// Impressions from the lowest score to the highest.
  private final class Ranking {
    private final int[] userAt;
    private final boolean[] clickedAt;

    /// Whether a higher score begins here.
    private final boolean[] risesAt;

    Ranking(int[] rows, float[] scores) {
      int[] order = Order.ascending(rows, row -> Auc.order(scores[row]));
      userAt = new int[order.length];
      clickedAt = new boolean[order.length];
      risesAt = new boolean[order.length];
      for (int i = 0; i < order.length; i++) {
        userAt[i] = user[order[i]];
        clickedAt[i] = labels[order[i]];
        risesAt[i] = i > 0 && scores[order[i]] > scores[order[i - 1]];
      }
    }

    /// Each impression counts as often as its user was drawn; a tie counts half.
    double auc(int[] times) {
      double pairs = 0;
      long clicks = 0;
      long others = 0;
      long tiedClicks = 0;
      long tiedOthers = 0;
      for (int i = 0; i < userAt.length; i++) {
        if (risesAt[i]) {
          pairs += tiedClicks * (others + tiedOthers / 2.0);
          clicks += tiedClicks;
          others += tiedOthers;
          tiedClicks = 0;
          tiedOthers = 0;
        }
        if (clickedAt[i]) {
          tiedClicks += times[userAt[i]];
        } else {
          tiedOthers += times[userAt[i]];
        }
      }
      pairs += tiedClicks * (others + tiedOthers / 2.0);
      clicks += tiedClicks;
      others += tiedOthers;
      return pairs / ((double) clicks * others);
    }
  }

  /// The AUC within each user and its weight, 0 where there is none.
  private final class PerUser {
    private final double[] auc = new double[users];
    private final long[] weight = new long[users];

    PerUser(float[] scores) {
      int[] order = Order.ascending(IntStream.range(0, user.length).toArray(), row -> user[row]);
      for (int from = 0; from < order.length; ) {
        int until = from;
        while (until < order.length && user[order[until]] == user[order[from]]) {
          until++;
        }
        float[] own = new float[until - from];
        boolean[] clicked = new boolean[until - from];
        for (int i = from; i < until; i++) {
          own[i - from] = scores[order[i]];
          clicked[i - from] = labels[order[i]];
        }
        double measured = Auc.of(own, clicked);
        if (!Double.isNaN(measured)) {
          auc[user[order[from]]] = measured;
          weight[user[order[from]]] = own.length;
        }
        from = until;
      }
    }

    double gauc(int[] times) {
      double sum = 0;
      double weights = 0;
      for (int u = 0; u < users; u++) {
        sum += times[u] * weight[u] * auc[u];
        weights += (double) times[u] * weight[u];
      }
      return sum / weights;
    }
  }
}
