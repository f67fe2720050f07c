package io.saviorrec.trainer.evaluate;

import com.fasterxml.jackson.annotation.JsonProperty;
import io.saviorrec.bundle.Bundle;
import io.saviorrec.trainer.console.UserError;
import io.saviorrec.trainer.data.DataSet;
import io.saviorrec.trainer.data.log.ImpressionLog;
import io.saviorrec.trainer.ranker.Variant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// How much of what true content leads to a model reaches, on generated data.
///
/// @param trueContent figures of a ranker on true content, made and trained like the model's
/// @param base figures of Base, from which the share is counted; null where none was given
/// @param share of the way in AUC from Base to true content that the model went; null without Base,
///   or where true content is no better than Base
public record ContentReach(
    @JsonProperty("true_content") Figures trueContent,
    @Nullable Figures base,
    @Nullable Double share) {

  /// Figures on the impressions of one period.
  public record Figures(double auc, double gauc, List<Evaluation.Bucket> buckets) {}

  /// Trains the ranker on true content and compares, on the period that the model was measured on.
  ///
  /// @throws UserError if the data has no truth, or if the other bundle cannot be compared
  public static ContentReach of(
      Bundle bundle,
      Evaluation model,
      @Nullable Bundle base,
      DataSet data,
      Split split,
      PvBuckets buckets) {
    if (base != null) {
      requireComparable(base, bundle);
    }
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
            Evaluation.buckets(
                data, log, buckets, from, predictions, RankingMetrics.labels(log, from, until)));
    if (base == null) {
      return new ContentReach(trueContent, null, null);
    }
    Evaluation measured = Evaluation.of(base, data, split, buckets);
    return new ContentReach(
        trueContent,
        new Figures(measured.auc(), measured.gauc(), measured.buckets()),
        share(model.auc(), measured.auc(), trueContent.auc()));
  }

  private static void requireComparable(Bundle base, Bundle bundle) {
    String variant = base.manifest().variant();
    if (!variant.equals(Variant.BASE.label())) {
      throw new UserError(
          base.dir() + " is of variant " + variant + "; a share is counted from variant base");
    }
    if (!base.manifest().features().equals(bundle.manifest().features())) {
      throw new UserError(
          base.dir()
              + " has other feature columns than "
              + bundle.dir()
              + "; train both on one data set");
    }
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
