package io.saviorrec.trainer.evaluate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.saviorrec.content.TextPart;
import io.saviorrec.trainer.data.log.ItemCatalogue;
import io.saviorrec.trainer.data.prepare.TrueContent;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

final class LatentProbesTest {
  private static final int ITEMS = 300;
  private static final int DIM = 8;
  private static final long FROM = 1000;

  private final Random random = new Random(1);
  private final TrueContent truth =
      new TrueContent(new int[ITEMS], new int[ITEMS], new float[ITEMS][4], new float[ITEMS]);
  private final float[] z = new float[ITEMS * DIM];

  @BeforeAll
  static void useOneThread() {
    torch.set_num_threads(1);
  }

  /// z shows the category and the first style; of the last 100 items nothing.
  private LatentProbes probes(int shownBefore, int shownIn) {
    for (int item = 0; item < ITEMS; item++) {
      boolean blind = item >= 200;
      truth.category()[item] = random.nextInt(3);
      truth.theme()[item] = random.nextInt(3);
      for (int s = 0; s < 4; s++) {
        truth.style()[item][s] = (float) random.nextGaussian();
      }
      truth.visibleAppeal()[item] = (float) random.nextGaussian();
      for (int d = 0; d < DIM; d++) {
        z[item * DIM + d] = (float) (.1 * random.nextGaussian());
      }
      if (!blind) {
        z[item * DIM + truth.category()[item]] += 1;
        z[item * DIM + 3] += truth.style()[item][0];
      }
    }
    long[] first = new long[ITEMS];
    Arrays.fill(first, Long.MAX_VALUE);
    Arrays.fill(first, 0, shownBefore, FROM - 1);
    Arrays.fill(first, ITEMS - shownIn, ITEMS, FROM);
    return LatentProbes.of(z, DIM, truth, catalogue(first), FROM);
  }

  private static ItemCatalogue catalogue(long[] first) {
    List<ItemCatalogue.Item> items =
        IntStream.range(0, ITEMS)
            .mapToObj(i -> new ItemCatalogue.Item(i, "", "", "", null))
            .toList();
    return new ItemCatalogue(items, TextPart.ALL, first);
  }

  @Test
  void tellsWhatZShowsOfKnownItemsAndWhatOfNewOnes() {
    LatentProbes probes = probes(200, 100);
    LatentProbes.Figures held = Objects.requireNonNull(probes.heldOut());
    LatentProbes.Figures unseen = Objects.requireNonNull(probes.newItems());
    assertThat(held.items()).isEqualTo(40);
    assertThat(held.category()).isGreaterThan(0.95);
    assertThat(held.theme()).isLessThan(0.7);
    assertThat(held.style().get(0)).isGreaterThan(0.9);
    assertThat(held.style().get(1)).isLessThan(0.3);
    assertThat(held.visibleAppeal()).isLessThan(0.3);
    assertThat(unseen.items()).isEqualTo(100);
    assertThat(unseen.category()).isLessThan(0.7);
    assertThat(unseen.style().get(0)).isLessThan(0.3);
  }

  @Test
  void tellsNothingFromAFewItems() {
    assertThat(probes(200, 29).newItems()).isNull();
    assertThat(probes(100, 30).heldOut()).isNull();
    assertThat(probes(20, 100).newItems()).isNull();
  }

  @Test
  void countsDirectionsEvenWithoutATruth() {
    LatentProbes probes =
        LatentProbes.of(new float[] {1, 0, -1, 0}, 2, null, catalogue(new long[ITEMS]), FROM);
    assertThat(probes.effectiveRank()).isCloseTo(1, within(1e-6));
    assertThat(probes.heldOut()).isNull();
    assertThat(probes.newItems()).isNull();
  }
}
