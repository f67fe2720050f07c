package io.saviorrec.trainer.quantizer;

import static org.assertj.core.api.Assertions.assertThat;

import io.saviorrec.trainer.torch.ScriptModule;
import io.saviorrec.trainer.torch.Tensors;
import java.util.List;
import java.util.Random;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

final class KMeansTest {
  @BeforeAll
  static void useOneThread() {
    torch.set_num_threads(1);
  }

  private static float[] random(int count, long seed) {
    float[] values = new float[count];
    Random random = new Random(seed);
    for (int i = 0; i < count; i++) {
      values[i] = random.nextFloat();
    }
    return values;
  }

  private static double distance(float[] points, int point, float[] centres, int centre) {
    return Math.hypot(
        points[2 * point] - centres[2 * centre], points[2 * point + 1] - centres[2 * centre + 1]);
  }

  /// Distances of so many points are not all in memory at once.
  @Test
  void everyPointOfManyHasItsNearestCentre() {
    int count = 9_000;
    int clusters = 4096;
    float[] points = random(2 * count, 1);
    float[] centres = random(2 * clusters, 2);
    try (var _ = new PointerScope()) {
      ScriptModule kMeans = new ScriptModule("KMeans").defineResource("torchscript/kmeans.py");
      List<Tensor> found =
          kMeans.callTensors(
              "forward", Tensors.floats(points, count, 2), Tensors.floats(centres, clusters, 2), 0);
      long[] nearest = Tensors.toLongs(found.get(1));
      assertThat(nearest).hasSize(count);
      for (int p = 0; p < count; p++) {
        double best = Double.MAX_VALUE;
        for (int c = 0; c < clusters; c++) {
          best = Math.min(best, distance(points, p, centres, c));
        }
        // The product of matrices that distances come from is precise to about a thousandth.
        assertThat(distance(points, p, centres, (int) nearest[p])).isLessThan(best + 2e-3);
      }
    }
  }

  @Test
  void centresAreTheMeansOfTheirPointsAndEmptyOnesStay() {
    float[] points = {0, 0, 0, 2, 10, 10, 12, 10};
    float[] centres = {1, 1, 9, 9, 100, 100};
    try (var _ = new PointerScope()) {
      ScriptModule kMeans = new ScriptModule("KMeans").defineResource("torchscript/kmeans.py");
      List<Tensor> found =
          kMeans.callTensors(
              "forward", Tensors.floats(points, 4, 2), Tensors.floats(centres, 3, 2), 3);
      assertThat(Tensors.toFloats(found.get(0))).containsExactly(0, 1, 11, 10, 100, 100);
      assertThat(Tensors.toLongs(found.get(1))).containsExactly(0, 0, 1, 1);
    }
  }
}
