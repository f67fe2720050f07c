package io.saviorrec.trainer.evaluate;

import com.fasterxml.jackson.annotation.JsonProperty;
import io.saviorrec.trainer.console.Progress;
import io.saviorrec.trainer.console.UserError;
import io.saviorrec.trainer.data.DataSet;
import io.saviorrec.trainer.data.log.ImpressionLog;
import io.saviorrec.trainer.metric.DeLong;
import io.saviorrec.trainer.metric.Difference;
import io.saviorrec.trainer.metric.UserBootstrap;
import java.util.ArrayList;
import java.util.List;

/// Two bundles side by side on the impressions of one period, with intervals and p-values by a
/// bootstrap over users.
///
/// @param resamples how often users were drawn
/// @param other the other bundle's figures
/// @param deLong the difference in AUC by DeLong's test, which takes impressions for independent
public record Comparison(
    int resamples,
    Difference auc,
    Difference gauc,
    List<Bucket> buckets,
    Evaluation other,
    @JsonProperty("delong") DeLong.Result deLong) {
  private static final int RESAMPLES = 1_000;
  private static final long SEED = 1;

  /// Impressions of items with a certain number of page views before the period.
  public record Bucket(String name, long samples, Difference auc) {}

  /// Compares what was measured of two bundles.
  ///
  /// @param data the data set that both were measured on
  /// @throws UserError if they were not measured on the same impressions
  public static Comparison of(
      Evaluation.Measured one,
      Evaluation.Measured other,
      DataSet data,
      Split split,
      PvBuckets buckets) {
    if (one.predictions().length != other.predictions().length) {
      throw new UserError(
          "the two bundles were measured on "
              + one.predictions().length
              + " and "
              + other.predictions().length
              + " impressions, which cannot be compared");
    }
    long from = split.from(data.cuts());
    long until = split.until(data.cuts());
    ImpressionLog log = data.stored().sample(from, until);
    UserBootstrap bootstrap =
        new UserBootstrap(
            one.predictions(),
            other.predictions(),
            RankingMetrics.labels(log, from, until),
            RankingMetrics.users(log, from, until),
            RESAMPLES,
            SEED);
    int[] bucketOf = Evaluation.bucketOf(data, log, buckets, from);
    List<String> names = buckets.names();
    List<Bucket> compared = new ArrayList<>();
    try (Progress progress = Progress.start("drawing users", names.size() + 2L)) {
      Difference auc = bootstrap.auc(_ -> true);
      progress.step(Double.NaN);
      Difference gauc = bootstrap.gauc();
      progress.step(Double.NaN);
      for (int b = 0; b < names.size(); b++) {
        int bucket = b;
        compared.add(
            new Bucket(
                names.get(b),
                one.evaluation().buckets().get(b).samples(),
                bootstrap.auc(i -> bucketOf[i] == bucket)));
        progress.step(Double.NaN);
      }
      return new Comparison(
          RESAMPLES,
          auc,
          gauc,
          compared,
          other.evaluation(),
          DeLong.of(
              one.predictions(), other.predictions(), RankingMetrics.labels(log, from, until)));
    }
  }
}
