package io.saviorrec.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.saviorrec.bundle.Bundle;
import io.saviorrec.contract.Precision;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PrecisionTrialTest {

  @Test
  void roundingThatMovesScoresALittleIsAllowed(@TempDir Path repository) {
    Bundle bundle = TinyBundle.write(repository, GoldenReplayTest.golden());
    EngineConfig config = new EngineConfig("cpu", 8, 4, Precision.FP32);
    try (LoadedModel model = LoadedModel.load(bundle, config)) {
      PrecisionTrial.Outcome outcome = PrecisionTrial.run(model, bundle);
      // Scores near 1 have steps of 1/256 in bfloat16, and are off by up to half of one.
      assertThat(outcome.largestDifference()).isPositive().isLessThan(1.0 / 256);
      assertThat(outcome.speed()).isPositive();
    }
  }

  @Test
  void whatMovesTooMuchIsNotAllowed() {
    assertThat(new PrecisionTrial.Outcome(0.0049, 0.0004, 1).allowed()).isTrue();
    assertThat(new PrecisionTrial.Outcome(0.0051, 0.0004, 1).allowed()).isFalse();
    assertThat(new PrecisionTrial.Outcome(0.0049, 0.0006, 1).allowed()).isFalse();
    assertThat(new PrecisionTrial.Outcome(Double.POSITIVE_INFINITY, 0, 1).allowed()).isFalse();
  }

  @Test
  void theExpectedAucWeighsEachPairByItsChance() {
    // Clicks that are certain give the plain AUC: of four pairs three are right, one is a tie.
    assertThat(
            PrecisionTrial.expectedAuc(
                new float[] {0.9f, 0.4f, 0.4f, 0.1f}, new float[] {1, 1, 0, 0}))
        .isCloseTo(3.5 / 4, within(1e-9));
    // Two candidates: the pair (0, 1) has the chance .8 * .7, the pair (1, 0) .3 * .2; each of the
    // candidates against itself is a tie.
    assertThat(PrecisionTrial.expectedAuc(new float[] {2, 1}, new float[] {0.8f, 0.3f}))
        .isCloseTo((0.8 * 0.7 + 0.5 * (0.8 * 0.2 + 0.3 * 0.7)) / (1.1 * 0.9), within(1e-6));
    assertThat(PrecisionTrial.expectedAuc(new float[] {2, 1}, new float[] {0, 0})).isEqualTo(0.5);
  }
}
