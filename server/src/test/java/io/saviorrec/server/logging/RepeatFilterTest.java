package io.saviorrec.server.logging;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class RepeatFilterTest {
  private static final Duration WINDOW = Duration.ofSeconds(10);

  private final LoggerContext context = new LoggerContext();
  private final ListAppender<ILoggingEvent> log = new ListAppender<>();
  private final AtomicLong nanos = new AtomicLong();
  private final RepeatFilter filter = new RepeatFilter(nanos::get, 3, WINDOW);
  private final Logger logger = context.getLogger("a");

  @BeforeEach
  void start() {
    filter.start();
    context.addTurboFilter(filter);
    log.start();
    Logger root = context.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
    root.setLevel(Level.INFO);
    root.addAppender(log);
  }

  private void pass(Duration time) {
    nanos.addAndGet(time.toNanos());
  }

  private List<String> lines() {
    return log.list.stream().map(ILoggingEvent::getFormattedMessage).toList();
  }

  @Test
  void aThousandEventsOfOneTemplateLeaveAFewLinesAndTheirNumber() {
    for (int i = 0; i < 1000; i++) {
      logger.warn("call {} failed", i);
    }
    logger.warn("something else");
    pass(WINDOW);
    filter.flush();
    filter.flush();

    assertThat(lines())
        .containsExactly(
            "call 0 failed",
            "call 1 failed",
            "call 2 failed",
            "something else",
            "suppressed 997 like it: call {} failed");
    assertThat(filter.suppressed()).isEqualTo(997);
  }

  @Test
  void theNextWindowBeginsAnewAndSaysWhatTheLastKeptBack() {
    for (int i = 0; i < 5; i++) {
      logger.warn("call {} failed", i);
    }
    pass(WINDOW);
    logger.warn("call {} failed", 5);

    assertThat(lines())
        .endsWith("call 2 failed", "suppressed 2 like it: call {} failed", "call 5 failed");
  }

  @Test
  void onlyTheFirstOfAWindowShowsItsStackTrace() {
    for (int i = 0; i < 3; i++) {
      logger.error("request failed", new IllegalStateException("first line\nsecond line"));
    }
    logger.error("{} failed", "this", new IllegalStateException("other"));
    logger.error("{} failed", "that", new IllegalStateException("other"));
    pass(WINDOW);
    logger.error("request failed", new IllegalStateException("later"));

    assertThat(lines())
        .containsExactly(
            "request failed",
            "request failed: java.lang.IllegalStateException: first line",
            "request failed: java.lang.IllegalStateException: first line",
            "this failed",
            "that failed: java.lang.IllegalStateException: other",
            "request failed");
    assertThat(log.list.stream().map(event -> event.getThrowableProxy() != null))
        .containsExactly(true, false, false, true, false, true);
    assertThat(log.list.get(1).getLevel()).isEqualTo(Level.ERROR);
  }

  @Test
  void messagesThatDifferInNumbersAloneAreLikeEachOther() {
    for (int i = 0; i < 50; i++) {
      logger.warn("connection to /127.0.0.1:" + (40_000 + i) + " failed");
    }

    assertThat(lines()).hasSize(3);
  }

  @Test
  void whatIsBelowTheLevelTakesNoPlace() {
    for (int i = 0; i < 50; i++) {
      logger.debug("call {}", i);
    }
    logger.info("call {}", 50);

    assertThat(lines()).containsExactly("call 50");
    assertThat(filter.suppressed()).isZero();
  }

  @Test
  void templatesWithoutEndAreBoundedTogether() {
    for (int i = 0; i < 5000; i++) {
      logger.warn(letters(i));
    }

    assertThat(lines()).hasSizeLessThan(1010);
  }

  /// Text without digits that is another for each number.
  private static String letters(int number) {
    StringBuilder text = new StringBuilder("ghijklmnop");
    for (char digit : Integer.toString(number).toCharArray()) {
      text.append((char) ('g' + digit - '0'));
    }
    return text.toString();
  }
}
