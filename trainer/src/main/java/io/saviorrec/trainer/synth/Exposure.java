package io.saviorrec.trainer.synth;

import io.saviorrec.trainer.console.UserError;
import io.saviorrec.trainer.data.log.Day;
import java.util.HashSet;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;

/// What the shop shows: mostly what is popular, in all, in a category that the user clicks or in
/// the themed collection that the page is about, and in part young items to explore.
final class Exposure {
  private static final double EXPLORE = .3;
  private static final double EXPLORE_YOUNG = .85;
  private static final int YOUNG_DAYS = 12;

  /// Shares of the other slots: from a category that the user clicks, from the page's collection.
  private static final double FROM_CATEGORY = .33;

  private static final double FROM_COLLECTION = .33;

  /// Clicks lose half of their weight in popularity in this many days.
  private static final double HALF_LIFE_DAYS = 4;

  /// Below 1, or the first popular items would take everything.
  private static final double POPULARITY_POWER = .8;

  private static final int TRIES = 40;

  private final Catalogue items;
  private final SplittableRandom random;
  private final double[] heat;
  private final double[][] userCategories;
  private final double[][] userThemes;
  private final Set<Long> clicked = new HashSet<>();

  private int[] alive = {};
  private int[] young = {};
  private Shelf all = new Shelf(new int[0], new double[0]);
  private final Shelf[] categories = new Shelf[Catalogue.CATEGORIES];
  private final Shelf[] collections = new Shelf[Catalogue.THEMES];

  /// Items to draw from, with the running sums of their weights.
  private record Shelf(int[] items, double[] runningSum) {}

  Exposure(Catalogue items, int users, RandomStreams streams) {
    this.items = items;
    random = streams.of("exposure");
    heat = new double[items.size];
    userCategories = new double[users][Catalogue.CATEGORIES];
    userThemes = new double[users][Catalogue.THEMES];
    for (int item = 0; item < items.size; item++) {
      boolean old = items.bornAt[item] < SynthPreset.START;
      double past = StrictMath.exp(2 + random.nextGaussian());
      heat[item] = old ? past : 0;
    }
  }

  void startDay(int day) {
    long start = SynthPreset.dayStart(day);
    long end = SynthPreset.dayStart(day + 1);
    long youngFrom = start - YOUNG_DAYS * Day.SECONDS;
    alive = where(item -> items.bornAt[item] < start);
    young = where(item -> items.bornAt[item] >= youngFrom && items.bornAt[item] < end);
    double cooling = StrictMath.pow(.5, 1 / HALF_LIFE_DAYS);
    for (int item = 0; item < items.size; item++) {
      heat[item] *= cooling;
    }
    all = shelf(alive);
    for (int c = 0; c < categories.length; c++) {
      int category = c;
      categories[c] = shelf(where(i -> items.bornAt[i] < start && items.category[i] == category));
    }
    for (int t = 0; t < collections.length; t++) {
      int theme = t;
      collections[t] = shelf(where(i -> items.bornAt[i] < start && items.theme[i] == theme));
    }
  }

  /// Fills a page with distinct items, all born and none that this user has clicked before.
  void fillPage(int user, long time, int[] page) {
    int collection = favourite(userThemes[user]);
    for (int slot = 0; slot < page.length; slot++) {
      int item = candidate(user, collection);
      for (int tries = 0; !fits(user, time, page, slot, item); tries++) {
        // A small world runs out of popular items for a busy user: anything old enough will do.
        item = tries < TRIES ? candidate(user, collection) : alive[random.nextInt(alive.length)];
        if (tries > 1_000_000) {
          throw new UserError(
              "no item is left that user "
                  + user
                  + " has not clicked; ask for more items, more users or fewer impressions");
        }
      }
      page[slot] = item;
    }
  }

  void click(int user, int item) {
    clicked.add(key(user, item));
    heat[item]++;
    userCategories[user][items.category[item]]++;
    userThemes[user][items.theme[item]]++;
  }

  private int candidate(int user, int collection) {
    if (random.nextDouble() < EXPLORE) {
      int[] pool = young.length > 0 && random.nextDouble() < EXPLORE_YOUNG ? young : alive;
      return pool[random.nextInt(pool.length)];
    }
    double uniform = random.nextDouble();
    Shelf shelf =
        uniform < FROM_CATEGORY
            ? categories[favourite(userCategories[user])]
            : uniform < FROM_CATEGORY + FROM_COLLECTION ? collections[collection] : all;
    if (shelf.items.length == 0) {
      shelf = all;
    }
    return shelf.items[RandomStreams.pick(random, shelf.runningSum, shelf.items.length)];
  }

  /// Drawn by the square of the clicks, so that a user's few favourites stand out.
  private int favourite(double[] clicks) {
    double[] runningSum = new double[clicks.length];
    double sum = 0;
    for (int i = 0; i < clicks.length; i++) {
      sum += (clicks[i] + .5) * (clicks[i] + .5);
      runningSum[i] = sum;
    }
    return RandomStreams.pick(random, runningSum, runningSum.length);
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
