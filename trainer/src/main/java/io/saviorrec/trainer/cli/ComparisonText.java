package io.saviorrec.trainer.cli;

import io.saviorrec.bundle.Manifest;
import io.saviorrec.trainer.evaluate.Comparison;
import io.saviorrec.trainer.metric.Difference;
import java.io.PrintWriter;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// Two bundles side by side as a table for people.
record ComparisonText(PrintWriter out) {

  void print(Manifest one, Manifest other, Comparison comparison) {
    say(
        "%n%s version %d against %s version %d; 95 %% intervals and p by %,d draws of users%n%n",
        one.model(), one.version(), other.model(), other.version(), comparison.resamples());
    say(
        "%-12s %10s %8s %8s %10s %17s %8s%n",
        "", "samples", "AUC %", "against", "difference", "95 % interval", "p");
    row("all", comparison.other().samples(), comparison.auc());
    say(
        "%-12s %10s %8s %8s %10s %17s %8s%n",
        "  by DeLong",
        "",
        "",
        "",
        figure("%+.2f", 100 * comparison.deLong().difference()),
        "",
        figure("%.3f", comparison.deLong().pValue()));
    row("GAUC", comparison.other().samples(), comparison.gauc());
    comparison.buckets().forEach(bucket -> row(bucket.name(), bucket.samples(), bucket.auc()));
  }

  private void row(String name, long samples, Difference difference) {
    say(
        "%-12s %,10d %8s %8s %10s %8s %8s %8s%n",
        name,
        samples,
        figure("%.2f", 100 * difference.first()),
        figure("%.2f", 100 * difference.second()),
        figure("%+.2f", 100 * difference.difference()),
        figure("%+.2f", 100 * difference.low()),
        figure("%+.2f", 100 * difference.high()),
        figure("%.3f", difference.pValue()));
  }

  @SuppressWarnings("AnnotateFormatMethod") // its annotation is in a library that only tools use
  private static String figure(String format, double value) {
    return Double.isNaN(value) ? "-" : String.format(Locale.ROOT, format, value);
  }

  @SuppressWarnings("AnnotateFormatMethod") // its annotation is in a library that only tools use
  private void say(String format, @Nullable Object... values) {
    out.printf(Locale.ROOT, format, values);
  }
}
