package io.saviorrec.trainer.evaluate;

import com.fasterxml.jackson.annotation.JsonProperty;
import io.saviorrec.bundle.Bundle;
import io.saviorrec.trainer.console.UserError;
import io.saviorrec.trainer.data.DataSet;
import io.saviorrec.trainer.data.log.ImpressionLog;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// How much of what true content leads to a model reaches, on generated data.
///
/// @param trueContent figures of a ranker on true content, made and trained like the model's
/// @param base figures of another bundle, Base for one, from which the share is counted; null where
///   none was given
/// @param share of the way in AUC from there to true content that the model went; null without the
///   other bundle, or where true content is no better
public record ContentReach(
    @JsonProperty("true_content") Figures trueContent,
    @Nullable Figures base,
    @Nullable Double share) {

  /// Figures on the impressions of one period.
  public record Figures(double auc, double gauc, List<Evaluation.Bucket> buckets) {}

  /// Trains the ranker on true content and compares, on the period that the model was measured on.
  ///
  /// @param base what was measured of the other bundle, on the same period and buckets
  /// @throws UserError if the data has no truth
  public static ContentReach of(
      Bundle bundle,
      Evaluation model,
      @Nullable Evaluation base,
      DataSet data,
      Split split,
      PvBuckets buckets) {
    ContentReference reference = ContentReference.like(bundle, data);
    long from = split.from(data.cuts());
    long until = split.until(data.cuts());
    ImpressionLog log = data.stored().sample(from, until);
    float[] predictions = reference.predict(log, from, until);
    RankingMetrics metrics = RankingMetrics.of(log, from, until, predictions);
    Figures trueContent =
        new Figures(
            metrics.auc(),
            metrics.gauc(),
            Evaluation.buckets(data, log, buckets, from, until, predictions));
    if (base == null) {
      return new ContentReach(trueContent, null, null);
    }
    return new ContentReach(
        trueContent,
        new Figures(base.auc(), base.gauc(), base.buckets()),
        share(model.auc(), base.auc(), trueContent.auc()));
  }

  /// The share of the way from one figure to another, null where it leads nowhere.
  public static @Nullable Double share(
      @Nullable Double model, @Nullable Double base, @Nullable Double trueContent) {
    if (model == null || base == null || trueContent == null || !(trueContent > base)) {
      return null;
    }
    return (model - base) / (trueContent - base);
  }
}
