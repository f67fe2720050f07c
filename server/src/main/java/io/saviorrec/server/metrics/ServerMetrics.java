package io.saviorrec.server.metrics;

import io.micrometer.core.instrument.Clock;
import io.micrometer.core.instrument.binder.jvm.ClassLoaderMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmGcMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmThreadMetrics;
import io.micrometer.core.instrument.binder.system.ProcessorMetrics;
import io.micrometer.core.instrument.binder.system.UptimeMetrics;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.util.Properties;
import org.jspecify.annotations.Nullable;

/// All meters of the process; `docs/METRICS.md` lists them.
///
/// Latencies are histograms in seconds with fixed buckets, so that percentiles can be computed over
/// replicas; client-side percentiles cannot be added up.
public final class ServerMetrics implements AutoCloseable {
  private static final String TEXT = "text/plain; version=0.0.4; charset=utf-8";
  private static final String OPEN_METRICS_TYPE = "application/openmetrics-text";
  private static final String OPEN_METRICS = OPEN_METRICS_TYPE + "; version=1.0.0; charset=utf-8";

  private final CurrentTrace currentTrace = new CurrentTrace();
  private final MeterOwners owners = new MeterOwners();
  private final PrometheusMeterRegistry registry =
      new PrometheusMeterRegistry(
          new OpenMetricsConfig(), new PrometheusRegistry(), Clock.SYSTEM, currentTrace);
  private final JvmGcMetrics garbageCollection = new JvmGcMetrics();

  /// With exemplars only where OpenMetrics 1.0 has them, on buckets and counters: a Prometheus that
  /// keeps to it takes nothing of a page that has them elsewhere.
  private static final class OpenMetricsConfig implements PrometheusConfig {
    @Override
    public @Nullable String get(String key) {
      return null;
    }

    @Override
    public Properties prometheusProperties() {
      Properties properties = new Properties();
      properties.setProperty("io.prometheus.exporter.exemplarsOnAllMetricTypes", "false");
      return properties;
    }
  }

  /// A page for Prometheus.
  public record Page(String contentType, String body) {}

  public ServerMetrics() {
    registry.config().meterFilter(new PrometheusNames());
    new ClassLoaderMetrics().bindTo(registry);
    new JvmMemoryMetrics().bindTo(registry);
    new JvmThreadMetrics().bindTo(registry);
    new ProcessorMetrics().bindTo(registry);
    new UptimeMetrics().bindTo(registry);
    new ProcessMetrics().bindTo(registry);
    garbageCollection.bindTo(registry);
  }

  /// A new group, empty as yet.
  public Meters group() {
    return new Meters(registry, currentTrace, owners);
  }

  /// The Prometheus text format.
  public String scrape() {
    return registry.scrape();
  }

  /// In the format that the caller prefers. Only OpenMetrics shows exemplars.
  ///
  /// @param accept the caller's `Accept` header, empty for none
  public Page scrape(String accept) {
    return accept.contains(OPEN_METRICS_TYPE)
        ? new Page(OPEN_METRICS, registry.scrape(OPEN_METRICS))
        : new Page(TEXT, registry.scrape());
  }

  @Override
  public void close() {
    garbageCollection.close();
    registry.close();
  }
}
