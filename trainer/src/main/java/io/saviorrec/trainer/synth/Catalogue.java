package io.saviorrec.trainer.synth;

import io.saviorrec.trainer.data.log.Day;
import java.util.SplittableRandom;

/// The items of the world with their latent properties, of which pictures and titles show a part.
final class Catalogue {
  static final int CATEGORIES = 24;
  static final int THEMES = 24;
  static final int STYLES = 4;

  /// A theme has this many looks, so that items of one theme do not simply look alike.
  static final int LOOKS = 2;

  /// Variance of the appeal that pictures and titles show; the rest only clicks can tell.
  static final double VISIBLE_APPEAL = .6;

  private static final double OLD_SHARE = .4;
  private static final int OLD_DAYS = 60;
  private static final double MISSING_IMAGES = .03;

  final int size;
  final long[] id;
  final int[] category;
  final int[] theme;
  final int[] look;
  final double[][] style;
  final double[] visibleAppeal;
  final double[] hiddenAppeal;
  final long[] bornAt;
  final boolean[] hasImage;

  /// How strongly the shop promotes an item, whatever its quality.
  final double[] promotion;

  Catalogue(int size, RandomStreams streams) {
    this.size = size;
    id = ids(size, streams.of("item ids"));
    category = new int[size];
    theme = new int[size];
    look = new int[size];
    style = new double[size][STYLES];
    visibleAppeal = new double[size];
    hiddenAppeal = new double[size];
    bornAt = new long[size];
    hasImage = new boolean[size];
    promotion = new double[size];
    SplittableRandom random = streams.of("items");
    double[] categories = unequal(random, CATEGORIES);
    double[] themes = unequal(random, THEMES);
    for (int item = 0; item < size; item++) {
      category[item] = RandomStreams.pick(random, categories, CATEGORIES);
      theme[item] = RandomStreams.pick(random, themes, THEMES);
      look[item] = random.nextInt(LOOKS);
      for (int s = 0; s < STYLES; s++) {
        style[item][s] = random.nextGaussian();
      }
      visibleAppeal[item] = random.nextGaussian();
      hiddenAppeal[item] = random.nextGaussian();
      bornAt[item] = birth(random);
      hasImage[item] = random.nextDouble() >= MISSING_IMAGES;
      promotion[item] = StrictMath.exp(.8 * random.nextGaussian());
    }
  }

  /// Standard normal over the catalogue.
  double appeal(int item) {
    return Math.sqrt(VISIBLE_APPEAL) * visibleAppeal[item]
        + Math.sqrt(1 - VISIBLE_APPEAL) * hiddenAppeal[item];
  }

  private static long birth(SplittableRandom random) {
    return random.nextDouble() < OLD_SHARE
        ? SynthPreset.START - 1 - random.nextLong(OLD_DAYS * Day.SECONDS)
        : SynthPreset.START + random.nextLong(SynthPreset.DAYS * Day.SECONDS);
  }

  /// Distinct ids in an order that says nothing about the items.
  private static long[] ids(int size, SplittableRandom random) {
    long[] ids = new long[size];
    for (int i = 0; i < size; i++) {
      ids[i] = 1_000_000L + 17L * i;
    }
    for (int i = size - 1; i > 0; i--) {
      int j = random.nextInt(i + 1);
      long swapped = ids[i];
      ids[i] = ids[j];
      ids[j] = swapped;
    }
    return ids;
  }

  private static double[] unequal(SplittableRandom random, int count) {
    double[] runningSum = new double[count];
    double sum = 0;
    for (int i = 0; i < count; i++) {
      sum += StrictMath.exp(.25 * random.nextGaussian());
      runningSum[i] = sum;
    }
    return runningSum;
  }
}
