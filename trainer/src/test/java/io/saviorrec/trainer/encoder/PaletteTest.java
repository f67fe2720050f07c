package io.saviorrec.trainer.encoder;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.saviorrec.trainer.loop.SeededRandom;
import io.saviorrec.trainer.torch.Tensors;
import java.util.Arrays;
import java.util.Random;
import org.bytedeco.javacpp.PointerScope;
import org.junit.jupiter.api.Test;

final class PaletteTest {
  private static final float[][] COLOURS = {{-1, 0, 1}, {1, 1, -1}, {0, -1, 0}};

  /// A colour of one pixel in a hundred is found too.
  @Test
  void findsTheColoursOfWhichPicturesAreMade() {
    int pixels = 1000;
    float[] points = new float[3 * pixels];
    Random random = new Random(2);
    for (int p = 0; p < pixels; p++) {
      float[] colour = COLOURS[p % 100 == 0 ? 2 : p % 2];
      for (int d = 0; d < 3; d++) {
        points[3 * p + d] = colour[d] + 0.02f * (float) random.nextGaussian();
      }
    }
    try (var _ = new PointerScope()) {
      float[] found =
          Tensors.toFloats(Palette.of(Tensors.floats(points, pixels, 3), 3, new SeededRandom(1)));
      for (float[] colour : COLOURS) {
        assertThat(nearest(found, colour)).containsExactly(colour, within(0.05f));
      }
    }
  }

  private static float[] nearest(float[] found, float[] colour) {
    float[] best = new float[3];
    double least = Double.POSITIVE_INFINITY;
    for (int c = 0; c < found.length; c += 3) {
      double square = 0;
      for (int d = 0; d < 3; d++) {
        square += Math.pow(found[c + d] - colour[d], 2);
      }
      if (square < least) {
        least = square;
        best = Arrays.copyOfRange(found, c, c + 3);
      }
    }
    return best;
  }

  @Test
  void picturesOfOneColourHaveAPalette() {
    float[] points = new float[30];
    Arrays.fill(points, 0.5f);
    try (var _ = new PointerScope()) {
      float[] found =
          Tensors.toFloats(Palette.of(Tensors.floats(points, 10, 3), 32, new SeededRandom(1)));
      assertThat(found).hasSize(96).containsOnly(0.5f);
    }
  }
}
