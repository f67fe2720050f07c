package io.saviorrec.trainer.quantizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import org.junit.jupiter.api.Test;

final class CodeQualityTest {
  @Test
  void countsCollisionsAndUnusedCodes() {
    int[] codes = {0, 1, 0, 1, 0, 2, 1, 1};
    CodeQuality quality = CodeQuality.of(codes, 2, 3, List.of(2.0, 1.0, 0.5), 0.9);
    assertThat(quality.noCollisionRate()).isEqualTo(0.75);
    assertThat(quality.deadCodes()).containsExactly(1, 1);
    // Shares 3/4 and 1/4 at both levels.
    double entropy = -0.75 * Math.log(0.75) - 0.25 * Math.log(0.25);
    assertThat(quality.perplexity().getFirst()).isCloseTo(Math.exp(entropy), within(1e-9));
  }

  @Test
  void aLevelThatIsUsedEvenlyHasThePerplexityOfItsSize() {
    assertThat(CodeQuality.perplexity(new int[] {5, 5, 5, 5}, 20)).isCloseTo(4, within(1e-9));
    assertThat(CodeQuality.perplexity(new int[] {20, 0, 0, 0}, 20)).isCloseTo(1, within(1e-9));
  }
}
