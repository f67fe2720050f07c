package io.saviorrec.trainer.synth;

import java.util.SplittableRandom;

/// The users of the world: tastes that drift from day to day, and what their profiles tell of them.
final class Population {
  static final int LIKED_CATEGORIES = 4;
  static final int LIKED_THEMES = 3;
  static final int REGIONS = 8;
  static final String[] AGE_BANDS = {"18-24", "25-34", "35-44", "45-54", "55-64", "65+"};
  static final String[] DEVICES = {"phone", "tablet", "desktop"};

  private static final double CATEGORY_DRIFT = .02;
  private static final double THEME_DRIFT = .04;

  /// Share of the variance of a user's generosity that the age band explains, as a correlation.
  private static final double AGE_CORRELATION = .3;

  private static final double REGIONAL_TASTE = .3;
  private static final double[] DEVICE_EFFECT = {0, .1, -.15};

  final int size;
  final long[] id;
  final int[][] categories;
  final int[][] themes;

  /// Unit vectors.
  final double[][] style;

  final double[] generosity;
  final int[] ageBand;
  final int[] region;
  final int[] usualDevice;

  /// Running sums of how often a user comes, to draw visitors from.
  final double[] activity;

  private final SplittableRandom drift;

  Population(int size, RandomStreams streams) {
    this.size = size;
    id = new long[size];
    categories = new int[size][];
    themes = new int[size][];
    style = new double[size][];
    generosity = new double[size];
    ageBand = new int[size];
    region = new int[size];
    usualDevice = new int[size];
    activity = new double[size];
    drift = streams.of("drift");
    SplittableRandom random = streams.of("users");
    double sum = 0;
    for (int user = 0; user < size; user++) {
      id[user] = 10_001L + user;
      ageBand[user] = random.nextInt(AGE_BANDS.length);
      region[user] = random.nextInt(REGIONS);
      usualDevice[user] = random.nextDouble() < .7 ? 0 : 1 + random.nextInt(2);
      categories[user] = RandomStreams.distinct(random, LIKED_CATEGORIES, Catalogue.CATEGORIES);
      followRegion(user, random.nextDouble());
      themes[user] = RandomStreams.distinct(random, LIKED_THEMES, Catalogue.THEMES);
      style[user] = direction(random);
      // Bands are uniform on 0..5: mean 2.5, standard deviation 1.708.
      generosity[user] =
          AGE_CORRELATION * (ageBand[user] - 2.5) / 1.708
              + Math.sqrt(1 - AGE_CORRELATION * AGE_CORRELATION) * random.nextGaussian();
      sum += StrictMath.exp(.7 * random.nextGaussian());
      activity[user] = sum;
    }
  }

  /// Moves a few users' tastes; called once at the start of each day.
  void driftOneDay() {
    for (int user = 0; user < size; user++) {
      if (drift.nextDouble() < CATEGORY_DRIFT) {
        replaceOne(categories[user], Catalogue.CATEGORIES);
      }
      if (drift.nextDouble() < THEME_DRIFT) {
        replaceOne(themes[user], Catalogue.THEMES);
      }
    }
  }

  /// What draws this user to this item now: taste and appeal, in logits.
  double affinity(int user, Catalogue items, int item) {
    double match = 0;
    for (int s = 0; s < Catalogue.STYLES; s++) {
      match += style[user][s] * items.style[item][s];
    }
    return 1.2 * (contains(categories[user], items.category[item]) ? 1 : 0)
        + 2.2 * (contains(themes[user], items.theme[item]) ? 1 : 0)
        + .7 * match
        + .8 * items.appeal(item);
  }

  double clickLogit(int user, double affinity, int device) {
    return -2.8 + affinity + .4 * generosity[user] + DEVICE_EFFECT[device];
  }

  private void replaceOne(int[] liked, int bound) {
    liked[drift.nextInt(liked.length)] = RandomStreams.other(drift, liked, liked.length, bound);
  }

  /// Some users share their region's favourite category.
  private void followRegion(int user, double uniform) {
    int favourite = 3 * region[user];
    if (uniform < REGIONAL_TASTE && !contains(categories[user], favourite)) {
      categories[user][0] = favourite;
    }
  }

  private static double[] direction(SplittableRandom random) {
    double[] vector = new double[Catalogue.STYLES];
    double squares = 0;
    for (int s = 0; s < vector.length; s++) {
      vector[s] = random.nextGaussian();
      squares += vector[s] * vector[s];
    }
    for (int s = 0; s < vector.length; s++) {
      vector[s] /= Math.sqrt(squares);
    }
    return vector;
  }

  private static boolean contains(int[] values, int wanted) {
    for (int value : values) {
      if (value == wanted) {
        return true;
      }
    }
    return false;
  }
}
