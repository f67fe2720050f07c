package io.saviorrec.server.logging;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.turbo.TurboFilter;
import ch.qos.logback.core.AppenderBase;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Tags;
import io.saviorrec.server.metrics.Meters;
import java.util.HashMap;
import java.util.Map;
import org.slf4j.LoggerFactory;

/// Counts what the process logs, by level, and what it keeps back.
public final class LogMetrics implements AutoCloseable {
  private final Logger root;
  private final Counting counting;

  private LogMetrics(Logger root, Counting counting) {
    this.root = root;
    this.counting = counting;
  }

  /// Counts from now on, until it is closed.
  public static LogMetrics count(Meters meters) {
    LoggerContext context = (LoggerContext) LoggerFactory.getILoggerFactory();
    Logger root = context.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
    Counting counting = new Counting(meters);
    counting.setContext(context);
    counting.start();
    root.addAppender(counting);
    meters.counter(
        "savior.log.suppressed",
        "Events that were not logged because too many like them were",
        Tags.empty(),
        () -> suppressed(context));
    meters.startCounting();
    return new LogMetrics(root, counting);
  }

  private static long suppressed(LoggerContext context) {
    long sum = 0;
    for (TurboFilter filter : context.getTurboFilterList()) {
      if (filter instanceof RepeatFilter repeats) {
        sum += repeats.suppressed();
      }
    }
    return sum;
  }

  @Override
  public void close() {
    root.detachAppender(counting);
    counting.stop();
  }

  private static final class Counting extends AppenderBase<ILoggingEvent> {
    private final Map<Level, Counter> events = new HashMap<>();

    Counting(Meters meters) {
      for (Level level :
          new Level[] {Level.ERROR, Level.WARN, Level.INFO, Level.DEBUG, Level.TRACE}) {
        events.put(
            level,
            meters.counter(
                "savior.log.events",
                "Logged events by their level",
                Tags.of("level", level.toString())));
      }
    }

    @Override
    protected void append(ILoggingEvent event) {
      Counter counter = events.get(event.getLevel());
      if (counter != null) {
        counter.increment();
      }
    }
  }
}
