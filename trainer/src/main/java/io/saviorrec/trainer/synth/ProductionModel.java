package io.saviorrec.trainer.synth;

import java.util.SplittableRandom;

/// The shop's present ranker, whose score the log carries as `pctr_base`: a logistic regression on
/// click rates, refitted every night on the days before.
///
/// Beside the rates it sees the true affinity weakly and through noise, the more the longer an item
/// has been shown: it stands for all that a production model with many features knows of popular
/// items and cannot know of new ones.
final class ProductionModel {
  private static final int WIDTH = 5;
  private static final int WINDOW_DAYS = 4;

  /// Views at which half of an item's affinity comes through.
  private static final double TRUST_VIEWS = 150;

  /// Standard deviation of the noise on the affinity, whose own is about 1.3.
  private static final double AFFINITY_NOISE = 3;

  private final Catalogue items;
  private final Rates rates;
  private final SplittableRandom noise;
  private final LogisticRegression regression =
      new LogisticRegression(Rates.logit(Rates.PRIOR), .8, .8, .8, .3);
  private final double[] features;
  private final int dayRows;
  private final double[] row = new double[WIDTH];

  ProductionModel(Catalogue items, int users, int dayRows, RandomStreams streams) {
    this.items = items;
    this.dayRows = dayRows;
    rates = new Rates(items.size, users);
    noise = streams.of("production model");
    features = new double[WINDOW_DAYS * dayRows * WIDTH];
  }

  /// The predicted click rate, from counts up to the end of the day before.
  double predict(int user, int item, double affinity, int logRow) {
    double views = rates.itemViews(item);
    double trust = views / (views + TRUST_VIEWS);
    row[0] = 1;
    row[1] = rates.item(item);
    row[2] = rates.user(user);
    row[3] = rates.userInCategory(user, items.category[item]);
    row[4] = trust * (affinity + AFFINITY_NOISE * noise.nextGaussian());
    System.arraycopy(row, 0, features, slot(logRow) * WIDTH, WIDTH);
    return Rates.sigmoid(regression.logit(row, 0));
  }

  /// Counts a day's impressions and refits on the last days.
  void endDay(ClickLog log, int from, int to) {
    rates.add(log, items, from, to);
    int first = Math.max(0, to - WINDOW_DAYS * dayRows);
    boolean[] labels = new boolean[to - first];
    for (int i = first; i < to; i++) {
      labels[slot(i)] = log.clicked[i];
    }
    regression.fit(features, labels, to - first);
  }

  private int slot(int logRow) {
    return logRow % (WINDOW_DAYS * dayRows);
  }
}
