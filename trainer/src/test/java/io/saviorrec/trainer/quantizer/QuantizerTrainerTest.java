package io.saviorrec.trainer.quantizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.saviorrec.bundle.FloatRows;
import io.saviorrec.trainer.console.UserError;
import io.saviorrec.trainer.contrast.PositivePairs;
import io.saviorrec.trainer.data.log.CoClicks;
import io.saviorrec.trainer.loop.Checkpoints;
import io.saviorrec.trainer.torch.ScriptModule;
import io.saviorrec.trainer.torch.Tensors;
import io.saviorrec.trainer.train.Preset;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import java.util.stream.IntStream;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class QuantizerTrainerTest {
  private static final int ITEMS = 300;
  private static final int DIM = 12;

  // Threads that wait for each other cost more than these small products.
  @BeforeAll
  static void useOneThread() {
    torch.set_num_threads(1);
  }

  @TempDir private Path folder;

  private final FloatRows z = FloatRows.of(clusters(), DIM);
  private final int[] all = IntStream.range(0, ITEMS).toArray();

  /// Unit vectors in ten clusters.
  private static float[] clusters() {
    Random random = new Random(3);
    float[] centres = new float[10 * DIM];
    for (int i = 0; i < centres.length; i++) {
      centres[i] = (float) random.nextGaussian();
    }
    float[] z = new float[ITEMS * DIM];
    for (int i = 0; i < ITEMS; i++) {
      double square = 0;
      for (int d = 0; d < DIM; d++) {
        float value = centres[i % 10 * DIM + d] + 0.3f * (float) random.nextGaussian();
        z[i * DIM + d] = value;
        square += value * value;
      }
      for (int d = 0; d < DIM; d++) {
        z[i * DIM + d] /= (float) Math.sqrt(square);
      }
    }
    return z;
  }

  private PositivePairs pairs() {
    int[] first = IntStream.range(0, ITEMS - 10).toArray();
    int[] second = IntStream.range(10, ITEMS).toArray();
    float[] weight = new float[first.length];
    Arrays.fill(weight, 1);
    return PositivePairs.of(ITEMS, new CoClicks(first, second, weight), all);
  }

  private QuantizerResult train(String name, long seed) {
    return QuantizerTrainer.train(
        Preset.TINY.config().quantizer(),
        z,
        pairs(),
        all,
        folder.resolve(name),
        seed,
        Checkpoints.none());
  }

  @Test
  void reconstructsItemsAndUsesItsCodes() {
    QuantizerResult result = train("rq.pt", 1);
    CodeQuality quality = result.quality();
    assertThat(quality.cosine()).isGreaterThan(0.8);
    assertThat(quality.levels()).hasSize(2);
    assertThat(quality.levels()).allMatch(level -> level.perplexity() > 4);
    assertThat(quality.levels()).allMatch(level -> level.deadCodes() <= 2);
    assertThat(quality.levels().getLast().residualNorm()).isLessThan(quality.encodedNorm());
    assertThat(result.codes()).hasSize(ITEMS * 2);
    assertThat(Arrays.stream(result.codes())).allMatch(code -> code >= 0 && code < 8);
    assertThat(result.codebook()).hasSize(2 * 8 * 8);
  }

  @Test
  void givesItemsOfOneClusterTheSameFirstCode() {
    int[] codes = train("rq.pt", 1).codes();
    int agreeing = 0;
    for (int i = 10; i < ITEMS; i++) {
      agreeing += codes[2 * i] == codes[2 * (i - 10)] ? 1 : 0;
    }
    assertThat(agreeing).isGreaterThan(ITEMS / 2);
  }

  @Test
  void quantisesAnItemTheSameWhateverItsBatch() {
    QuantizerResult result = train("rq.pt", 1);
    try (var _ = new PointerScope()) {
      ScriptModule archive = ScriptModule.load(folder.resolve("rq.pt"));
      for (int size : new int[] {1, 7, 64}) {
        for (int from = 0; from + size <= ITEMS; from += size) {
          float[] rows = new float[size * DIM];
          z.copy(from, size, rows, 0);
          long[] codes =
              Tensors.toLongs(archive.callTensor("quantize", Tensors.floats(rows, size, DIM)));
          for (int i = 0; i < codes.length; i++) {
            assertThat(codes[i]).isEqualTo(result.codes()[from * 2 + i]);
          }
        }
      }
    }
  }

  @Test
  void repeatsItselfUnderOneSeedAndNotUnderAnother() {
    QuantizerResult once = train("a.pt", 1);
    QuantizerResult again = train("b.pt", 1);
    assertThat(Arrays.equals(again.codes(), once.codes())).isTrue();
    assertThat(Arrays.equals(again.codebook(), once.codebook())).isTrue();
    assertThat(Arrays.equals(train("c.pt", 2).codebook(), once.codebook())).isFalse();
  }

  @Test
  void trainsWithoutPairs() {
    PositivePairs none =
        PositivePairs.of(ITEMS, new CoClicks(new int[0], new int[0], new float[0]), all);
    QuantizerResult result =
        QuantizerTrainer.train(
            Preset.TINY.config().quantizer(),
            z,
            none,
            all,
            folder.resolve("rq.pt"),
            1,
            Checkpoints.none());
    assertThat(result.quality().cosine()).isGreaterThan(0.8);
  }

  @Test
  void refusesFewerItemsThanCodes() {
    assertThatThrownBy(
            () ->
                QuantizerTrainer.train(
                    Preset.TINY.config().quantizer(),
                    z,
                    pairs(),
                    new int[] {0, 1, 2},
                    folder.resolve("rq.pt"),
                    1,
                    Checkpoints.none()))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("3 training items")
        .hasMessageContaining("codebookSize");
  }
}
