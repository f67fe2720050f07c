package io.saviorrec.server.logging;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.saviorrec.server.config.LoggingConfig;
import io.saviorrec.server.metrics.ServerMetrics;
import io.saviorrec.server.request.CallTrace;
import io.saviorrec.server.request.LogScope;
import java.util.logging.Level;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

class LoggingTest {
  private final TestLog log = new TestLog();

  @AfterEach
  void configureAsBefore() {
    log.close();
  }

  @Test
  void anEventIsOneJsonObjectWithTheNamesOfItsCall() throws Exception {
    try (Logging _ = log.start(LoggingConfig.Format.JSON);
        LogScope _ = LogScope.of("page \"7\"\n", "feed", CallTrace.NONE, "base")) {
      LoggerFactory.getLogger("a.b").error("failed: {}", "x\ny", new IllegalStateException("why"));
    }

    assertThat(log.lines()).hasSize(1);
    JsonNode event = new ObjectMapper().readTree(log.lines().getFirst());
    assertThat(event.get("time").asText()).matches("\\d{4}-\\d\\d-\\d\\dT.*Z");
    assertThat(event.get("level").asText()).isEqualTo("ERROR");
    assertThat(event.get("logger").asText()).isEqualTo("a.b");
    assertThat(event.get("message").asText()).isEqualTo("failed: x\ny");
    assertThat(event.get("request_id").asText()).isEqualTo("page \"7\"?");
    assertThat(event.get("caller").asText()).isEqualTo("feed");
    assertThat(event.get("model").asText()).isEqualTo("base");
    assertThat(event.get("error").asText())
        .startsWith("java.lang.IllegalStateException: why")
        .contains("LoggingTest");
  }

  @Test
  void textShowsTheCallWhereThereIsOne() {
    try (Logging _ = log.start(LoggingConfig.Format.TEXT)) {
      LoggerFactory.getLogger("a.b.C").info("without a call");
      try (LogScope _ = LogScope.of("page-7", "feed", CallTrace.NONE, "")) {
        LoggerFactory.getLogger("a.b.C").info("with one");
      }
    }

    assertThat(log.lines().get(0)).endsWith(" INFO  C: without a call");
    assertThat(log.lines().get(1)).endsWith(" INFO  C: with one [request_id=page-7, caller=feed]");
  }

  @Test
  void javaUtilLoggingGoesToTheSameLogAtTheSameLevel() {
    java.util.logging.Logger jul = java.util.logging.Logger.getLogger("some.library");
    try (Logging _ = log.start(LoggingConfig.Format.TEXT, LoggingConfig.Level.WARN)) {
      jul.log(Level.WARNING, "one {0}", "argument");
      jul.info("below the level");

      assertThat(jul.isLoggable(Level.INFO)).isFalse();
    }

    assertThat(log.lines()).singleElement().asString().endsWith(" WARN  library: one argument");
  }

  @Test
  void whatIsLoggedAndWhatIsKeptBackIsCounted() {
    try (ServerMetrics metrics = new ServerMetrics();
        Logging logging = log.start(LoggingConfig.Format.TEXT);
        LogMetrics _ = LogMetrics.count(metrics.group())) {
      for (int i = 0; i < 25; i++) {
        LoggerFactory.getLogger("a").warn("again {}", i);
      }
      assertThat(metrics.scrape())
          .contains("savior_log_events_total{level=\"WARN\"} 10.0")
          .contains("savior_log_events_total{level=\"ERROR\"} 0.0")
          .contains("savior_log_suppressed_total 15.0");
      assertThat(logging).isNotNull();
    }
  }
}
