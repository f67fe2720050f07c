package io.saviorrec.trainer.encoder;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.saviorrec.trainer.torch.Tensors;
import java.util.Objects;
import java.util.Random;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;

final class PicturePredictionTest {
  private static final int SIZE = 16;
  private static final int GRID = 8;
  private static final int CELL = SIZE / GRID;
  private static final int PICTURES = 6;
  private static final int WIDTH = 6 * GRID * GRID;
  private static final int DIM = 3;

  private final byte[] pixels = new byte[PICTURES * 3 * SIZE * SIZE];

  PicturePredictionTest() {
    new Random(1).nextBytes(pixels);
  }

  private Tensor images() {
    return Tensors.bytes(pixels, PICTURES, 3, SIZE, SIZE);
  }

  /// Mean and standard deviation of each colour in each cell.
  private double[] plainStatistics(int picture) {
    double[] statistics = new double[WIDTH];
    for (int part = 0; part < WIDTH / 2; part++) {
      int colour = part / (GRID * GRID);
      int top = part / GRID % GRID * CELL;
      int left = part % GRID * CELL;
      double sum = 0;
      double square = 0;
      for (int y = top; y < top + CELL; y++) {
        for (int x = left; x < left + CELL; x++) {
          double value = (pixels[((picture * 3 + colour) * SIZE + y) * SIZE + x] & 0xff) / 255.0;
          sum += value / (CELL * CELL);
          square += value * value / (CELL * CELL);
        }
      }
      statistics[part] = sum;
      statistics[part + WIDTH / 2] = Math.sqrt(square - sum * sum);
    }
    return statistics;
  }

  @Test
  void standardisesEachStatisticOverThePictures() {
    try (var _ = new PointerScope()) {
      PicturePrediction prediction = new PicturePrediction(DIM);
      prediction.standardise(images());
      float[] target = Tensors.toFloats(prediction.target(images()));
      for (int part = 0; part < WIDTH; part++) {
        double mean = 0;
        double square = 0;
        for (int picture = 0; picture < PICTURES; picture++) {
          double value = plainStatistics(picture)[part];
          mean += value / PICTURES;
          square += value * value / PICTURES;
        }
        double deviation = Math.sqrt(square - mean * mean);
        for (int picture = 0; picture < PICTURES; picture++) {
          assertThat((double) target[picture * WIDTH + part])
              .isCloseTo((plainStatistics(picture)[part] - mean) / deviation, within(1e-3));
        }
      }
    }
  }

  @Test
  void isTheMeanSquaredErrorOfItemsThatHaveAPicture() {
    boolean[] present = {true, false, true, false, false, true};
    float[] z = new float[PICTURES * DIM];
    Random random = new Random(2);
    for (int i = 0; i < z.length; i++) {
      z[i] = (float) random.nextGaussian();
    }
    try (var _ = new PointerScope()) {
      PicturePrediction prediction = new PicturePrediction(DIM);
      prediction.standardise(images());
      Tensor target = prediction.target(images());
      float[] targets = Tensors.toFloats(target);
      float[] weight =
          Tensors.toFloats(Objects.requireNonNull(prediction.parameters().get("weight")));
      double expected = 0;
      for (int picture = 0; picture < PICTURES; picture++) {
        for (int part = 0; part < WIDTH && present[picture]; part++) {
          double error = -targets[picture * WIDTH + part];
          for (int d = 0; d < DIM; d++) {
            error += Math.sqrt(DIM) * z[picture * DIM + d] * weight[part * DIM + d];
          }
          expected += error * error / WIDTH / 3;
        }
      }
      Tensor loss =
          prediction.loss(
              Tensors.floats(z, PICTURES, DIM), target, Tensors.booleans(present, PICTURES));
      assertThat((double) loss.item_float()).isCloseTo(expected, within(1e-4));
      assertThat(
              prediction
                  .loss(
                      Tensors.floats(z, PICTURES, DIM),
                      target,
                      Tensors.booleans(new boolean[PICTURES], PICTURES))
                  .item_float())
          .isZero();
    }
  }
}
