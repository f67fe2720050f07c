package io.saviorrec.trainer.cli;

import io.saviorrec.bundle.Manifest;
import io.saviorrec.trainer.evaluate.ContentReach;
import io.saviorrec.trainer.evaluate.Evaluation;
import io.saviorrec.trainer.evaluate.Evaluation.Bucket;
import io.saviorrec.trainer.evaluate.Split;
import io.saviorrec.trainer.fallback.FallbackMeasures;
import io.saviorrec.trainer.fallback.Ratio;
import java.io.PrintWriter;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// An evaluation as tables for people.
record EvaluationText(PrintWriter out) {
  private static final String TRUE_CONTENT = "true content";

  void print(
      Manifest manifest,
      String dataSet,
      Split split,
      Evaluation evaluation,
      @Nullable ContentReach reach) {
    say(
        "%s version %d (%s) on %s, %s period, %,d impressions%n%n",
        manifest.model(),
        manifest.version(),
        manifest.variant(),
        dataSet,
        split.name().toLowerCase(Locale.ROOT),
        evaluation.samples());
    say("%-12s %8s %8s%n", "", "AUC %", "GAUC %");
    row("model", evaluation.auc(), evaluation.gauc());
    if (reach != null && reach.base() != null) {
      row("against", reach.base().auc(), reach.base().gauc());
    }
    evaluation
        .references()
        .forEach(
            (name, auc) ->
                row(name, auc, evaluation.referencesGauc().getOrDefault(name, Double.NaN)));
    if (reach != null) {
      row(TRUE_CONTENT, reach.trueContent().auc(), reach.trueContent().gauc());
    }
    say(
        "%nLogLoss %.4f   normalised entropy %.4f   PCOC %.3f   ECE %.4f   GAUC with users alike %.2f %%%n",
        evaluation.logloss(),
        evaluation.figures().normalizedEntropy(),
        evaluation.pcoc(),
        evaluation.figures().ece(),
        100 * evaluation.figures().gaucUnweighted());
    say(
        "Hit@30 %.2f %%   of all later clicks %.2f %%%n%n",
        100 * evaluation.hit30(), 100 * evaluation.hit30Later());
    buckets(evaluation.buckets(), reach);
    unknown(evaluation.unknown());
    if (reach != null && reach.base() != null) {
      say(
          "%nshare of what true content reaches: %s%n",
          reach.share() == null
              ? "none, it reaches no more than the other bundle"
              : String.format(Locale.ROOT, "%.0f %%", 100 * reach.share()));
    }
  }

  private void row(String name, double auc, double gauc) {
    say("%-12s %8.2f %8.2f%n", name, 100 * auc, 100 * gauc);
  }

  private void buckets(List<Bucket> buckets, @Nullable ContentReach reach) {
    line(
        "page views",
        "samples",
        "AUC %",
        "GAUC %",
        "LogLoss",
        "PCOC",
        "ECE",
        reach,
        "against",
        TRUE_CONTENT,
        "share %");
    for (int i = 0; i < buckets.size(); i++) {
      Bucket bucket = buckets.get(i);
      Double base =
          reach == null || reach.base() == null ? null : reach.base().buckets().get(i).auc();
      Double trueContent = reach == null ? null : reach.trueContent().buckets().get(i).auc();
      line(
          bucket.name(),
          String.format(Locale.ROOT, "%,d", bucket.samples()),
          percent(bucket.auc(), 2),
          percent(bucket.figures().gauc(), 2),
          figure(bucket.figures().logLoss(), 4),
          figure(bucket.figures().pcoc(), 3),
          figure(bucket.figures().ece(), 4),
          reach,
          percent(base, 2),
          percent(trueContent, 2),
          percent(ContentReach.share(bucket.auc(), base, trueContent), 0));
    }
  }

  /// Predicted clicks over clicks of new items.
  private void unknown(FallbackMeasures unknown) {
    if (unknown.known().impressions() == 0) {
      return;
    }
    say(
        "%n%-28s %11s %7s %9s %15s %11s %9s%n",
        "new items",
        "impressions",
        "clicks",
        "pCTR/CTR",
        "95 % interval",
        "mean place",
        "once sent");
    ratio("once sent", unknown.known(), "", "");
    unknown
        .cases()
        .forEach(
            (name, measured) ->
                ratio(
                    name,
                    measured.ratio(),
                    place(measured.move().unknown()),
                    place(measured.move().sent())));
  }

  private void ratio(String name, Ratio ratio, String before, String after) {
    say(
        "%-28s %,11d %,7d %9.3f %7.3f %7.3f %11s %9s%n",
        name,
        ratio.impressions(),
        ratio.clicks(),
        ratio.ratio(),
        ratio.low(),
        ratio.high(),
        before,
        after);
  }

  private static String place(double place) {
    return Double.isNaN(place) ? "-" : String.format(Locale.ROOT, "%.2f", place);
  }

  /// A row of the table by page views, with as many columns as there is to compare.
  private void line(
      String name,
      String samples,
      String auc,
      String gauc,
      String logLoss,
      String pcoc,
      String ece,
      @Nullable ContentReach reach,
      String base,
      String trueContent,
      String share) {
    say("%-12s %10s %8s %8s %8s %7s %7s", name, samples, auc, gauc, logLoss, pcoc, ece);
    if (reach != null) {
      say(" %12s", trueContent);
      if (reach.base() != null) {
        say(" %8s %8s", base, share);
      }
    }
    say("%n");
  }

  private static String percent(@Nullable Double share, int decimals) {
    return share == null ? "-" : figure(100 * share, decimals);
  }

  private static String figure(double value, int decimals) {
    return Double.isNaN(value) ? "-" : String.format(Locale.ROOT, "%." + decimals + "f", value);
  }

  @SuppressWarnings("AnnotateFormatMethod") // its annotation is in a library that only tools use
  private void say(String format, @Nullable Object... values) {
    out.printf(Locale.ROOT, format, values);
  }
}
