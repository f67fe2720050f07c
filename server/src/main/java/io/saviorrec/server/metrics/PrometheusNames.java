package io.saviorrec.server.metrics;

import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.config.MeterFilter;
import io.micrometer.core.instrument.config.MeterFilterReply;

/// Gives Micrometer's own meters names as Prometheus has them where theirs are not.
final class PrometheusNames implements MeterFilter {
  /// `_count` is the end of a histogram's number.
  @Override
  public Meter.Id map(Meter.Id id) {
    return id.getName().equals("system.cpu.count") ? id.withName("system.cpus") : id;
  }

  /// In nanoseconds; [ProcessMetrics] has it in seconds.
  @Override
  public MeterFilterReply accept(Meter.Id id) {
    return id.getName().equals("process.cpu.time")
        ? MeterFilterReply.DENY
        : MeterFilterReply.NEUTRAL;
  }
}
