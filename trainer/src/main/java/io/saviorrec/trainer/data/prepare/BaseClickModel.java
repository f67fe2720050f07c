package io.saviorrec.trainer.data.prepare;

import io.saviorrec.trainer.data.log.Day;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;

/// A plain click model for logs without `pctr_base`: a logistic regression on smoothed click rates
/// and counts of the item, the user, and the user in the item's groups (genres, say).
///
/// Nothing leaks: the rates of a sample count strictly earlier seconds only, and the weights that
/// score a UTC day were fitted on strictly earlier days. The fit is sequential: each day's
/// likelihood updates a normal distribution of the weights (its mode by Newton's method, its
/// precision by the curvature there), which costs one pass over the log.
public final class BaseClickModel {
  private static final int BIAS = 0;
  private static final int GLOBAL = 1;
  private static final int ITEM = 2;
  private static final int USER = 3;
  private static final int USER_GROUP = 4;
  private static final int ITEM_COUNT = 5;
  private static final int USER_COUNT = 6;
  private static final int FEATURES = 7;

  /// Impressions that the prior of a rate weighs.
  private static final double ITEM_PRIOR = 10;

  private static final double USER_PRIOR = 5;
  private static final double GROUP_PRIOR = 5;

  private static final int NEWTON_STEPS = 4;
  private static final float MIN_PROBABILITY = 1e-4f;

  private final int[][] itemGroups;
  private final int groups;

  private final int[] itemShown;
  private final int[] itemClicked;
  private final int[] userShown;
  private final int[] userClicked;

  /// Impressions and clicks by user and group.
  private final Map<Long, int[]> userGroup = new HashMap<>();

  private long shown;
  private long clicks;

  /// Mode and precision of the weights.
  private final double[] weights = new double[FEATURES];

  private final double[][] precision = new double[FEATURES][FEATURES];

  /// Features of the current day's samples, `FEATURES` each, and where the day starts.
  private double[] dayFeatures = new double[1024 * FEATURES];

  /// @param users number of users; they are numbered from 0
  /// @param itemGroups the groups of each item, numbered from 0; an item may have none
  public BaseClickModel(int users, int[][] itemGroups) {
    this.itemGroups = itemGroups;
    this.groups = 1 + Arrays.stream(itemGroups).flatMapToInt(Arrays::stream).max().orElse(0);
    this.itemShown = new int[itemGroups.length];
    this.itemClicked = new int[itemGroups.length];
    this.userShown = new int[users];
    this.userClicked = new int[users];
    // Before anything is known, rates are taken at their word.
    weights[GLOBAL] = 1;
    weights[ITEM] = 1;
    weights[USER] = 1;
    weights[USER_GROUP] = 1;
    for (int f = 0; f < FEATURES; f++) {
      precision[f][f] = 1;
    }
  }

  /// The click probability of each sample, from what was known before it.
  ///
  /// @param time unix seconds, ascending
  public float[] predict(long[] time, int[] user, int[] item, boolean[] clicked) {
    float[] probability = new float[time.length];
    int dayStart = 0;
    while (dayStart < time.length) {
      long day = time[dayStart] / Day.SECONDS;
      int at = dayStart;
      while (at < time.length && time[at] / Day.SECONDS == day) {
        at = predictSecond(at, dayStart, time, user, item, clicked, probability);
      }
      fit(dayStart, at, clicked);
      dayStart = at;
    }
    return probability;
  }

  /// Scores all samples of one second before it counts any of them; returns where the next starts.
  private int predictSecond(
      int from,
      int dayStart,
      long[] time,
      int[] user,
      int[] item,
      boolean[] clicked,
      float[] probability) {
    int to = from;
    while (to < time.length && time[to] == time[from]) {
      if (to > from && time[to] < time[to - 1]) {
        throw new IllegalArgumentException("time must ascend");
      }
      int row = (to - dayStart) * FEATURES;
      if (row + FEATURES > dayFeatures.length) {
        dayFeatures = Arrays.copyOf(dayFeatures, 2 * dayFeatures.length);
      }
      features(user[to], item[to], row);
      float p = (float) sigmoid(logit(row, weights));
      probability[to] = Math.clamp(p, MIN_PROBABILITY, 1 - MIN_PROBABILITY);
      to++;
    }
    for (int s = from; s < to; s++) {
      count(user[s], item[s], clicked[s] ? 1 : 0);
    }
    return to;
  }

  private void features(int user, int item, int row) {
    double global = (clicks + 1.0) / (shown + 2.0);
    double itemRate = rate(itemClicked[item], itemShown[item], global, ITEM_PRIOR);
    double userRate = rate(userClicked[user], userShown[user], global, USER_PRIOR);
    double groupRate = userRate;
    int[] groupsOfItem = itemGroups[item];
    if (groupsOfItem.length > 0) {
      groupRate = 0;
      for (int g : groupsOfItem) {
        int[] counts = userGroup.get(key(user, g));
        groupRate += counts == null ? userRate : rate(counts[1], counts[0], userRate, GROUP_PRIOR);
      }
      groupRate /= groupsOfItem.length;
    }
    double globalLogit = log(global);
    dayFeatures[row + BIAS] = 1;
    dayFeatures[row + GLOBAL] = globalLogit;
    dayFeatures[row + ITEM] = log(itemRate) - globalLogit;
    dayFeatures[row + USER] = log(userRate) - globalLogit;
    dayFeatures[row + USER_GROUP] = log(groupRate) - log(userRate);
    dayFeatures[row + ITEM_COUNT] = 0.1 * Math.log1p(itemShown[item]);
    dayFeatures[row + USER_COUNT] = 0.1 * Math.log1p(userShown[user]);
  }

  private void count(int user, int item, int click) {
    shown++;
    clicks += click;
    itemShown[item]++;
    itemClicked[item] += click;
    userShown[user]++;
    userClicked[user] += click;
    for (int g : itemGroups[item]) {
      int[] counts = userGroup.computeIfAbsent(key(user, g), k -> new int[2]);
      counts[0]++;
      counts[1] += click;
    }
  }

  private long key(int user, int group) {
    return (long) user * groups + group;
  }

  private static double rate(int clicks, int shown, double prior, double weight) {
    return (clicks + weight * prior) / (shown + weight);
  }

  private static double log(double probability) {
    return Math.log(probability / (1 - probability));
  }

  private static double sigmoid(double logit) {
    return 1 / (1 + Math.exp(-logit));
  }

  private double logit(int row, double[] w) {
    double sum = 0;
    for (int f = 0; f < FEATURES; f++) {
      sum += w[f] * dayFeatures[row + f];
    }
    return sum;
  }

  /// Moves the weights' distribution to its posterior after one day.
  private void fit(int from, int to, boolean[] clicked) {
    double[] prior = weights.clone();
    double[][] curvature = precision;
    for (int step = 0; step < NEWTON_STEPS; step++) {
      double[] gradient = new double[FEATURES];
      curvature = new double[FEATURES][];
      for (int f = 0; f < FEATURES; f++) {
        curvature[f] = precision[f].clone();
        for (int h = 0; h < FEATURES; h++) {
          gradient[f] -= precision[f][h] * (weights[h] - prior[h]);
        }
      }
      for (int s = from; s < to; s++) {
        addSample((s - from) * FEATURES, clicked[s], gradient, curvature);
      }
      double[] change = solve(curvature, gradient);
      for (int f = 0; f < FEATURES; f++) {
        weights[f] += change[f];
      }
    }
    for (int f = 0; f < FEATURES; f++) {
      System.arraycopy(curvature[f], 0, precision[f], 0, FEATURES);
    }
  }

  private void addSample(int row, boolean click, double[] gradient, double[][] curvature) {
    double p = sigmoid(logit(row, weights));
    double error = (click ? 1 : 0) - p;
    double weight = p * (1 - p);
    for (int f = 0; f < FEATURES; f++) {
      double x = dayFeatures[row + f];
      gradient[f] += error * x;
      for (int h = 0; h < FEATURES; h++) {
        curvature[f][h] += weight * x * dayFeatures[row + h];
      }
    }
  }

  /// Solves `matrix · x = vector` for a symmetric positive definite matrix, by Cholesky.
  private static double[] solve(double[][] matrix, double[] vector) {
    int n = vector.length;
    double[][] lower = new double[n][n];
    double[] x = new double[n];
    for (int i = 0; i < n; i++) {
      for (int j = 0; j <= i; j++) {
        double sum = matrix[i][j];
        for (int k = 0; k < j; k++) {
          sum -= lower[i][k] * lower[j][k];
        }
        lower[i][j] = i == j ? Math.sqrt(sum) : sum / lower[j][j];
      }
      double sum = vector[i];
      for (int k = 0; k < i; k++) {
        sum -= lower[i][k] * x[k];
      }
      x[i] = sum / lower[i][i];
    }
    for (int i = n - 1; i >= 0; i--) {
      for (int k = i + 1; k < n; k++) {
        x[i] -= lower[k][i] * x[k];
      }
      x[i] /= lower[i][i];
    }
    return x;
  }
}
