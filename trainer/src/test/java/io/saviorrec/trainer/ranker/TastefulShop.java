package io.saviorrec.trainer.ranker;

import io.saviorrec.bundle.FloatRows;
import io.saviorrec.trainer.data.DataSet;
import io.saviorrec.trainer.data.log.ClickRate;
import io.saviorrec.trainer.data.log.ItemStatistics;
import io.saviorrec.trainer.data.log.TrainingInput;
import io.saviorrec.trainer.metric.Auc;
import io.saviorrec.trainer.metric.Calibration;
import io.saviorrec.trainer.train.Preset;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;

/// A small log with a rule that a ranker can learn. Every item has one of four themes, which its z
/// and its codes show, and every user likes one theme, which only the history shows; besides, some
/// items are liked by everybody.
public final class TastefulShop {
  public static final int THEMES = 4;
  public static final int ITEMS = 24;
  private static final int USERS = 80;
  private static final int DAYS = 30;
  private static final int PAGE = 6;
  private static final int Z_DIM = 8;
  private static final int LEVELS = 2;
  private static final int CODES = THEMES;
  private static final long DAY = 86_400;

  final DataSet data;
  final ItemFeatures items;

  private TastefulShop(DataSet data, ItemFeatures items) {
    this.data = data;
    this.items = items;
  }

  static TastefulShop in(Path folder) throws IOException {
    Random random = new Random(1);
    float[] z = new float[ITEMS * Z_DIM];
    int[] codes = new int[ITEMS * LEVELS];
    for (int item = 0; item < ITEMS; item++) {
      double square = 0;
      for (int d = 0; d < Z_DIM; d++) {
        float value = (d % THEMES == theme(item) ? 1 : 0) + 0.3f * (float) random.nextGaussian();
        z[item * Z_DIM + d] = value;
        square += value * value;
      }
      for (int d = 0; d < Z_DIM; d++) {
        z[item * Z_DIM + d] /= (float) Math.sqrt(square);
      }
      codes[item * LEVELS] = theme(item);
      codes[item * LEVELS + 1] = random.nextInt(CODES);
    }
    write(folder, random);
    DataSet data = DataSet.open(folder);
    return new TastefulShop(
        data,
        new ItemFeatures(
            data.items(), data.schema(), FloatRows.of(z, Z_DIM), codes, LEVELS, CODES));
  }

  /// Writes the shop's data set into a folder that exists, without z and codes.
  public static void write(Path folder, Random random) throws IOException {
    StringBuilder items = new StringBuilder("item_id,title,image,category\n");
    for (int item = 0; item < ITEMS; item++) {
      items.append("%d,thing,,things%n".formatted(item));
    }
    Files.writeString(folder.resolve("items.csv"), items);
    Files.writeString(folder.resolve("impressions.csv"), impressions(random));
    Files.writeString(
        folder.resolve("dataset.json"),
        """
        {"name": "tasteful", "validation_from": %d, "test_from": %d}"""
            .formatted((1000 + 22) * DAY, (1000 + 28) * DAY));
  }

  /// The theme of the item with this id.
  public static int theme(int item) {
    return item % THEMES;
  }

  private static String impressions(Random random) {
    StringBuilder rows = new StringBuilder("user_id,item_id,timestamp,clicked\n");
    for (int day = 0; day < DAYS; day++) {
      for (int user = 0; user < USERS; user++) {
        int first = random.nextInt(ITEMS);
        for (int i = 0; i < PAGE; i++) {
          int item = (first + 5 * i) % ITEMS;
          double chance =
              sigmoid(-2.5 + (theme(item) == user % THEMES ? 4 : 0) + (item % 8 < 4 ? 1.5 : -1.5));
          rows.append(
              "%d,%d,%d,%d%n"
                  .formatted(
                      user, item, (1000 + day) * DAY + user, random.nextDouble() < chance ? 1 : 0));
        }
      }
    }
    return rows.toString();
  }

  private static double sigmoid(double logit) {
    return 1 / (1 + Math.exp(-logit));
  }

  RankerSpec spec(RankerConfig config) {
    try (TrainingInput input = data.trainingInput()) {
      return new SpecBuilder(
              config, data.items(), input, data.stored(), data.statistics(), data.cuts())
          .build(Z_DIM, LEVELS, CODES, data.schema());
    }
  }

  RankerTrainer.Summary train(Ranker ranker) {
    try (TrainingInput input = data.trainingInput()) {
      return new RankerTrainer(ranker, items, input, data.statistics()).train(1);
    }
  }

  /// AUC on the days after the training period.
  double validationAuc(Ranker ranker) {
    return Auc.of(
        predictions(ranker, data.cuts().validationFrom(), data.cuts().testFrom()),
        labels(data.cuts().validationFrom(), data.cuts().testFrom()));
  }

  /// AUC of the items' smoothed click rates of the days before, on the same days.
  double itemRateAuc() {
    var log = data.log();
    int first = log.firstPageAt(data.cuts().validationFrom());
    int end = log.firstPageAt(data.cuts().testFrom());
    float[] rates = new float[log.pageStart[end] - log.pageStart[first]];
    float[] stats = new float[ItemStatistics.WIDTH];
    double prior = spec(Preset.TINY.config().ranker()).clickRate();
    int at = 0;
    for (int page = first; page < end; page++) {
      for (int i = log.pageStart[page]; i < log.pageStart[page + 1]; i++) {
        data.statistics().at(log.sampleItem[i], log.pageDay[page], stats, 0);
        rates[at++] =
            (float)
                ClickRate.smoothed(stats[ItemStatistics.CLICKS], stats[ItemStatistics.PV], prior);
      }
    }
    return Auc.of(rates, labels(data.cuts().validationFrom(), data.cuts().testFrom()));
  }

  /// Mean cross-entropy on the training period.
  double trainingLoss(Ranker ranker) {
    return Calibration.logLoss(
        predictions(ranker, data.cuts().warmupUntil(), data.cuts().validationFrom()),
        labels(data.cuts().warmupUntil(), data.cuts().validationFrom()));
  }

  private float[] predictions(Ranker ranker, long from, long until) {
    return new Predictor(
            ranker.module(), ranker.config().historyLength(), items, data.log(), data.statistics())
        .predict(from, until);
  }

  private boolean[] labels(long from, long until) {
    var log = data.log();
    return Arrays.copyOfRange(
        log.clicked, log.pageStart[log.firstPageAt(from)], log.pageStart[log.firstPageAt(until)]);
  }
}
