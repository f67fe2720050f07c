package io.saviorrec.loadtest.measure;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.Status;
import io.saviorrec.loadtest.generator.Ending;
import io.saviorrec.loadtest.measure.Slo.Limit;
import io.saviorrec.loadtest.requests.Wire.Verdict;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class TallyTest {
  private static final long START = 1_000_000_000_000L;
  private static final long SECOND = 1_000_000_000L;
  private static final long MILLI = 1_000_000L;
  private static final byte[] ANSWER = {1};

  private static Ending ending(Status status, long atNanos, long latencyNanos) {
    long intended = START + atNanos;
    return new Ending(status, ANSWER, intended, intended, intended + latencyNanos, 10);
  }

  private static void good(Tally tally, long atNanos, long latencyNanos) {
    tally.sent();
    tally.ended(ending(Status.OK, atNanos, latencyNanos), Verdict.WHOLE);
  }

  @Test
  void theWarmUpIsSeenButNotMeasured() {
    Tally tally = new Tally(START, 2 * SECOND, null);
    good(tally, -MILLI, 500 * MILLI);
    good(tally, MILLI, 5 * MILLI);
    assertThat(tally.look().ended()).isEqualTo(2);
    Measured measured = tally.measured(1, 2, false);
    assertThat(measured.offered()).isEqualTo(1);
    assertThat(measured.millis(1)).isBetween(5.0, 5.01);
  }

  @Test
  void aRequestBelongsToTheSecondInWhichItWasMeantToBeSent() {
    Tally tally = new Tally(START, 3 * SECOND, null);
    // It is answered in the third second.
    good(tally, SECOND / 2, 2 * SECOND);
    Measured measured = tally.measured(1, 3, false);
    assertThat(measured.intervals()).extracting(Interval::good).containsExactly(1L, 0L, 0L);
    assertThat(measured.intervals().getFirst().millis()[0]).isBetween(1980.0, 2020.0);
  }

  @Test
  void answersAfterTheEndCountForLatencyAndNotForThroughput() {
    Tally tally = new Tally(START, SECOND, null);
    good(tally, 0, MILLI);
    good(tally, SECOND / 2, SECOND);
    Measured measured = tally.measured(2, 1, false);
    assertThat(measured.answered()).isEqualTo(2);
    assertThat(measured.answeredPerSecond()).isEqualTo(1);
    assertThat(measured.millis(1)).isGreaterThan(900);
  }

  @Test
  void wrongAnswersAreFailuresAndDegradedOnesAreNot() {
    Tally tally = new Tally(START, SECOND, null);
    tally.ended(ending(Status.OK, 0, MILLI), Verdict.WRONG);
    tally.ended(ending(Status.OK, 0, MILLI), Verdict.DEGRADED);
    tally.ended(ending(Status.RESOURCE_EXHAUSTED.withDescription("full"), 0, MILLI), Verdict.WRONG);
    Measured measured = tally.measured(3, 1, false);
    assertThat(measured.failures())
        .containsEntry("WRONG_ANSWER", 1L)
        .containsEntry("RESOURCE_EXHAUSTED", 1L);
    assertThat(measured.reasons()).containsExactly(Map.entry("RESOURCE_EXHAUSTED", "full"));
    assertThat(measured.degradedShare()).isEqualTo(1);
    assertThat(measured.errorShare()).isEqualTo(2 / 3.0);
  }

  @Test
  void aLoadIsHopelessWhenItsRestCannotMendIt() {
    Slo slo = new Slo(List.of(new Limit(.9, Duration.ofMillis(10))), .05, .05);
    Tally slow = new Tally(START, SECOND, slo);
    for (int i = 0; i < 10; i++) {
      good(slow, 0, 20 * MILLI);
    }
    assertThat(slow.hopeless(100)).isFalse();
    good(slow, 0, 20 * MILLI);
    assertThat(slow.hopeless(100)).isTrue();

    Tally refusing = new Tally(START, SECOND, slo);
    for (int i = 0; i < 6; i++) {
      refusing.ended(ending(Status.UNAVAILABLE, 0, MILLI), Verdict.WRONG);
    }
    assertThat(refusing.hopeless(100)).isTrue();
    assertThat(new Tally(START, SECOND, null).hopeless(1)).isFalse();
  }
}
