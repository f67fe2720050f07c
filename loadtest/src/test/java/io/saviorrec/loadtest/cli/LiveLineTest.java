package io.saviorrec.loadtest.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.saviorrec.loadtest.measure.Watcher.Sight;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class LiveLineTest {
  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
  private final PrintStream out = new PrintStream(bytes, true, StandardCharsets.UTF_8);

  private static Sight at(double second) {
    return new Sight("host:1", second, 40, second < 10, 500, 498.4, 3, 12, 2.25, 9);
  }

  private String printed() {
    return bytes.toString(StandardCharsets.UTF_8);
  }

  @Test
  void oneLineChangesOnATerminalAndIsGoneAtTheEnd() {
    try (LiveLine live = new LiveLine(out, true)) {
      live.see(at(1.001));
      live.see(at(2.002));
    }
    assertThat(printed())
        .isEqualTo(
            "\r1/40 s warm-up  498 of 500/s  p50 2.3  p99 9.0 ms  3 failed  12 waiting  host:1\u001b[K"
                + "\r2/40 s warm-up  498 of 500/s  p50 2.3  p99 9.0 ms  3 failed  12 waiting  host:1\u001b[K"
                + "\r\u001b[K");
  }

  @Test
  void elsewhereThereIsALineEveryTenSeconds() {
    try (LiveLine live = new LiveLine(out, false)) {
      for (int second = 1; second <= 20; second++) {
        live.see(at(second + .003));
      }
    }
    assertThat(printed().lines()).hasSize(2).first().asString().startsWith("10/40 s  498 of 500/s");
  }
}
