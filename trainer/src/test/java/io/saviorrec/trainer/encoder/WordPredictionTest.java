package io.saviorrec.trainer.encoder;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.saviorrec.trainer.torch.Tensors;
import java.util.Objects;
import java.util.Random;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;

final class WordPredictionTest {
  private static final int DIM = 4;
  private static final int VOCABULARY = 9;
  private static final int TOKENS = 5;
  private static final long[] COUNTS = {0, 0, 20, 20, 0, 5, 16, 4, 1};

  /// `[CLS] 6 7 [SEP]` and `[CLS] 8 [SEP]`, padded.
  private static final long[] IDS = {2, 6, 7, 3, 0, 2, 8, 3, 0, 0};

  private static final boolean[] MASK = {
    true, true, true, true, false, true, true, true, false, false
  };

  @Test
  void isTheWeightedCrossEntropyOfTheWordsWithoutSpecialTokens() {
    Random random = new Random(1);
    float[] z = new float[2 * DIM];
    for (int i = 0; i < z.length; i++) {
      z[i] = (float) random.nextGaussian();
    }
    try (var _ = new PointerScope()) {
      WordPrediction words = new WordPrediction(COUNTS, DIM);
      float[] weight = Tensors.toFloats(Objects.requireNonNull(words.parameters().get("weight")));
      double expected = 0;
      for (int row = 0; row < 2; row++) {
        double[] logits = new double[VOCABULARY];
        double total = 0;
        for (int word = 0; word < VOCABULARY; word++) {
          for (int d = 0; d < DIM; d++) {
            logits[word] += 2 * z[row * DIM + d] * weight[word * DIM + d];
          }
          total += Math.exp(logits[word]);
        }
        for (int t = 0; t < TOKENS; t++) {
          int id = (int) IDS[row * TOKENS + t];
          if (MASK[row * TOKENS + t] && id >= TokenizerBuilder.SPECIAL.size()) {
            double importance = 1 / Math.sqrt((double) COUNTS[id]);
            expected += importance * (Math.log(total) - logits[id]) / (1 / 4.0 + 1 / 2.0 + 1);
          }
        }
      }
      double loss =
          words
              .loss(
                  Tensors.floats(z, 2, DIM),
                  Tensors.longs(IDS, 2, TOKENS),
                  Tensors.booleans(MASK, 2, TOKENS))
              .item_float();
      assertThat(loss).isCloseTo(expected, within(1e-5));
    }
  }

  @Test
  void aFrequentWordCountsLessAndTheMeanIsOne() {
    float[] importance = WordPrediction.importance(COUNTS);
    assertThat(importance[7]).isCloseTo(2 * importance[6], within(1e-6f));
    double total = 0;
    for (int id = 0; id < COUNTS.length; id++) {
      total += COUNTS[id] * importance[id];
    }
    assertThat(total).isCloseTo(5 + 16 + 4 + 1, within(1e-4));
    assertThat(importance[TokenizerBuilder.SPECIAL.size() - 1]).isZero();
  }

  @Test
  void isZeroForItemsWithoutWords() {
    try (var _ = new PointerScope()) {
      Tensor loss =
          new WordPrediction(COUNTS, DIM)
              .loss(
                  Tensors.floats(new float[DIM], 1, DIM),
                  Tensors.longs(new long[] {2, 3}, 1, 2),
                  Tensors.booleans(new boolean[] {true, true}, 1, 2));
      assertThat(loss.item_float()).isZero();
    }
  }
}
