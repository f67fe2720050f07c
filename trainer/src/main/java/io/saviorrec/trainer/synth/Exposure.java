package io.saviorrec.trainer.synth;

import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;

/// What the shop shows: mostly what is popular, in all or in the categories that a user clicks, and
/// in part young items to explore.
final class Exposure {
  private static final double EXPLORE = .3;
  private static final double EXPLORE_YOUNG = .85;
  private static final int YOUNG_DAYS = 12;
  private static final double PERSONAL = .5;

  /// Clicks lose half of their weight in popularity in this many days.
  private static final double HALF_LIFE_DAYS = 4;

  /// Below 1, or the first popular items would take everything.
  private static final double POPULARITY_POWER = .8;

  private static final int TRIES = 40;

  private final Catalogue items;
  private final SplittableRandom random;
  private final double[] heat;
  private final double[][] userCategories;
  private final Set<Long> clicked = new HashSet<>();

  private int[] alive = {};
  private int[] young = {};
  private Shelf all = new Shelf(new int[0], new double[0]);
  private final Shelf[] shelves = new Shelf[Catalogue.CATEGORIES];

  /// Items to draw from, with the running sums of their weights.
  private record Shelf(int[] items, double[] runningSum) {}

  Exposure(Catalogue items, int users, RandomStreams streams) {
    this.items = items;
    random = streams.of("exposure");
    heat = new double[items.size];
    userCategories = new double[users][Catalogue.CATEGORIES];
    for (double[] row : userCategories) {
      Arrays.fill(row, .5);
    }
    for (int item = 0; item < items.size; item++) {
      boolean old = items.bornAt[item] < SynthPreset.START;
      double past = StrictMath.exp(2 + random.nextGaussian());
      heat[item] = old ? past : 0;
    }
  }

  void startDay(int day) {
    long start = SynthPreset.dayStart(day);
    long end = SynthPreset.dayStart(day + 1);
    long youngFrom = start - (long) YOUNG_DAYS * SynthPreset.DAY_SECONDS;
    alive = where(item -> items.bornAt[item] < start);
    young = where(item -> items.bornAt[item] >= youngFrom && items.bornAt[item] < end);
    double cooling = StrictMath.pow(.5, 1 / HALF_LIFE_DAYS);
    for (int item = 0; item < items.size; item++) {
      heat[item] *= cooling;
    }
    all = shelf(alive);
    for (int c = 0; c < shelves.length; c++) {
      int category = c;
      shelves[c] =
          shelf(where(item -> items.bornAt[item] < start && items.category[item] == category));
    }
  }

  /// Fills a page with distinct items, all born and none that this user has clicked before.
  void fillPage(int user, long time, int[] page) {
    for (int slot = 0; slot < page.length; slot++) {
      int item = candidate(user);
      for (int tries = 0; !fits(user, time, page, slot, item); tries++) {
        // A small world runs out of popular items for a busy user: anything old enough will do.
        item = tries < TRIES ? candidate(user) : alive[random.nextInt(alive.length)];
        if (tries > 1_000_000) {
          throw new IllegalStateException("no item is left to show to user " + user);
        }
      }
      page[slot] = item;
    }
  }

  void click(int user, int item) {
    clicked.add(key(user, item));
    heat[item]++;
    userCategories[user][items.category[item]]++;
  }

  private int candidate(int user) {
    if (random.nextDouble() < EXPLORE) {
      int[] pool = young.length > 0 && random.nextDouble() < EXPLORE_YOUNG ? young : alive;
      return pool[random.nextInt(pool.length)];
    }
    Shelf shelf = random.nextDouble() < PERSONAL ? shelves[likedCategory(user)] : all;
    if (shelf.items.length == 0) {
      shelf = all;
    }
    return shelf.items[RandomStreams.pick(random, shelf.runningSum, shelf.items.length)];
  }

  private int likedCategory(int user) {
    double[] weights = userCategories[user];
    double sum = 0;
    for (double weight : weights) {
      sum += weight;
    }
    double target = random.nextDouble() * sum;
    int category = 0;
    while (category < weights.length - 1 && target >= weights[category]) {
      target -= weights[category++];
    }
    return category;
  }

  private boolean fits(int user, long time, int[] page, int filled, int item) {
    if (items.bornAt[item] >= time || clicked.contains(key(user, item))) {
      return false;
    }
    for (int slot = 0; slot < filled; slot++) {
      if (page[slot] == item) {
        return false;
      }
    }
    return true;
  }

  private Shelf shelf(int[] members) {
    double[] runningSum = new double[members.length];
    double sum = 0;
    for (int i = 0; i < members.length; i++) {
      sum += items.promotion[members[i]] * StrictMath.pow(1 + heat[members[i]], POPULARITY_POWER);
      runningSum[i] = sum;
    }
    return new Shelf(members, runningSum);
  }

  private int[] where(IntPredicate condition) {
    return IntStream.range(0, items.size).filter(condition).toArray();
  }

  private long key(int user, int item) {
    return (long) user * items.size + item;
  }
}
