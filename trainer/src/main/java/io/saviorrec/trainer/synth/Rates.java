package io.saviorrec.trainer.synth;

import io.saviorrec.trainer.data.log.ClickRate;

/// Views and clicks of items, users and users in categories, and their smoothed click rates as
/// logits.
final class Rates {
  /// A typical click rate, that the rates of the unknown are drawn to.
  static final double PRIOR = .18;

  private final int[] itemViews;
  private final int[] itemClicks;
  private final int[] userViews;
  private final int[] userClicks;
  private final int[] pairViews;
  private final int[] pairClicks;

  Rates(int items, int users) {
    itemViews = new int[items];
    itemClicks = new int[items];
    userViews = new int[users];
    userClicks = new int[users];
    pairViews = new int[users * Catalogue.CATEGORIES];
    pairClicks = new int[users * Catalogue.CATEGORIES];
  }

  void add(ClickLog log, Catalogue items, int from, int to) {
    for (int i = from; i < to; i++) {
      int clicks = log.clicked[i] ? 1 : 0;
      int pair = pair(log.user[i], items.category[log.item[i]]);
      itemViews[log.item[i]]++;
      itemClicks[log.item[i]] += clicks;
      userViews[log.user[i]]++;
      userClicks[log.user[i]] += clicks;
      pairViews[pair]++;
      pairClicks[pair] += clicks;
    }
  }

  int itemViews(int item) {
    return itemViews[item];
  }

  /// Logits relative to the prior: 0 where nothing is known.
  double item(int item) {
    return logit(ClickRate.smoothed(itemClicks[item], itemViews[item], PRIOR)) - logit(PRIOR);
  }

  double user(int user) {
    return logit(userRate(user)) - logit(PRIOR);
  }

  double userInCategory(int user, int category) {
    int pair = pair(user, category);
    double rate = userRate(user);
    return logit((pairClicks[pair] + 8 * rate) / (pairViews[pair] + 8)) - logit(rate);
  }

  static double logit(double probability) {
    return StrictMath.log(probability / (1 - probability));
  }

  static double sigmoid(double logit) {
    return 1 / (1 + StrictMath.exp(-logit));
  }

  private double userRate(int user) {
    return ClickRate.smoothed(userClicks[user], userViews[user], PRIOR);
  }

  private static int pair(int user, int category) {
    return user * Catalogue.CATEGORIES + category;
  }
}
