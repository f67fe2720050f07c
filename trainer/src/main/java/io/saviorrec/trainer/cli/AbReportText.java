package io.saviorrec.trainer.cli;

import io.saviorrec.trainer.experiment.AbReport;
import io.saviorrec.trainer.experiment.Lift;
import io.saviorrec.trainer.experiment.Metric;
import io.saviorrec.trainer.experiment.SampleRatio;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/// An experiment's report as lines for people.
final class AbReportText {
  /// How tables look.
  enum Style {
    CONSOLE,
    MARKDOWN
  }

  private AbReportText() {}

  static List<String> lines(AbReport report, Style style) {
    List<String> lines = new ArrayList<>();
    List<String[]> sizes = new ArrayList<>();
    sizes.add(new String[] {"bucket", "users", "page views", "impressions", "clicks"});
    for (AbReport.Bucket bucket : report.buckets()) {
      sizes.add(
          new String[] {
            bucket.name(),
            count(bucket.users()),
            count(bucket.views()),
            count(bucket.impressions()),
            count(bucket.clicks())
          });
    }
    table(sizes, style, lines);
    lines.add("");
    List<String[]> metrics = new ArrayList<>();
    metrics.add(new String[] {"metric", "bucket", "value", "lift", "95 % interval", "p"});
    for (Metric metric : report.buckets().getFirst().values().keySet()) {
      for (AbReport.Bucket bucket : report.buckets()) {
        metrics.add(row(metric, bucket));
      }
    }
    table(metrics, style, lines);
    lines.add("");
    SampleRatio ratio = report.sampleRatio();
    if (ratio != null) {
      lines.add(
          "Sample ratio: p = %s%s"
              .formatted(
                  p(ratio.pValue()), ratio.suspect() ? ", a mismatch" : ", as it should be"));
    }
    report.warnings().forEach(warning -> lines.add("Warning: " + warning));
    return lines;
  }

  private static String[] row(Metric metric, AbReport.Bucket bucket) {
    Lift lift = bucket.lifts().get(metric);
    Double value = bucket.values().get(metric);
    return new String[] {
      name(metric),
      bucket.name(),
      value == null ? "" : String.format(Locale.ROOT, "%.5f", value),
      lift == null ? "" : percent(lift.lift()),
      lift == null ? "" : percent(lift.low()) + " to " + percent(lift.high()),
      lift == null ? "" : p(lift.pValue())
    };
  }

  static String name(Metric metric) {
    return metric.name().toLowerCase(Locale.ROOT).replace('_', ' ');
  }

  private static String count(long number) {
    return String.format(Locale.ROOT, "%,d", number);
  }

  static String percent(double share) {
    return Double.isNaN(share) ? "not known" : String.format(Locale.ROOT, "%+.2f %%", 100 * share);
  }

  private static String p(double value) {
    return Double.isNaN(value)
        ? "not known"
        : value < 0.0001 ? "< 0.0001" : String.format(Locale.ROOT, "%.4f", value);
  }

  /// A table, the first row of which is its head.
  static void table(List<String[]> rows, Style style, List<String> lines) {
    int[] widths = new int[rows.getFirst().length];
    for (String[] row : rows) {
      Arrays.setAll(widths, i -> Math.max(widths[i], row[i].length()));
    }
    for (int r = 0; r < rows.size(); r++) {
      StringBuilder line = new StringBuilder();
      for (int i = 0; i < widths.length; i++) {
        String cell = rows.get(r)[i] + " ".repeat(widths[i] - rows.get(r)[i].length());
        line.append(style == Style.MARKDOWN ? "| " : "").append(cell);
        line.append(style == Style.MARKDOWN ? " " : "  ");
      }
      lines.add((line + (style == Style.MARKDOWN ? "|" : "")).stripTrailing());
      if (r == 0 && style == Style.MARKDOWN) {
        lines.add("|---".repeat(widths.length) + "|");
      }
    }
  }
}
