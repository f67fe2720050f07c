package io.saviorrec.loadtest.measure;

import static org.assertj.core.api.Assertions.assertThat;

import io.saviorrec.loadtest.measure.Slo.Criterion;
import io.saviorrec.loadtest.measure.Slo.Limit;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class SloTest {
  private static final Slo SLO = new Slo(List.of(new Limit(.99, Duration.ofMillis(20))), .01, .02);

  @Test
  void everyPartMustBeMet() {
    assertThat(SLO.met(FakeLoads.of(100, 1000, 0, 0, _ -> 5000))).isTrue();
    assertThat(SLO.met(FakeLoads.of(100, 1000, 0, 0, i -> i < 20 ? 30_000 : 5000))).isFalse();
    assertThat(SLO.met(FakeLoads.of(100, 980, 0, 20, _ -> 5000))).isFalse();
    assertThat(SLO.met(FakeLoads.of(100, 990, 0, 10, _ -> 5000))).isTrue();
    assertThat(SLO.met(FakeLoads.of(100, 970, 30, 0, _ -> 5000))).isFalse();
  }

  @Test
  void whatWasNotSeenIsNotMet() {
    Measured none = FakeLoads.of(100, 0, 0, 10, _ -> 0);
    assertThat(SLO.judge(none)).extracting(Criterion::met).containsExactly(false, false, true);
    assertThat(new Slo(List.of(), .01, .01).met(none)).isFalse();
  }

  @Test
  void limitsAreNamedAsPeopleNameThem() {
    assertThat(new Limit(.5, Duration.ofMillis(1)).name()).isEqualTo("p50");
    assertThat(new Limit(.999, Duration.ofMillis(1)).name()).isEqualTo("p99.9");
    assertThat(SLO.judge(FakeLoads.of(100, 10, 0, 0, _ -> 1)).getFirst().wanted())
        .isEqualTo("p99 ≤ 20 ms");
  }
}
