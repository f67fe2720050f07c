package io.saviorrec.server.states;

import static org.assertj.core.api.Assertions.assertThat;

import io.saviorrec.contract.CandidateHints;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class MeansTest {
  private final List<ItemHint> computed = new ArrayList<>();
  private final Means means =
      new Means(
          hint -> {
            computed.add(hint);
            return KnownBatch.unknown(new long[1], 1, 1, 1, 1);
          });

  @Test
  void computesAMeanOnceWhateverTheStatistics() {
    KnownBatch first = means.of(hint(new int[] {3, 0}, 1, 7f));

    assertThat(means.of(hint(new int[] {3, 0}, 1, 8f))).isSameAs(first);
    assertThat(means.of(hint(new int[] {3, 0}, 1))).isSameAs(first);
    assertThat(computed).hasSize(1);
  }

  @Test
  void tellsCodesAndCategoriesApart() {
    means.of(hint(new int[] {3, 0}, 1));
    means.of(hint(new int[] {3, 1}, 1));
    means.of(hint(new int[] {3, 0}, 2));
    means.of(hint(null, 1));
    means.of(hint(null, CandidateHints.NO_CATEGORY));

    assertThat(computed).hasSize(5);
  }

  @Test
  void keepsOnlySoMany() {
    for (int i = 0; i < 2 * Means.MOST; i++) {
      means.of(hint(new int[] {i}, 1));
    }

    assertThat(means.kept()).isPositive().isLessThanOrEqualTo(Means.MOST);
  }

  private static ItemHint hint(int @Nullable [] codes, long category, float... stats) {
    return new ItemHint(codes, category, stats.length == 0 ? null : stats);
  }
}
