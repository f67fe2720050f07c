package io.saviorrec.server.metrics;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.composite.CompositeMeterRegistry;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.DoubleSupplier;
import java.util.function.Supplier;

/// A group of meters that come and go together.
///
/// Two groups may ask for the same meter, as two of one model version do when it comes back while
/// calls hold it still from before. Then it is the younger group's ([MeterOwners]): it reads what
/// that one gave it to read, and goes with that one. What is counted by calls is counted on.
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
  private static final double[] DIFFERENCE_BUCKETS = {
    0.0001, 0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1
  };
  private static final double[] COUNT_BUCKETS = {1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000};

  private final MeterRegistry registry;
  private final CurrentTrace currentTrace;
  private final MeterOwners owners;
  private final long number;

  /// What is this group's, or was before a younger one asked for it.
  private final Set<Meter.Id> taken = ConcurrentHashMap.newKeySet();

  private final List<Counted> counted = new CopyOnWriteArrayList<>();

  /// What somebody else counts, from some moment on.
  private static final class Counted {
    private final DoubleSupplier value;
    private volatile double before;

    Counted(DoubleSupplier value) {
      this.value = value;
    }

    double sinceStart() {
      return value.getAsDouble() - before;
    }

    void startNow() {
      before = value.getAsDouble();
    }
  }

  Meters(MeterRegistry registry, CurrentTrace currentTrace, MeterOwners owners) {
    this.registry = registry;
    this.currentTrace = currentTrace;
    this.owners = owners;
    this.number = owners.next();
  }

  /// A group that nobody sees and that costs next to nothing.
  public static Meters unseen() {
    return new Meters(new CompositeMeterRegistry(), new CurrentTrace(), new MeterOwners());
  }

  CurrentTrace currentTrace() {
    return currentTrace;
  }

  public void gauge(String name, String description, Tags tags, DoubleSupplier value) {
    reading(
        MeterOwners.id(name, tags),
        () ->
            Gauge.builder(name, value, DoubleSupplier::getAsDouble)
                .description(description)
                .tags(tags)
                .strongReference(true)
                .register(registry));
  }

  /// A counter that somebody else counts.
  public void counter(String name, String description, Tags tags, DoubleSupplier value) {
    Counted source = new Counted(value);
    // A function counter holds its object weakly, and the function well: nobody else may hold this
    // group.
    reading(
        MeterOwners.id(name, tags),
        () ->
            FunctionCounter.builder(name, registry, _ -> source.sinceStart())
                .description(description)
                .tags(tags)
                .register(registry));
    counted.add(source);
  }

  /// A meter that reads what this group gives it: not what an older group gave one of its name,
  /// whose meter makes room before, as the registry keeps the first of a name and warns of others.
  private void reading(Meter.Id id, Supplier<? extends Meter> register) {
    synchronized (owners) {
      if (owners.mayHave(id, number)) {
        Meter older = owners.meter(id);
        if (older != null) {
          registry.remove(older);
        }
        take(id, register.get());
      }
    }
  }

  private <M extends Meter> M counting(Meter.Id id, Supplier<M> register) {
    synchronized (owners) {
      M meter = register.get();
      if (owners.mayHave(id, number)) {
        take(id, meter);
      }
      return meter;
    }
  }

  private void take(Meter.Id id, Meter meter) {
    owners.give(id, number, meter);
    taken.add(id);
  }

  /// Counters that somebody else counts are zero now: what they counted until here, in the warm-up
  /// for one, was for nobody.
  public void startCounting() {
    counted.forEach(Counted::startNow);
  }

  public Counter counter(String name, String description, Tags tags) {
    return counting(
        MeterOwners.id(name, tags),
        () -> Counter.builder(name).description(description).tags(tags).register(registry));
  }

  Timer latency(String name, String description, Tags tags) {
    return counting(
        MeterOwners.id(name, tags),
        () ->
            Timer.builder(name)
                .description(description)
                .tags(tags)
                .serviceLevelObjectives(LATENCY_BUCKETS)
                .register(registry));
  }

  DistributionSummary sizes(String name, String description, Tags tags) {
    return summary(name, description, tags, COUNT_BUCKETS);
  }

  /// Of differences of probabilities.
  DistributionSummary differences(String name, String description, Tags tags) {
    return summary(name, description, tags, DIFFERENCE_BUCKETS);
  }

  private DistributionSummary summary(
      String name, String description, Tags tags, double[] buckets) {
    return counting(
        MeterOwners.id(name, tags),
        () ->
            DistributionSummary.builder(name)
                .description(description)
                .tags(tags)
                .serviceLevelObjectives(buckets)
                .register(registry));
  }

  /// Removes the group's meters, and with them whatever they read.
  @Override
  public void close() {
    synchronized (owners) {
      for (Meter.Id id : taken) {
        Meter meter = owners.letGo(id, number);
        if (meter != null) {
          registry.remove(meter);
        }
      }
    }
    taken.clear();
    counted.clear();
  }
}
