package io.saviorrec.server.logging;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.turbo.TurboFilter;
import ch.qos.logback.core.spi.FilterReply;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.LongSupplier;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.slf4j.Marker;
import org.slf4j.MarkerFactory;
import org.slf4j.helpers.MessageFormatter;

/// Keeps what repeats from filling the log: of events with one logger and one template only the
/// first few of a window pass, then one line says how many more there were. A stack trace is
/// written with the first of them only.
final class RepeatFilter extends TurboFilter {
  private static final String NAME = RepeatFilter.class.getName();

  /// Events of our own making, which pass.
  private static final Marker PASS = MarkerFactory.getDetachedMarker("repeat-filter");

  /// Templates that are told apart; a flood of more of them counts as one for each logger.
  private static final int MAX_TEMPLATES = 1000;

  /// Loggers that format before they log, as those of java.util.logging do, differ in numbers.
  private static final Pattern NUMBER = Pattern.compile("[0-9a-f]*[0-9][0-9a-f]*");

  private static final int MAX_TEMPLATE_CHARS = 200;

  private final LongSupplier nanoTime;
  private final int mostEach;
  private final long windowNanos;
  private final ConcurrentMap<Template, Repeats> repeats = new ConcurrentHashMap<>();
  private final LongAdder suppressed = new LongAdder();

  private record Template(String logger, String text) {}

  /// Events of one template in the running window; guarded by itself.
  private static final class Repeats {
    private final Logger logger;
    private final String text;
    private Level level;
    private long windowStart;
    private int seen;
    private long suppressed;

    Repeats(Logger logger, String text, Level level, long windowStart) {
      this.logger = logger;
      this.text = text;
      this.level = level;
      this.windowStart = windowStart;
    }
  }

  /// @param mostEach events of one template that pass in one window
  RepeatFilter(LongSupplier nanoTime, int mostEach, Duration window) {
    this.nanoTime = nanoTime;
    this.mostEach = mostEach;
    this.windowNanos = window.toNanos();
  }

  @Override
  public FilterReply decide(
      @Nullable Marker marker,
      Logger logger,
      Level level,
      @Nullable String format,
      Object @Nullable [] params,
      @Nullable Throwable failure) {
    if (format == null
        || PASS.equals(marker)
        || !level.isGreaterOrEqual(logger.getEffectiveLevel())) {
      return FilterReply.NEUTRAL;
    }
    long now = nanoTime.getAsLong();
    Repeats of = repeats(logger, level, format, now);
    long before;
    int place;
    synchronized (of) {
      before = endWindow(of, now);
      of.level = level;
      place = ++of.seen;
      if (place > mostEach) {
        of.suppressed++;
      }
    }
    summarise(of, before);
    if (place > mostEach) {
      suppressed.increment();
      return FilterReply.DENY;
    }
    Throwable traced = failure == null ? lastThrowable(format, params) : failure;
    if (place == 1 || traced == null) {
      return FilterReply.NEUTRAL;
    }
    String message = MessageFormatter.arrayFormat(format, params).getMessage();
    logger.log(
        PASS,
        NAME,
        Level.toLocationAwareLoggerInteger(level),
        "{}: {}",
        new Object[] {message, firstLine(traced)},
        null);
    return FilterReply.DENY;
  }

  /// SLF4J takes a throwable behind the values of the template for the failure.
  private static @Nullable Throwable lastThrowable(String format, Object @Nullable [] params) {
    return params == null ? null : MessageFormatter.arrayFormat(format, params).getThrowable();
  }

  private static String firstLine(Throwable failure) {
    return failure.toString().lines().findFirst().orElse("");
  }

  private Repeats repeats(Logger logger, Level level, String format, long now) {
    String text = NUMBER.matcher(format).replaceAll("#");
    if (text.length() > MAX_TEMPLATE_CHARS) {
      text = text.substring(0, MAX_TEMPLATE_CHARS);
    }
    Template template = new Template(logger.getName(), text);
    Repeats known = repeats.get(template);
    if (known != null) {
      return known;
    }
    if (repeats.size() >= MAX_TEMPLATES) {
      flush();
      if (repeats.size() >= MAX_TEMPLATES) {
        template = new Template(logger.getName(), "");
      }
    }
    Repeats fresh = new Repeats(logger, format, level, now);
    Repeats raced = repeats.putIfAbsent(template, fresh);
    return raced == null ? fresh : raced;
  }

  /// How many events the window that is over kept back; 0 while it runs.
  private long endWindow(Repeats of, long now) {
    if (now - of.windowStart < windowNanos) {
      return 0;
    }
    long kept = of.suppressed;
    of.windowStart = now;
    of.seen = 0;
    of.suppressed = 0;
    return kept;
  }

  private static void summarise(Repeats of, long count) {
    if (count > 0) {
      of.logger.log(
          PASS,
          NAME,
          Level.toLocationAwareLoggerInteger(of.level),
          "suppressed {} like it: {}",
          new Object[] {count, of.text},
          null);
    }
  }

  /// Says what the windows that are over kept back, and forgets them.
  void flush() {
    long now = nanoTime.getAsLong();
    List<Template> over = new ArrayList<>();
    repeats.forEach(
        (template, of) -> {
          long count;
          synchronized (of) {
            if (now - of.windowStart < windowNanos) {
              return;
            }
            count = endWindow(of, now);
          }
          over.add(template);
          summarise(of, count);
        });
    over.forEach(repeats::remove);
  }

  /// Events that were kept back since the start.
  long suppressed() {
    return suppressed.sum();
  }
}
