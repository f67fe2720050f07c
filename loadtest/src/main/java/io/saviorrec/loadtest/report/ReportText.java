package io.saviorrec.loadtest.report;

import io.saviorrec.loadtest.measure.CapacitySearch.Capacity;
import io.saviorrec.loadtest.measure.CapacitySearch.Step;
import io.saviorrec.loadtest.measure.Comparison.Ratio;
import io.saviorrec.loadtest.measure.Measured;
import io.saviorrec.loadtest.measure.Slo.Criterion;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.StringJoiner;

/// A report as lines of a terminal.
public final class ReportText {
  private static final double[] SHARES = {.5, .9, .95, .99, .999, 1};

  private ReportText() {}

  public static List<String> lines(Report report) {
    List<String> lines = new ArrayList<>();
    report.setup().forEach((name, value) -> lines.add("%-9s %s".formatted(name, value)));
    Capacity capacity = report.capacity();
    if (capacity != null) {
      lines.add("");
      lines.addAll(table(stepRows(capacity)));
    }
    if (!report.parts().isEmpty()) {
      lines.add("");
      lines.addAll(table(rows(report.parts())));
    }
    for (Report.Part part : report.parts()) {
      if (part.measured().failed() > 0) {
        lines.add("failed on " + part.target() + ": " + failures(part.measured()));
      }
    }
    lines.addAll(ratios(report));
    for (Report.Part part : report.parts()) {
      lines.add("");
      if (report.parts().size() > 1) {
        lines.add(part.target() + ":");
      }
      part.criteria().forEach(each -> lines.add(criterion(each)));
    }
    report.warnings().forEach(each -> lines.add("note: " + each));
    lines.add("");
    lines.add(verdict(report));
    return lines;
  }

  static List<List<String>> rows(List<Report.Part> parts) {
    List<List<String>> rows = new ArrayList<>();
    rows.add(
        List.of(
            "",
            "sent",
            "answered",
            "per second",
            "degraded",
            "failed",
            "p50 ms",
            "p90 ms",
            "p95 ms",
            "p99 ms",
            "p99.9 ms",
            "max ms"));
    for (Report.Part part : parts) {
      rows.add(row(part.target(), part.measured()));
      Measured upserts = part.measured().upserts();
      if (upserts != null) {
        rows.add(row(part.target() + " items", upserts));
      }
    }
    return rows;
  }

  private static List<String> row(String name, Measured measured) {
    List<String> row =
        new ArrayList<>(
            List.of(
                name,
                Numbers.count(measured.offered()),
                Numbers.count(measured.answered()),
                Numbers.rate(measured.answeredPerSecond()),
                Numbers.percent(measured.degradedShare()),
                Numbers.percent(measured.offered() == 0 ? 0 : measured.errorShare())));
    for (double share : SHARES) {
      row.add(Numbers.millis(measured.millis(share)));
    }
    return row;
  }

  static List<List<String>> stepRows(Capacity capacity) {
    List<List<String>> rows = new ArrayList<>();
    rows.add(
        List.of(
            "tried per second",
            "seconds",
            "answered",
            "p50 ms",
            "p99 ms",
            "degraded",
            "failed",
            ""));
    for (Step step : capacity.steps()) {
      Measured measured = step.measured();
      String outcome = step.met() ? "met" : measured.cutShort() ? "missed, given up" : "missed";
      rows.add(
          List.of(
              Numbers.rate(measured.perSecond()),
              Numbers.format(measured.seconds(), 1),
              Numbers.rate(measured.answeredPerSecond()),
              Numbers.millis(measured.millis(.5)),
              Numbers.millis(measured.millis(.99)),
              Numbers.percent(measured.degradedShare()),
              Numbers.percent(measured.offered() == 0 ? 0 : measured.errorShare()),
              outcome + (step.confirmation() ? ", whole length" : "")));
    }
    return rows;
  }

  private static List<String> ratios(Report report) {
    if (report.ratios().isEmpty()) {
      return List.of();
    }
    List<String> lines = new ArrayList<>(List.of(""));
    lines.addAll(table(ratioRows(report)));
    return lines;
  }

  static List<List<String>> ratioRows(Report report) {
    List<List<String>> rows = new ArrayList<>();
    rows.add(
        List.of(
            report.parts().get(1).target() + " ÷ " + report.parts().getFirst().target(),
            "ratio",
            "95 % from",
            "to",
            ""));
    for (Ratio ratio : report.ratios()) {
      rows.add(
          List.of(
              ratio.name(),
              Numbers.ratio(ratio.value()),
              Numbers.ratio(ratio.low()),
              Numbers.ratio(ratio.high()),
              Double.isNaN(ratio.low())
                  ? "too few turns to tell"
                  : ratio.differs() ? "a difference" : "no difference shown"));
    }
    return rows;
  }

  private static String criterion(Criterion criterion) {
    return "%-8s %-22s %s"
        .formatted(
            criterion.met() ? "met" : "missed",
            criterion.wanted(),
            Numbers.format(criterion.value(), 3) + " " + criterion.unit());
  }

  /// The last line, which says what was found.
  static String verdict(Report report) {
    Capacity capacity = report.capacity();
    if (capacity != null) {
      return capacity
          .perSecond()
          .map(rate -> "capacity: " + Numbers.rate(rate) + " requests a second")
          .orElse("no capacity found: the objective was missed at every rate");
    }
    return report.met() ? "objective met" : "objective missed";
  }

  static String failures(Measured measured) {
    StringJoiner all = new StringJoiner(", ");
    for (Map.Entry<String, Long> each : measured.failures().entrySet()) {
      all.add(each.getKey() + " " + Numbers.count(each.getValue()));
    }
    return all.toString();
  }

  /// The first column to the left, the others to the right; the last one to the left where it holds
  /// words.
  private static List<String> table(List<List<String>> rows) {
    int columns = rows.getFirst().size();
    int[] widths = new int[columns];
    for (List<String> row : rows) {
      for (int i = 0; i < columns; i++) {
        widths[i] = Math.max(widths[i], row.get(i).length());
      }
    }
    boolean words = rows.getFirst().getLast().isEmpty();
    List<String> lines = new ArrayList<>();
    for (List<String> row : rows) {
      StringBuilder line = new StringBuilder();
      for (int i = 0; i < columns; i++) {
        boolean left = i == 0 || (words && i == columns - 1);
        String cell = row.get(i);
        line.append(i == 0 ? "" : "  ")
            .append(String.format(Locale.ROOT, "%" + (left ? "-" : "") + widths[i] + "s", cell));
      }
      lines.add(line.toString().stripTrailing());
    }
    return lines;
  }
}
