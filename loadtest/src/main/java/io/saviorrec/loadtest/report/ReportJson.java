package io.saviorrec.loadtest.report;

import io.saviorrec.loadtest.measure.CapacitySearch.Capacity;
import io.saviorrec.loadtest.measure.CapacitySearch.Step;
import io.saviorrec.loadtest.measure.Comparison.Ratio;
import io.saviorrec.loadtest.measure.Interval;
import io.saviorrec.loadtest.measure.Measured;
import io.saviorrec.loadtest.measure.Slo.Criterion;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// A report as values that become JSON, every number with its unit in its name; what there was none
/// of is null.
public final class ReportJson {
  private static final Map<String, Double> SHARES = shares();

  private ReportJson() {}

  private static Map<String, Double> shares() {
    Map<String, Double> shares = new LinkedHashMap<>();
    shares.put("p50", .5);
    shares.put("p90", .9);
    shares.put("p95", .95);
    shares.put("p99", .99);
    shares.put("p999", .999);
    shares.put("max", 1.);
    return shares;
  }

  public static Map<String, @Nullable Object> fields(Report report) {
    Map<String, @Nullable Object> fields = new LinkedHashMap<>();
    fields.put("setup", report.setup());
    fields.put("met", report.met());
    Capacity capacity = report.capacity();
    if (capacity != null) {
      fields.put("capacity_per_second", capacity.perSecond().orElse(null));
      fields.put("tried", capacity.steps().stream().map(ReportJson::step).toList());
    }
    fields.put("targets", report.parts().stream().map(ReportJson::part).toList());
    if (!report.ratios().isEmpty()) {
      fields.put("ratios", report.ratios().stream().map(ReportJson::ratio).toList());
    }
    fields.put("notes", report.warnings());
    return fields;
  }

  private static Map<String, @Nullable Object> part(Report.Part part) {
    Map<String, @Nullable Object> fields = new LinkedHashMap<>();
    fields.put("target", part.target());
    fields.put("objective", part.criteria().stream().map(ReportJson::criterion).toList());
    fields.putAll(measured(part.measured()));
    Measured upserts = part.measured().upserts();
    if (upserts != null) {
      fields.put("upserts", measured(upserts));
    }
    return fields;
  }

  private static Map<String, @Nullable Object> measured(Measured measured) {
    Map<String, @Nullable Object> fields = new LinkedHashMap<>();
    fields.put("asked_per_second", measured.perSecond());
    fields.put("seconds", measured.seconds());
    fields.put("cut_short", measured.cutShort());
    fields.put("sent", measured.offered());
    fields.put("answered", measured.answered());
    fields.put("answered_per_second", measured.answeredPerSecond());
    fields.put("degraded", measured.degraded());
    fields.put("failed", measured.failed());
    fields.put("failures", measured.failures());
    Map<String, @Nullable Object> latency = new LinkedHashMap<>();
    SHARES.forEach((name, share) -> latency.put(name, finite(measured.millis(share))));
    latency.put("mean", finite(measured.meanMillis()));
    fields.put("latency_ms", latency);
    Map<String, @Nullable Object> lag = new LinkedHashMap<>();
    lag.put("p50", finite(measured.lagMillis(.5)));
    lag.put("p99", finite(measured.lagMillis(.99)));
    lag.put("max", finite(measured.lagMillis(1)));
    fields.put("sent_late_ms", lag);
    fields.put("intervals", measured.intervals().stream().map(ReportJson::interval).toList());
    return fields;
  }

  private static Map<String, @Nullable Object> interval(Interval interval) {
    Map<String, @Nullable Object> fields = new LinkedHashMap<>();
    fields.put("at_seconds", interval.atSeconds());
    fields.put("seconds", interval.seconds());
    fields.put("sent", interval.offered());
    fields.put("answered", interval.good() + interval.degraded());
    fields.put("degraded", interval.degraded());
    fields.put("failed", interval.failed());
    List<String> names = List.of("p50_ms", "p90_ms", "p99_ms", "p999_ms");
    for (int i = 0; i < names.size(); i++) {
      fields.put(names.get(i), finite(interval.millis()[i]));
    }
    return fields;
  }

  private static Map<String, @Nullable Object> step(Step step) {
    Measured measured = step.measured();
    Map<String, @Nullable Object> fields = new LinkedHashMap<>();
    fields.put("per_second", measured.perSecond());
    fields.put("seconds", measured.seconds());
    fields.put("answered_per_second", measured.answeredPerSecond());
    fields.put("p50_ms", finite(measured.millis(.5)));
    fields.put("p99_ms", finite(measured.millis(.99)));
    fields.put("failed", measured.failed());
    fields.put("degraded", measured.degraded());
    fields.put("met", step.met());
    fields.put("cut_short", measured.cutShort());
    fields.put("whole_length", step.confirmation());
    return fields;
  }

  private static Map<String, @Nullable Object> ratio(Ratio ratio) {
    Map<String, @Nullable Object> fields = new LinkedHashMap<>();
    fields.put("name", ratio.name());
    fields.put("second_by_first", finite(ratio.value()));
    fields.put("low", finite(ratio.low()));
    fields.put("high", finite(ratio.high()));
    return fields;
  }

  private static Map<String, @Nullable Object> criterion(Criterion criterion) {
    Map<String, @Nullable Object> fields = new LinkedHashMap<>();
    fields.put("name", criterion.name());
    fields.put("unit", criterion.unit());
    fields.put("most", criterion.most());
    fields.put("value", finite(criterion.value()));
    fields.put("met", criterion.met());
    return fields;
  }

  private static @Nullable Double finite(double value) {
    return Double.isFinite(value) ? value : null;
  }
}
