package io.saviorrec.trainer.ranker;

import io.saviorrec.feature.FeatureColumn;
import io.saviorrec.feature.FeatureEncoder;
import io.saviorrec.feature.FeatureSchema;
import io.saviorrec.trainer.data.log.ClickRate;
import io.saviorrec.trainer.data.log.Cuts;
import io.saviorrec.trainer.data.log.ImpressionLog;
import io.saviorrec.trainer.data.log.ItemCatalogue;
import io.saviorrec.trainer.data.log.ItemStatistics;
import io.saviorrec.trainer.data.log.StoredLog;
import io.saviorrec.trainer.data.log.TrainingInput;
import java.util.Arrays;
import java.util.List;
import java.util.function.UnaryOperator;

/// Reads off the training period what the ranker's shape and its buckets need, shard by shard.
public final class SpecBuilder {
  /// Impressions that are enough to place bucket boundaries of statistics.
  private static final int STATS_SAMPLE = 200_000;

  /// Impressions that are enough for the mean and the boundaries of the base model's logits.
  private static final int BASE_SAMPLE = 1 << 20;

  private static final int BASE_BUCKETS = 32;

  /// Share of validation impressions that must come from users of the training period for their IDs
  /// to be of use.
  private static final double KNOWN_USERS = 0.8;

  private final RankerConfig config;
  private final ItemCatalogue catalogue;
  private final TrainingInput input;
  private final StoredLog log;
  private final ItemStatistics statistics;
  private final Cuts cuts;

  /// @param input the training period
  /// @param log all periods
  public SpecBuilder(
      RankerConfig config,
      ItemCatalogue catalogue,
      TrainingInput input,
      StoredLog log,
      ItemStatistics statistics,
      Cuts cuts) {
    this.config = config;
    this.catalogue = catalogue;
    this.input = input;
    this.log = log;
    this.statistics = statistics;
    this.cuts = cuts;
  }

  /// Builds the spec for these sizes of the encoder and the quantizer.
  public RankerSpec build(int zDim, int levels, int codebookSize, FeatureSchema schema) {
    double clickRate =
        log.clicks(cuts.warmupUntil(), cuts.validationFrom())
            / (double) Math.max(1, input.impressions());
    Survey survey = new Survey(clickRate);
    for (int shard = 0; shard < input.shards(); shard++) {
      survey.take(input.shard(shard));
    }
    float[] logits = survey.baseLogits();
    double mean = mean(logits);
    float[][] stats = survey.statistics();
    float[][] numbers = numbers(stats);
    return new RankerSpec(
        zDim,
        levels,
        codebookSize,
        schema.profile().size(),
        tableSize(schema.profile()),
        schema.context().size(),
        tableSize(schema.context()),
        schema.item().size(),
        tableSize(schema.item()),
        survey.itemVocabulary(),
        useUserId(survey.users) ? survey.users : new long[0],
        each(stats, values -> quantiles(values, config.statBuckets() - 1)),
        means(numbers),
        deviations(numbers),
        quantiles(logits, BASE_BUCKETS - 1),
        mean,
        deviation(logits, mean),
        clickRate);
  }

  /// Rows that the columns share.
  private static int tableSize(List<FeatureColumn> columns) {
    return Math.toIntExact(new FeatureEncoder(columns).tableSize());
  }

  /// @param known users of the training period, ascending
  private boolean useUserId(long[] known) {
    return switch (config.userId()) {
      case ON -> true;
      case OFF -> false;
      case AUTO -> {
        long[] users = log.sample(cuts.validationFrom(), cuts.testFrom()).pageUser;
        long pages =
            Arrays.stream(users).filter(user -> Arrays.binarySearch(known, user) >= 0).count();
        yield pages > KNOWN_USERS * users.length;
      }
    };
  }

  /// What one pass over the shards gathers.
  private final class Survey {
    private final double clickRate;
    private final int[] shown = new int[catalogue.size()];
    private final long statsStride = Math.max(1, input.impressions() / STATS_SAMPLE);
    private final long baseStride = Math.max(1, input.impressions() / BASE_SAMPLE);
    private final float[][] stats =
        new float[ItemStatistics.WIDTH + 1]
            [Math.toIntExact((input.impressions() + statsStride - 1) / statsStride)];
    private final float[] logits =
        new float[Math.toIntExact((input.impressions() + baseStride - 1) / baseStride)];
    private final float[] row = new float[ItemStatistics.WIDTH];
    private long[] users = new long[0];
    private long impressions;
    private int statsSize;
    private int logitsSize;

    Survey(double clickRate) {
      this.clickRate = clickRate;
    }

    void take(ImpressionLog part) {
      users = union(users, part.pageUser);
      for (int page = 0; page < part.pages(); page++) {
        for (int i = part.pageStart[page]; i < part.pageStart[page + 1]; i++) {
          shown[part.sampleItem[i]]++;
          if (impressions % statsStride == 0) {
            addStats(part.sampleItem[i], part.pageDay[page]);
          }
          if (impressions % baseStride == 0) {
            addBase(part.pctrBase[i]);
          }
          impressions++;
        }
      }
    }

    private void addStats(int item, int day) {
      statistics.at(item, day, row, 0);
      for (int s = 0; s < row.length; s++) {
        stats[s][statsSize] = row[s];
      }
      stats[row.length][statsSize++] =
          (float) ClickRate.smoothed(row[ItemStatistics.CLICKS], row[ItemStatistics.PV], clickRate);
    }

    private void addBase(float base) {
      if (!Float.isNaN(base)) {
        logits[logitsSize++] = (float) logit(base);
      }
    }

    long[] itemVocabulary() {
      long[] ids = new long[shown.length];
      int size = 0;
      for (int item = 0; item < shown.length; item++) {
        if (shown[item] >= config.minItemImpressions()) {
          ids[size++] = catalogue.itemId(item);
        }
      }
      return Arrays.copyOf(ids, size);
    }

    /// Each statistic of a sample of the impressions, raw, and last the smoothed click rate.
    float[][] statistics() {
      return each(stats, all -> Arrays.copyOf(all, statsSize));
    }

    float[] baseLogits() {
      return Arrays.copyOf(logits, logitsSize);
    }
  }

  /// What the ranker standardises: the same on scales on which they are spread.
  private static float[][] numbers(float[][] stats) {
    float[][] numbers = new float[stats.length][];
    for (int s = 0; s < stats.length; s++) {
      numbers[s] = new float[stats[s].length];
      for (int i = 0; i < stats[s].length; i++) {
        numbers[s][i] =
            (float) (s < ItemStatistics.WIDTH ? Math.log1p(stats[s][i]) : logit(stats[s][i]));
      }
    }
    return numbers;
  }

  private static float[][] each(float[][] rows, UnaryOperator<float[]> operator) {
    return Arrays.stream(rows).map(operator).toArray(float[][]::new);
  }

  private static float[] means(float[][] rows) {
    float[] means = new float[rows.length];
    for (int i = 0; i < rows.length; i++) {
      means[i] = (float) mean(rows[i]);
    }
    return means;
  }

  private static float[] deviations(float[][] rows) {
    float[] deviations = new float[rows.length];
    for (int i = 0; i < rows.length; i++) {
      deviations[i] = (float) deviation(rows[i], mean(rows[i]));
    }
    return deviations;
  }

  /// The distinct numbers of both, ascending.
  private static long[] union(long[] ascending, long[] others) {
    long[] all = Arrays.copyOf(ascending, ascending.length + others.length);
    System.arraycopy(others, 0, all, ascending.length, others.length);
    Arrays.sort(all);
    int size = 0;
    for (int i = 0; i < all.length; i++) {
      if (i == 0 || all[i] != all[i - 1]) {
        all[size++] = all[i];
      }
    }
    return Arrays.copyOf(all, size);
  }

  private static double logit(double p) {
    double clipped = Math.clamp(p, 1e-6, 1 - 1e-6);
    return Math.log(clipped) - Math.log1p(-clipped);
  }

  private static double mean(float[] values) {
    double sum = 0;
    for (float value : values) {
      sum += value;
    }
    return values.length == 0 ? 0 : sum / values.length;
  }

  /// Never below a small floor, since it divides.
  private static double deviation(float[] values, double mean) {
    double sum = 0;
    for (float value : values) {
      sum += (value - mean) * (value - mean);
    }
    return values.length == 0 ? 1 : Math.max(1e-3, Math.sqrt(sum / values.length));
  }

  /// `count` ascending boundaries at equal shares of the values; zeros where there are no values.
  static float[] quantiles(float[] values, int count) {
    float[] sorted = values.clone();
    Arrays.sort(sorted);
    float[] boundaries = new float[count];
    for (int i = 0; i < count && sorted.length > 0; i++) {
      boundaries[i] = sorted[(int) ((i + 1L) * sorted.length / (count + 1))];
    }
    return boundaries;
  }
}
