package io.saviorrec.server.logging;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.util.ContextInitializer;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.saviorrec.server.config.LoggingConfig;
import io.saviorrec.server.metrics.ServerMetrics;
import io.saviorrec.server.request.CallTrace;
import io.saviorrec.server.request.LogScope;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.logging.Level;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

class LoggingTest {
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();

  @AfterEach
  void configureAsBefore() throws Exception {
    LoggerContext context = (LoggerContext) LoggerFactory.getILoggerFactory();
    context.reset();
    new ContextInitializer(context).autoConfig();
  }

  private Logging start(LoggingConfig.Format format, LoggingConfig.Level level) {
    return Logging.start(new LoggingConfig(format, level), out, System::nanoTime);
  }

  private List<String> lines() {
    return out.toString(StandardCharsets.UTF_8).lines().toList();
  }

  @Test
  void anEventIsOneJsonObjectWithTheNamesOfItsCall() throws Exception {
    try (Logging _ = start(LoggingConfig.Format.JSON, LoggingConfig.Level.INFO);
        LogScope _ = LogScope.of("page \"7\"\n", CallTrace.NONE, "base")) {
      LoggerFactory.getLogger("a.b").error("failed: {}", "x\ny", new IllegalStateException("why"));
    }

    assertThat(lines()).hasSize(1);
    JsonNode event = new ObjectMapper().readTree(lines().getFirst());
    assertThat(event.get("time").asText()).matches("\\d{4}-\\d\\d-\\d\\dT.*Z");
    assertThat(event.get("level").asText()).isEqualTo("ERROR");
    assertThat(event.get("logger").asText()).isEqualTo("a.b");
    assertThat(event.get("message").asText()).isEqualTo("failed: x\ny");
    assertThat(event.get("request_id").asText()).isEqualTo("page \"7\"?");
    assertThat(event.get("model").asText()).isEqualTo("base");
    assertThat(event.get("error").asText())
        .startsWith("java.lang.IllegalStateException: why")
        .contains("LoggingTest");
  }

  @Test
  void textShowsTheCallWhereThereIsOne() {
    try (Logging _ = start(LoggingConfig.Format.TEXT, LoggingConfig.Level.INFO)) {
      LoggerFactory.getLogger("a.b.C").info("without a call");
      try (LogScope _ = LogScope.of("page-7", CallTrace.NONE, "")) {
        LoggerFactory.getLogger("a.b.C").info("with one");
      }
    }

    assertThat(lines().get(0)).endsWith(" INFO  C: without a call");
    assertThat(lines().get(1)).endsWith(" INFO  C: with one [request_id=page-7]");
  }

  @Test
  void javaUtilLoggingGoesToTheSameLogAtTheSameLevel() {
    java.util.logging.Logger jul = java.util.logging.Logger.getLogger("some.library");
    try (Logging _ = start(LoggingConfig.Format.TEXT, LoggingConfig.Level.WARN)) {
      jul.log(Level.WARNING, "one {0}", "argument");
      jul.info("below the level");

      assertThat(jul.isLoggable(Level.INFO)).isFalse();
    }

    assertThat(lines()).singleElement().asString().endsWith(" WARN  library: one argument");
  }

  @Test
  void whatIsLoggedAndWhatIsKeptBackIsCounted() {
    try (ServerMetrics metrics = new ServerMetrics();
        Logging logging = start(LoggingConfig.Format.TEXT, LoggingConfig.Level.INFO);
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
