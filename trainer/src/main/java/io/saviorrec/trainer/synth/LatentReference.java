package io.saviorrec.trainer.synth;

import java.util.Arrays;

/// What a model could reach that read the latent properties of the candidate and of the user's last
/// clicks without error: a logistic regression on how they match, beside the known click rates.
///
/// It is no upper bound of every model (profiles, longer histories and impressions without a click
/// tell more), but shows how much the content has to say beyond `pctr_base`.
final class LatentReference {
  private static final int HISTORY = 30;
  private static final int WIDTH = 12;

  private final Catalogue items;
  private final ClickLog log;
  private final Rates rates;
  private final boolean visibleOnly;
  private final int[][] history;
  private final int[] clicks;

  LatentReference(Catalogue items, int users, ClickLog log, boolean visibleOnly) {
    this.items = items;
    this.log = log;
    this.visibleOnly = visibleOnly;
    rates = new Rates(items.size, users);
    history = new int[users][HISTORY];
    clicks = new int[users];
  }

  /// Logits of the rows in [from, end of log), at their row's index; fitted on the rows after
  /// warm-up and before the test period.
  double[] scores() {
    int trainFrom = log.firstAt(SynthPreset.warmupUntil());
    int testFrom = log.firstAt(SynthPreset.testFrom());
    int kept = log.size() - trainFrom;
    double[] features = new double[kept * WIDTH];
    int dayFrom = 0;
    int row = 0;
    while (row < log.size()) {
      int pageEnd = row + SynthPreset.PAGE_SIZE;
      if (SynthPreset.dayOf(log.time[row]) != SynthPreset.dayOf(log.time[dayFrom])) {
        rates.add(log, items, dayFrom, row);
        dayFrom = row;
      }
      for (int i = Math.max(row, trainFrom); i < pageEnd; i++) {
        describe(i, features, (i - trainFrom) * WIDTH);
      }
      for (int i = row; i < pageEnd; i++) {
        remember(i);
      }
      row = pageEnd;
    }
    LogisticRegression regression = new LogisticRegression(new double[WIDTH]);
    regression.fit(
        features, Arrays.copyOfRange(log.clicked, trainFrom, testFrom), testFrom - trainFrom);
    double[] scores = new double[log.size()];
    for (int i = testFrom; i < log.size(); i++) {
      scores[i] = regression.logit(features, (i - trainFrom) * WIDTH);
    }
    return scores;
  }

  private void remember(int row) {
    if (log.clicked[row]) {
      int user = log.user[row];
      history[user][clicks[user]++ % HISTORY] = log.item[row];
    }
  }

  private void describe(int row, double[] out, int at) {
    int user = log.user[row];
    int item = log.item[row];
    int length = Math.min(HISTORY, clicks[user]);
    double sameCategory = 0;
    double sameTheme = 0;
    double style = 0;
    for (int h = 0; h < length; h++) {
      int past = history[user][h];
      sameCategory += items.category[past] == items.category[item] ? 1 : 0;
      sameTheme += items.theme[past] == items.theme[item] ? 1 : 0;
      for (int s = 0; s < Catalogue.STYLES; s++) {
        style += items.style[past][s] * items.style[item][s];
      }
    }
    double appeal = visibleOnly ? items.visibleAppeal[item] : items.appeal(item);
    double unknown = 1 / (1 + rates.itemViews(item) / 30.0);
    double[] features = {
      1,
      Rates.logit(log.pctrBase[row]),
      rates.item(item),
      rates.user(user),
      Math.log1p(sameCategory),
      sameCategory / (length + 5),
      Math.log1p(sameTheme),
      sameTheme / (length + 5),
      style / (length + 5),
      appeal,
      appeal * unknown,
      unknown
    };
    System.arraycopy(features, 0, out, at, WIDTH);
  }
}
