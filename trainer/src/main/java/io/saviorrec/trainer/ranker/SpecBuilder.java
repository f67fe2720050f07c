package io.saviorrec.trainer.ranker;

import io.saviorrec.feature.FeatureColumn;
import io.saviorrec.feature.FeatureEncoder;
import io.saviorrec.feature.FeatureSchema;
import io.saviorrec.trainer.data.log.ClickRate;
import io.saviorrec.trainer.data.log.Cuts;
import io.saviorrec.trainer.data.log.ImpressionLog;
import io.saviorrec.trainer.data.log.ItemCatalogue;
import io.saviorrec.trainer.data.log.ItemStatistics;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.UnaryOperator;

/// Reads off the training period what the ranker's shape and its buckets need.
public final class SpecBuilder {
  /// Impressions that are enough to place bucket boundaries.
  private static final int SAMPLE = 200_000;

  private static final int BASE_BUCKETS = 32;

  /// Share of validation impressions that must come from users of the training period for their IDs
  /// to be of use.
  private static final double KNOWN_USERS = 0.8;

  private final RankerConfig config;
  private final ItemCatalogue catalogue;
  private final ImpressionLog log;
  private final ItemStatistics statistics;
  private final Cuts cuts;

  public SpecBuilder(
      RankerConfig config,
      ItemCatalogue catalogue,
      ImpressionLog log,
      ItemStatistics statistics,
      Cuts cuts) {
    this.config = config;
    this.catalogue = catalogue;
    this.log = log;
    this.statistics = statistics;
    this.cuts = cuts;
  }

  /// Builds the spec for these sizes of the encoder and the quantizer.
  public RankerSpec build(int zDim, int levels, int codebookSize, FeatureSchema schema) {
    int firstPage = log.firstPageAt(cuts.warmupUntil());
    int endPage = log.firstPageAt(cuts.validationFrom());
    int from = log.pageStart[firstPage];
    int until = log.pageStart[endPage];
    long clicks = 0;
    for (int i = from; i < until; i++) {
      clicks += log.clicked[i] ? 1 : 0;
    }
    double clickRate = clicks / (double) Math.max(1, until - from);
    float[] logits = baseLogits(from, until);
    double mean = mean(logits);
    float[][] stats = statistics(firstPage, endPage, clickRate);
    float[][] numbers = numbers(stats);
    return new RankerSpec(
        zDim,
        levels,
        codebookSize,
        log.profileWidth,
        tableSize(schema.profile()),
        log.contextWidth,
        tableSize(schema.context()),
        schema.item().size(),
        tableSize(schema.item()),
        itemVocabulary(from, until),
        useUserId(firstPage, endPage) ? userVocabulary(firstPage, endPage) : new long[0],
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

  private long[] itemVocabulary(int from, int until) {
    int[] counts = new int[catalogue.size()];
    for (int i = from; i < until; i++) {
      counts[log.sampleItem[i]]++;
    }
    long[] ids = new long[catalogue.size()];
    int size = 0;
    for (int item = 0; item < counts.length; item++) {
      if (counts[item] >= config.minItemImpressions()) {
        ids[size++] = catalogue.itemId(item);
      }
    }
    return Arrays.copyOf(ids, size);
  }

  private long[] userVocabulary(int firstPage, int endPage) {
    return Arrays.stream(log.pageUser, firstPage, endPage).sorted().distinct().toArray();
  }

  private boolean useUserId(int firstPage, int endPage) {
    return switch (config.userId()) {
      case ON -> true;
      case OFF -> false;
      case AUTO -> {
        Set<Long> known = new HashSet<>();
        for (int page = firstPage; page < endPage; page++) {
          known.add(log.pageUser[page]);
        }
        int endValidation = log.firstPageAt(cuts.testFrom());
        long pages = 0;
        for (int page = endPage; page < endValidation; page++) {
          pages += known.contains(log.pageUser[page]) ? 1 : 0;
        }
        yield pages > KNOWN_USERS * (endValidation - endPage);
      }
    };
  }

  /// Each statistic of a sample of the impressions, raw, and last the smoothed click rate.
  private float[][] statistics(int firstPage, int endPage, double clickRate) {
    int samples = log.pageStart[endPage] - log.pageStart[firstPage];
    int stride = Math.max(1, samples / SAMPLE);
    float[][] values = new float[ItemStatistics.WIDTH + 1][samples / stride + 1];
    float[] stats = new float[ItemStatistics.WIDTH];
    int size = 0;
    for (int page = firstPage; page < endPage; page++) {
      for (int i = log.pageStart[page]; i < log.pageStart[page + 1]; i++) {
        if (i % stride != 0 || size == values[0].length) {
          continue;
        }
        statistics.at(log.sampleItem[i], log.pageDay[page], stats, 0);
        for (int s = 0; s < stats.length; s++) {
          values[s][size] = stats[s];
        }
        values[stats.length][size] =
            (float)
                ClickRate.smoothed(
                    stats[ItemStatistics.CLICKS], stats[ItemStatistics.PV], clickRate);
        size++;
      }
    }
    int end = size;
    return each(values, all -> Arrays.copyOf(all, end));
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

  private float[] baseLogits(int from, int until) {
    float[] logits = new float[until - from];
    int size = 0;
    for (int i = from; i < until; i++) {
      double p = log.pctrBase[i];
      if (!Double.isNaN(p)) {
        logits[size++] = (float) logit(p);
      }
    }
    return Arrays.copyOf(logits, size);
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
