package io.saviorrec.trainer.encoder;

import io.saviorrec.trainer.torch.ScriptModule;
import io.saviorrec.trainer.torch.Tensors;
import java.util.Arrays;
import java.util.random.RandomGenerator;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;

/// The colours that a catalogue's pictures are made of, by k-means++ and Lloyd's algorithm.
final class Palette {
  private static final int ITERATIONS = 20;

  /// Of a colour's Gaussian, in each channel, where channels have a variance of about one.
  private static final double VARIANCE = 0.05;

  private Palette() {}

  /// So many colours that are near these pixels, f32 `[K, 3]`.
  ///
  /// @param points f32 `[N, 3]`, at least one
  static Tensor of(Tensor points, int colours, RandomGenerator random) {
    try (var _ = new NoGradGuard()) {
      float[] all = Tensors.toFloats(points);
      Tensor start = Tensors.floats(spread(all, colours, random), colours, EncoderNetwork.COLOURS);
      return new ScriptModule("KMeans")
          .defineResource("torchscript/kmeans.py")
          .callTensors("forward", points, start, ITERATIONS)
          .getFirst();
    }
  }

  /// Points far from each other: each is drawn in proportion to its squared distance from those
  /// before it, and evenly where no point is away from them.
  private static float[] spread(float[] points, int count, RandomGenerator random) {
    int width = EncoderNetwork.COLOURS;
    int rows = points.length / width;
    double[] distance = new double[rows];
    Arrays.fill(distance, Double.POSITIVE_INFINITY);
    float[] chosen = new float[count * width];
    int at = random.nextInt(rows);
    for (int c = 0; c < count; c++) {
      System.arraycopy(points, at * width, chosen, c * width, width);
      for (int row = 0; row < rows; row++) {
        double square = 0;
        for (int d = 0; d < width; d++) {
          double difference = points[row * width + d] - chosen[c * width + d];
          square += difference * difference;
        }
        distance[row] = Math.min(distance[row], square);
      }
      at = draw(distance, random);
    }
    return chosen;
  }

  private static int draw(double[] weight, RandomGenerator random) {
    double rest = random.nextDouble() * Arrays.stream(weight).sum();
    for (int row = 0; row < weight.length; row++) {
      rest -= weight[row];
      if (rest < 0) {
        return row;
      }
    }
    return random.nextInt(weight.length);
  }

  /// The softmax over colours is that of a mixture of Gaussians: a colour's logit for a pixel is (2
  /// x · c - c · c) / 2 σ². Its weight `[K, 3, 1, 1]`.
  static Tensor weight(Tensor colours) {
    return colours.div(new Scalar(VARIANCE)).view(colours.size(0), colours.size(1), 1, 1);
  }

  /// `[K]`
  static Tensor bias(Tensor colours) {
    return colours.square().sum(1).mul(new Scalar(-0.5 / VARIANCE));
  }
}
