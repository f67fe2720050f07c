package io.saviorrec.trainer.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import org.junit.jupiter.api.Test;

class TSneTest {
  private static final int GROUPS = 4;
  private static final int EACH = 30;
  private static final int WIDTH = 10;

  @Test
  void neighboursStayNeighboursAndThePictureIsAlwaysTheSame() {
    Random random = new Random(1);
    float[] rows = new float[GROUPS * EACH * WIDTH];
    for (int i = 0; i < GROUPS * EACH; i++) {
      for (int d = 0; d < WIDTH; d++) {
        rows[i * WIDTH + d] = (float) (0.3 * random.nextGaussian() + (d == i / EACH ? 3 : 0));
      }
    }
    double[][] places = TSne.of(rows, WIDTH);
    int right = 0;
    for (int i = 0; i < places.length; i++) {
      int nearest = -1;
      double least = Double.POSITIVE_INFINITY;
      for (int j = 0; j < places.length; j++) {
        double distance = Math.hypot(places[i][0] - places[j][0], places[i][1] - places[j][1]);
        if (i != j && distance < least) {
          least = distance;
          nearest = j;
        }
      }
      right += nearest / EACH == i / EACH ? 1 : 0;
    }
    assertThat(right).isEqualTo(GROUPS * EACH);
    assertThat(TSne.of(rows, WIDTH)).isDeepEqualTo(places);
  }

  @Test
  void fewAndEqualVectorsHaveFinitePlaces() {
    for (double[] place : TSne.of(new float[3 * WIDTH], WIDTH)) {
      assertThat(place[0]).isFinite();
      assertThat(place[1]).isFinite();
    }
    assertThat(TSne.of(new float[WIDTH], WIDTH)).hasDimensions(1, 2);
  }
}
