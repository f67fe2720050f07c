package io.saviorrec.trainer.encoder;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.saviorrec.trainer.encoder.EncoderConfig.Stack;
import io.saviorrec.trainer.encoder.EncoderConfig.Stage;
import io.saviorrec.trainer.train.Preset;
import org.junit.jupiter.api.Test;

final class EncoderConfigTest {
  @Test
  void refusesHeadsThatDoNotDivideTheWidth() {
    assertThatThrownBy(() -> new Stack(64, 2, 5)).hasMessage("heads must divide width 64, was 5");
  }

  @Test
  void namesTheValueThatIsOutOfRange() {
    assertThatThrownBy(() -> new Stage(1, 1, 1, 1, 1e-3, 0, 0))
        .hasMessage("batchSize must be in [2, 65536], was 1");
    assertThatThrownBy(() -> new Stage(1, 1, 1, 2, Double.NaN, 0, 0))
        .hasMessageContaining("learningRate");
  }

  @Test
  void countsStepsByEpochsUpToTheLimit() {
    Stage stage = new Stage(3, 1, 10, 4, 1e-3, 0, 0);
    assertThat(stage.steps(9)).isEqualTo(9);
    assertThat(stage.steps(100)).isEqualTo(10);
    assertThat(stage.steps(2)).isEqualTo(3);
  }

  /// However small the data: random weights say nothing.
  @Test
  void neverTrainsForFewerStepsThanItsLeastUnlessItIsLeftOut() {
    Stage stage = new Stage(3, 8, 10, 4, 1e-3, 0, 0);
    assertThat(stage.steps(1)).isEqualTo(8);
    assertThat(stage.steps(12)).isEqualTo(9);
    assertThat(new Stage(0, 8, 10, 4, 1e-3, 0, 0).steps(100)).isZero();
    assertThatThrownBy(() -> new Stage(3, 11, 10, 4, 1e-3, 0, 0))
        .hasMessageContaining("maxSteps must be at least 11");
  }

  @Test
  void thePaperPresetHasThePapersNumbers() {
    EncoderConfig paper = Preset.PAPER.config().encoder();
    assertThat(paper.align()).isEqualTo(new Stage(10, 1, Integer.MAX_VALUE, 4096, 1e-4, 0.1, 1e-3));
    assertThat(paper.patches()).isEqualTo(196);
    assertThat(paper.merge().layers()).isEqualTo(3);
  }
}
