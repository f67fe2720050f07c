package io.saviorrec.loadtest.report;

import io.saviorrec.loadtest.measure.CapacitySearch.Capacity;
import io.saviorrec.loadtest.measure.CapacitySearch.Step;
import io.saviorrec.loadtest.measure.Interval;
import io.saviorrec.loadtest.measure.Measured;
import io.saviorrec.loadtest.measure.Slo.Criterion;
import java.util.ArrayList;
import java.util.List;
import java.util.function.ToDoubleFunction;

/// A report as one page for a browser.
public final class ReportPage {
  private static final List<String> PERCENTILES = List.of("p50", "p90", "p99", "p99.9");

  private ReportPage() {}

  public static String html(Report report) {
    List<String> parts = new ArrayList<>();
    parts.add("<h1>Load test</h1>\n");
    String mark = report.met() ? "good" : "bad";
    parts.add(
        "<p class=\"verdict %s\">%s</p>\n".formatted(mark, Page.text(ReportText.verdict(report))));
    parts.add(setup(report));
    if (!report.parts().isEmpty()) {
      parts.add(Page.table(ReportText.rows(report.parts())));
    }
    for (Report.Part part : report.parts()) {
      parts.add(
          Page.heading("Objective" + (report.parts().size() > 1 ? ": " + part.target() : "")));
      parts.add(criteria(part.criteria()));
    }
    for (String warning : report.warnings()) {
      parts.add("<p class=\"quiet\">Note: %s</p>\n".formatted(Page.text(warning)));
    }
    if (!report.ratios().isEmpty()) {
      parts.add(Page.heading("Side by side"));
      parts.add(Page.table(ReportText.ratioRows(report)));
    }
    Capacity capacity = report.capacity();
    if (capacity != null) {
      parts.add(Page.heading("Rates that were tried"));
      parts.add(tried(report, capacity));
      parts.add(Page.table(ReportText.stepRows(capacity)));
    }
    if (!report.parts().isEmpty()) {
      parts.add(Page.heading("Latency"));
      parts.add(distribution(report.parts()));
    }
    for (Report.Part part : report.parts()) {
      parts.add(Page.heading("Over time: " + part.target()));
      parts.add(
          "<p class=\"quiet\">Each request counts at the second in which it was meant to be sent.</p>\n");
      parts.add(latency(part.measured()));
      parts.add(throughput("Requests", part.measured()));
      Measured upserts = part.measured().upserts();
      if (upserts != null) {
        parts.add(latency("Latency of new items", upserts));
        parts.add(throughput("New items", upserts));
      }
    }
    return Page.of("Load test: " + ReportText.verdict(report), parts);
  }

  private static String setup(Report report) {
    StringBuilder html = new StringBuilder("<dl>");
    report
        .setup()
        .forEach(
            (name, value) ->
                html.append("<dt>%s</dt><dd>%s</dd>".formatted(Page.text(name), Page.text(value))));
    return html.append("</dl>\n").toString();
  }

  private static String criteria(List<Criterion> criteria) {
    StringBuilder html =
        new StringBuilder("<table>\n<tr><th>wanted</th><th>seen</th><th></th></tr>\n");
    for (Criterion each : criteria) {
      html.append(
          "<tr><td>%s</td><td>%s %s</td><td class=\"%s\">%s</td></tr>\n"
              .formatted(
                  Page.text(each.wanted()),
                  Numbers.format(each.value(), 3),
                  each.unit(),
                  each.met() ? "good" : "bad",
                  each.met() ? "met" : "missed"));
    }
    return html.append("</table>\n").toString();
  }

  /// The 99th percentile against the rate.
  private static String tried(Report report, Capacity capacity) {
    Criterion limit =
        report.parts().stream()
            .flatMap(part -> part.criteria().stream())
            .filter(each -> each.name().equals("p99"))
            .findFirst()
            .orElse(null);
    double highest =
        capacity.steps().stream().mapToDouble(step -> step.measured().perSecond()).max().orElse(1);
    List<Chart.Line> lines = new ArrayList<>();
    lines.add(dots("met", 2, capacity.steps().stream().filter(Step::met).toList()));
    lines.add(dots("missed", 4, capacity.steps().stream().filter(step -> !step.met()).toList()));
    return new Chart(
            "p99 at each rate",
            "requests a second",
            "p99, ms",
            Scale.linear(0, highest),
            lines,
            limit == null ? Double.NaN : limit.most(),
            limit == null ? null : limit.wanted())
        .html();
  }

  private static Chart.Line dots(String name, int colour, List<Step> steps) {
    double[] x = steps.stream().mapToDouble(step -> step.measured().perSecond()).toArray();
    double[] y = steps.stream().mapToDouble(step -> step.measured().millis(.99)).toArray();
    List<String> notes = new ArrayList<>();
    for (int i = 0; i < x.length; i++) {
      notes.add(Numbers.rate(x[i]) + "/s: p99 " + Numbers.millis(y[i]) + " ms, " + name);
    }
    return new Chart.Line(name, colour, x, y, notes, true);
  }

  private static String distribution(List<Report.Part> parts) {
    List<Chart.Line> lines = new ArrayList<>();
    long most = 10;
    for (Report.Part part : parts) {
      most = Math.max(most, part.measured().answered());
    }
    // A share of which there is not one answer says nothing.
    double highest = Math.min(1 - 1.0 / most, .99999);
    for (Report.Part part : parts) {
      List<Double> shares = new ArrayList<>();
      double end = -Math.log10(1 - highest);
      for (int i = 0; i <= 60; i++) {
        shares.add(1 - Math.pow(10, -end * i / 60));
      }
      double[] x = shares.stream().mapToDouble(Double::doubleValue).toArray();
      double[] y = shares.stream().mapToDouble(share -> part.measured().millis(share)).toArray();
      List<String> notes = new ArrayList<>();
      for (int i = 0; i < x.length; i++) {
        notes.add(Numbers.format(100 * x[i], 3) + " %: " + Numbers.millis(y[i]) + " ms");
      }
      lines.add(new Chart.Line(part.target(), lines.size() + 1, x, y, notes, false));
    }
    return new Chart(
            "Answers that took no longer",
            "share of answers",
            "ms",
            Scale.nines(highest),
            lines,
            Double.NaN,
            null)
        .html();
  }

  private static String latency(Measured measured) {
    return latency("Latency", measured);
  }

  private static String latency(String title, Measured measured) {
    List<Chart.Line> lines = new ArrayList<>();
    for (int i = 0; i < PERCENTILES.size(); i++) {
      int percentile = i;
      lines.add(
          line(
              PERCENTILES.get(i),
              i + 1,
              measured,
              interval -> interval.millis()[percentile],
              " ms"));
    }
    return overTime(title, "ms", measured, lines);
  }

  private static String throughput(String title, Measured measured) {
    List<Chart.Line> lines = new ArrayList<>();
    lines.add(line("asked", 6, measured, each -> each.offered() / each.seconds(), "/s"));
    lines.add(
        line(
            "answered",
            1,
            measured,
            each -> (each.good() + each.degraded()) / each.seconds(),
            "/s"));
    if (measured.degraded() > 0) {
      lines.add(line("degraded", 3, measured, each -> each.degraded() / each.seconds(), "/s"));
    }
    lines.add(line("failed", 4, measured, each -> each.failed() / each.seconds(), "/s"));
    return overTime(title, "a second", measured, lines);
  }

  private static Chart.Line line(
      String name, int colour, Measured measured, ToDoubleFunction<Interval> of, String unit) {
    List<Interval> intervals = measured.intervals();
    double[] x =
        intervals.stream().mapToDouble(each -> each.atSeconds() + each.seconds() / 2).toArray();
    double[] y = intervals.stream().mapToDouble(of).toArray();
    List<String> notes = new ArrayList<>();
    for (int i = 0; i < x.length; i++) {
      notes.add(
          "%s at %s s: %s%s"
              .formatted(
                  name,
                  Numbers.format(intervals.get(i).atSeconds(), 0),
                  Numbers.format(y[i], y[i] < 100 ? 2 : 0),
                  unit));
    }
    return new Chart.Line(name, colour, x, y, notes, false);
  }

  private static String overTime(
      String title, String unit, Measured measured, List<Chart.Line> lines) {
    Scale x = Scale.linear(0, measured.seconds());
    return new Chart(title, "seconds", unit, x, lines, Double.NaN, null).html();
  }
}
