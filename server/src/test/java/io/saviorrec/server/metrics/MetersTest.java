package io.saviorrec.server.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Tags;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

class MetersTest {
  private static final Tags TAGS = Tags.of("model", "m");

  private final ServerMetrics metrics = new ServerMetrics();

  @AfterEach
  void close() {
    metrics.close();
  }

  @Test
  void ofTwoGroupsWithTheSameMetersTheYoungerHasThem() {
    Meters older = metrics.group();
    Counter first = fill(older, 1);
    first.increment();
    Meters younger = metrics.group();
    Counter second = fill(younger, 2);
    second.increment();
    // A call that ends late.
    first.increment();
    Counter late = older.counter("savior.test.late", "", TAGS);
    younger.counter("savior.test.late", "", TAGS).increment();
    late.increment();
    Counter later = older.counter("savior.test.late", "", TAGS);
    later.increment();
    List<String> both =
        List.of(
            "savior_test_calls_total{model=\"m\"} 3.0",
            "savior_test_late_total{model=\"m\"} 3.0",
            "savior_test_reads_total{model=\"m\"} 2.0",
            "savior_test_value{model=\"m\"} 2.0");

    assertThat(lines()).containsExactlyElementsOf(both);
    older.close();
    assertThat(lines()).containsExactlyElementsOf(both);
    younger.close();
    assertThat(lines()).isEmpty();
  }

  @Test
  void aMeterThatComesBackBeforeItHasGoneIsNothingToWarnOf() {
    Logger registry = (Logger) LoggerFactory.getLogger("io.micrometer");
    ListAppender<ILoggingEvent> logged = new ListAppender<>();
    logged.start();
    // It warns once in the life of a process, and tells the rest at this level.
    registry.setLevel(Level.DEBUG);
    registry.addAppender(logged);
    try {
      Meters older = metrics.group();
      fill(older, 1);
      fill(metrics.group(), 2);
      older.gauge("savior.test.value", "", TAGS, () -> 3);
    } finally {
      registry.detachAppender(logged);
      registry.setLevel(null);
    }

    assertThat(logged.list).extracting(ILoggingEvent::getFormattedMessage).isEmpty();
    assertThat(lines()).contains("savior_test_value{model=\"m\"} 2.0");
  }

  private static Counter fill(Meters meters, int value) {
    meters.gauge("savior.test.value", "", TAGS, () -> value);
    meters.counter("savior.test.reads", "", TAGS, () -> value);
    return meters.counter("savior.test.calls", "", TAGS);
  }

  private List<String> lines() {
    return metrics
        .scrape()
        .lines()
        .filter(line -> line.startsWith("savior_test_"))
        .sorted()
        .toList();
  }
}
