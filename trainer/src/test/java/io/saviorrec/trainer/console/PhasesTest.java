package io.saviorrec.trainer.console;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(10)
final class PhasesTest {
  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
  private final PrintStream out = new PrintStream(bytes, true, UTF_8);

  private String told() {
    return bytes.toString(UTF_8);
  }

  private void await(String text) {
    waitWhile(() -> !told().contains(text));
  }

  /// Until the test's time is over, which interrupts it.
  private static void waitWhile(BooleanSupplier condition) {
    while (condition.getAsBoolean()) {
      assertThat(Thread.currentThread().isInterrupted()).isFalse();
      LockSupport.parkNanos(1_000_000);
    }
  }

  @Test
  void aLongTaskSaysWhatItIsAt() {
    try (Phases phases = Phases.of("reading", Duration.ofMillis(2), out)) {
      phases.enter("items");
      await("reading: items, 0 s so far");
      phases.enter("page views");
      await("reading: page views, 0 s so far");
      // One that goes on is told again, now and then.
      await("reading: page views, 0 s so far%nreading: page views".formatted());
    }
  }

  @Test
  void aShortTaskSaysNothingAndLeavesNoThread() {
    try (Phases phases = Phases.of("a short task", Duration.ofHours(1), out)) {
      phases.enter("items");
      assertThat(isTold("a short task")).isTrue();
    }
    waitWhile(() -> isTold("a short task"));
    assertThat(told()).isEmpty();
  }

  private static boolean isTold(String task) {
    return Thread.getAllStackTraces().keySet().stream()
        .anyMatch(thread -> thread.getName().equals("phases of " + task));
  }
}
