package io.saviorrec.trainer.quantizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import org.junit.jupiter.api.Test;

final class CodeQualityTest {
  private final CodeQuality quality =
      CodeQuality.of(new int[] {0, 1, 0, 1, 0, 2, 1, 1}, 2, 3, List.of(2.0, 1.0, 0.5), 0.9);

  @Test
  void countsCollisionsAndUnusedCodesOfEachLevel() {
    assertThat(quality.distinctIds()).isEqualTo(3);
    assertThat(quality.levels()).extracting(CodeQuality.Level::deadCodes).containsExactly(1, 1);
    // Of the first codes 0, 0, 0, 1 three are shared, of the pairs 01, 01, 02, 11 two.
    assertThat(quality.levels()).extracting(CodeQuality.Level::sharing).containsExactly(0.75, 0.5);
    assertThat(quality.levels())
        .extracting(CodeQuality.Level::residualNorm)
        .containsExactly(1.0, 0.5);
    // Shares 3/4 and 1/4 at both levels.
    double entropy = -0.75 * Math.log(0.75) - 0.25 * Math.log(0.25);
    assertThat(quality.levels().getFirst().perplexity()).isCloseTo(Math.exp(entropy), within(1e-9));
  }

  @Test
  void tellsOfEveryLevelInALineOfItsOwn() {
    assertThat(quality.toString().lines())
        .containsExactly(
            "distinct IDs 75.0 %, cos(z, z-hat) 0.900",
            "codes            in use perplexity  sharing % residual norm",
            "  before                                              2.000",
            "  level 1           2/3        1.8       75.0         1.000",
            "  level 2           2/3        1.8       50.0         0.500");
  }

  @Test
  void aLevelThatIsUsedEvenlyHasThePerplexityOfItsSize() {
    assertThat(CodeQuality.perplexity(new int[] {5, 5, 5, 5}, 20)).isCloseTo(4, within(1e-9));
    assertThat(CodeQuality.perplexity(new int[] {20, 0, 0, 0}, 20)).isCloseTo(1, within(1e-9));
  }
}
