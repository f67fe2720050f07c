package io.saviorrec.trainer.encoder;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.saviorrec.trainer.torch.ScriptModule;
import io.saviorrec.trainer.torch.Tensors;
import io.saviorrec.trainer.train.Preset;
import java.util.Arrays;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/// What goes from picture and words to z past the transformers.
final class EncoderShortcutsTest {
  private static final int TOKENS = 5;
  private static final EncoderConfig CONFIG = Preset.TINY.config().encoder();
  private static final long[] IDS = {2, 7, 8, 9, 3, 2, 10, 3, 0, 0, 0, 0, 0, 0, 0};
  private static final boolean[] MASK = {
    true, true, true, true, true, true, true, true, false, false, false, false, false, false, false
  };

  @BeforeAll
  static void useOneThread() {
    torch.set_num_threads(1);
  }

  private static ScriptModule network() {
    torch.manual_seed(1);
    return EncoderNetwork.create(CONFIG, 20);
  }

  @Test
  void theBagOfWordsLeavesOutSpecialTokensAndPadding() {
    try (var _ = new PointerScope()) {
      ScriptModule module = network();
      float[] straight =
          Tensors.toFloats(
              module.callTensor(
                  "bag", Tensors.longs(IDS, 3, TOKENS), Tensors.booleans(MASK, 3, TOKENS)));
      float[] words = Tensors.toFloats(module.parameter("straight_word"));
      int dim = CONFIG.zDim();
      for (int d = 0; d < dim; d++) {
        // Items 0, 1 and 2 have the words 7 8 9, 10, and none.
        double three = words[7 * dim + d] + words[8 * dim + d] + words[9 * dim + d];
        assertThat((double) straight[d]).isCloseTo(three / Math.sqrt(3), within(1e-5));
        assertThat(straight[dim + d]).isCloseTo(words[10 * dim + d], within(1e-6f));
        assertThat(straight[2 * dim + d]).isZero();
      }
    }
  }

  @Test
  void statisticsAreMeanAndDeviationWhereverAPixelIs() {
    try (var _ = new PointerScope()) {
      float[] map = {1, 2, 3, 4, 0, 0, 0, 8};
      float[] moved = {4, 3, 2, 1, 0, 8, 0, 0};
      float[] statistics =
          Tensors.toFloats(network().callTensor("spread", Tensors.floats(map, 1, 2, 2, 2)));
      assertThat(statistics)
          .containsExactly(
              new float[] {2.5f, 2, (float) Math.sqrt(1.25), (float) Math.sqrt(12)}, within(1e-3f));
      assertThat(
              Tensors.toFloats(network().callTensor("spread", Tensors.floats(moved, 1, 2, 2, 2))))
          .containsExactly(statistics, within(1e-5f));
    }
  }

  /// Two halves of one colour each, the colours being those of the palette's first two entries.
  @Test
  void countsAPixelToThePaletteColoursNearItBandByBand() {
    try (var _ = new PointerScope()) {
      ScriptModule module = network();
      float[] colours = {2, -2, 0, -2, 2, 1};
      int size = 16;
      float[] picture = new float[3 * size * size];
      for (int i = 0; i < picture.length; i++) {
        int colour = i / (size * size);
        boolean top = i % (size * size) < size * size / 2;
        picture[i] = colours[(top ? 0 : 3) + colour];
      }
      Tensor weight = module.parameter("palette_weight").detach();
      Tensor bias = module.parameter("palette_bias").detach();
      weight.mul_(new Scalar(0));
      bias.mul_(new Scalar(0)).sub_(new Scalar(1000));
      for (int entry = 0; entry < 2; entry++) {
        float[] colour = Arrays.copyOfRange(colours, 3 * entry, 3 * entry + 3);
        double square = 0;
        for (float value : colour) {
          square += value * value;
        }
        weight.select(0, entry).copy_(Tensors.floats(colour, 3, 1, 1).div(new Scalar(0.15f)));
        bias.select(0, entry).mul_(new Scalar(0)).sub_(new Scalar((float) (square / 0.3)));
      }
      float[] shares =
          Tensors.toFloats(module.callTensor("palette", Tensors.floats(picture, 1, 3, size, size)));
      assertThat(shares).hasSize(4 * 32);
      assertThat(Arrays.copyOf(shares, 8))
          .containsExactly(new float[] {5, 5, 0, 0, 0, 0, 5, 5}, within(1e-3f));
    }
  }
}
