package io.saviorrec.loadtest.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class ScaleTest {
  @Test
  void marksAreRoundNumbers() {
    assertThat(Scale.linear(0, 37).marks())
        .extracting(Scale.Mark::text)
        .containsExactly("0", "10", "20", "30", "40");
    assertThat(Scale.linear(0, .12).marks())
        .extracting(Scale.Mark::text)
        .containsExactly("0.000", "0.025", "0.050", "0.075", "0.100", "0.125");
    assertThat(Scale.logarithmic(.5, 300).marks())
        .extracting(Scale.Mark::text)
        .containsExactly("0.1", "1", "10", "100", "1,000");
    assertThat(Scale.nines(.9995).marks())
        .extracting(Scale.Mark::text)
        .containsExactly("0 %", "50 %", "90 %", "99 %", "99.9 %");
  }

  @Test
  void valuesLieBetweenTheEnds() {
    assertThat(Scale.linear(0, 40).at(40)).isCloseTo(1, within(1e-9));
    assertThat(Scale.logarithmic(1, 1000).at(10)).isCloseTo(1 / 3.0, within(1e-9));
    assertThat(Scale.nines(.999).at(.999)).isCloseTo(1, within(1e-9));
    assertThat(Scale.nines(.999).at(.9)).isCloseTo(1 / 3.0, within(1e-9));
    assertThat(Scale.linear(0, 0).at(0)).isZero();
  }
}
