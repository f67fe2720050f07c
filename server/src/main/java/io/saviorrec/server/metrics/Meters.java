package io.saviorrec.server.metrics;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.DoubleSupplier;

/// A group of meters that come and go together.
public final class Meters implements AutoCloseable {
  private static final Duration[] LATENCY_BUCKETS = {
    Duration.ofNanos(250_000),
    Duration.ofNanos(500_000),
    Duration.ofMillis(1),
    Duration.ofMillis(2),
    Duration.ofMillis(3),
    Duration.ofMillis(5),
    Duration.ofMillis(8),
    Duration.ofMillis(12),
    Duration.ofMillis(20),
    Duration.ofMillis(35),
    Duration.ofMillis(50),
    Duration.ofMillis(100),
    Duration.ofMillis(200),
    Duration.ofMillis(500),
    Duration.ofSeconds(1),
    Duration.ofSeconds(5),
    Duration.ofSeconds(20)
  };
  private static final double[] COUNT_BUCKETS = {1, 5, 10, 20, 50, 100, 200, 500, 1000, 2000};

  private final MeterRegistry registry;
  private final List<Meter> registered = new CopyOnWriteArrayList<>();

  /// Function counters reference their source weakly; this keeps the sources alive.
  private final List<DoubleSupplier> counted = new CopyOnWriteArrayList<>();

  Meters(MeterRegistry registry) {
    this.registry = registry;
  }

  public void gauge(String name, String description, Tags tags, DoubleSupplier value) {
    registered.add(
        Gauge.builder(name, value, DoubleSupplier::getAsDouble)
            .description(description)
            .tags(tags)
            .strongReference(true)
            .register(registry));
  }

  /// A counter that somebody else counts.
  public void counter(String name, String description, Tags tags, DoubleSupplier value) {
    registered.add(
        FunctionCounter.builder(name, value, DoubleSupplier::getAsDouble)
            .description(description)
            .tags(tags)
            .register(registry));
    counted.add(value);
  }

  Counter counter(String name, String description, Tags tags) {
    Counter counter = Counter.builder(name).description(description).tags(tags).register(registry);
    registered.add(counter);
    return counter;
  }

  Timer latency(String name, String description, Tags tags) {
    Timer timer =
        Timer.builder(name)
            .description(description)
            .tags(tags)
            .serviceLevelObjectives(LATENCY_BUCKETS)
            .register(registry);
    registered.add(timer);
    return timer;
  }

  DistributionSummary sizes(String name, String description, Tags tags) {
    DistributionSummary summary =
        DistributionSummary.builder(name)
            .description(description)
            .tags(tags)
            .serviceLevelObjectives(COUNT_BUCKETS)
            .register(registry);
    registered.add(summary);
    return summary;
  }

  /// Removes the group's meters, and with them whatever they read.
  @Override
  public void close() {
    registered.forEach(registry::remove);
    registered.clear();
    counted.clear();
  }
}
