package io.saviorrec.server.request;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.slf4j.MDC;

class LogScopeTest {
  @Test
  void namesTheCallUntilItEnds() {
    try (LogScope _ = LogScope.of("page-7", "feed", CallTrace.NONE, "base")) {
      assertThat(MDC.get("request_id")).isEqualTo("page-7");
      assertThat(MDC.get("model")).isEqualTo("base");
      assertThat(MDC.get("trace_id")).isNull();
      try (LogScope _ = LogScope.of("another", "feed", CallTrace.NONE, "other")) {
        assertThat(MDC.get("request_id")).isEqualTo("page-7");
        assertThat(MDC.get("model")).isEqualTo("base");
      }
      assertThat(MDC.get("request_id")).isEqualTo("page-7");
    }
    assertThat(MDC.get("request_id")).isNull();
    assertThat(MDC.get("model")).isNull();
  }

  @Test
  void aStretchInsideAnotherAddsWhatThatDidNotKnow() {
    try (LogScope _ = LogScope.of("page-7", "feed", CallTrace.NONE, "")) {
      try (LogScope _ = LogScope.of("page-7", "feed", CallTrace.NONE, "base")) {
        assertThat(MDC.get("model")).isEqualTo("base");
      }
      assertThat(MDC.get("model")).isNull();
      assertThat(MDC.get("request_id")).isEqualTo("page-7");
    }
  }

  @Test
  void anIdCanNeitherForgeALineNorFillTheLog() {
    assertThat(LogScope.plain("a\r\n2026-01-01 ERROR forged\u0000\u001b[31m\u202e\u2028"))
        .isEqualTo("a??2026-01-01 ERROR forged??[31m??");
    assertThat(LogScope.plain("x".repeat(300_000))).hasSize(101).endsWith("…");
  }
}
