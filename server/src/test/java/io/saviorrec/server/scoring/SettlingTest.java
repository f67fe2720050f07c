package io.saviorrec.server.scoring;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class SettlingTest {
  private final Settling settling = new Settling();

  @Test
  void goesOnAsLongAsTheCostFallsAndStopsWhenItStays() {
    for (double cost : new double[] {9, 6, 4, 3, 2.5, 2.2, 2}) {
      assertThat(settling.add(cost)).isFalse();
    }
    for (int round = 1; round <= Settling.ROUNDS; round++) {
      assertThat(settling.add(2.01)).isEqualTo(round == Settling.ROUNDS);
    }
  }

  @Test
  void aRoundThatWasHeldUpIsNoGain() {
    settling.add(2);
    settling.add(9);
    settling.add(2);
    settling.add(2.1);
    assertThat(settling.add(1.99)).isTrue();
  }

  @Test
  void smallGainsAddUp() {
    double cost = 2;
    for (int round = 0; round < 30; round++) {
      assertThat(settling.add(cost)).isFalse();
      cost *= 0.97;
    }
  }
}
