package io.saviorrec.trainer.ranker;

import static org.assertj.core.api.Assertions.assertThat;

import io.saviorrec.trainer.optim.Adagrad;
import io.saviorrec.trainer.optim.AdamW;
import io.saviorrec.trainer.optim.ParameterGroup;
import io.saviorrec.trainer.torch.Tensors;
import io.saviorrec.trainer.train.Preset;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.stream.LongStream;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RankerStateTest {
  private static final List<String> TABLES = List.of("item_table", "user_table");
  private static final List<String> DENSE = List.of("second", "third_bias");

  @TempDir private static Path folder;

  private static TastefulShop shop;
  private static RankerConfig config;
  private static RankerSpec spec;

  @BeforeAll
  static void openShop() throws IOException {
    torch.set_num_threads(1);
    shop = TastefulShop.in(folder);
    config = Preset.TINY.config().ranker();
    spec = shop.spec(config);
  }

  @AfterAll
  static void closeShop() {
    shop.data.close();
  }

  private static Ranker ranker(long seed, RankerSpec spec) {
    torch.manual_seed(seed);
    return new Ranker(config, spec, null);
  }

  private static NamedOptimizers optimizers(Ranker ranker) {
    return new NamedOptimizers()
        .add(
            new Adagrad(
                List.of(group(ranker, TABLES)),
                Adagrad.INITIAL_ACCUMULATOR,
                new Adagrad.Decay(2, 0.5)),
            TABLES)
        .add(new AdamW(0.9, 0.99, List.of(group(ranker, DENSE))), DENSE);
  }

  private static ParameterGroup group(Ranker ranker, List<String> names) {
    return ParameterGroup.of(names.stream().map(ranker.module()::parameter).toList(), 0.1);
  }

  /// A step by the same gradient whatever the ranker.
  private static void step(Ranker ranker, NamedOptimizers optimizers) {
    DENSE.forEach(
        name -> {
          Tensor parameter = ranker.module().parameter(name);
          parameter.mutable_grad().put(torch.ones_like(parameter.detach()));
        });
    optimizers.optimizers().forEach(each -> each.step(rate -> rate));
  }

  private static float[] row(Tensor table, long row) {
    int width = Math.toIntExact(table.size(1));
    return Arrays.copyOfRange(
        Tensors.toFloats(table), Math.toIntExact(row * width), Math.toIntExact((row + 1) * width));
  }

  @Test
  void weightsAndMemoryGoOnByIdAndANewIdStartsAtTheUnknownOnesRow() {
    Path file = folder.resolve("grown.safetensors");
    try (var _ = new PointerScope()) {
      Ranker before = ranker(1, spec);
      NamedOptimizers optimizers = optimizers(before);
      step(before, optimizers);
      RankerState.write(file, spec, optimizers);
      // Before all others, so that every row moves.
      long fresh = -7;
      try (RankerState state = RankerState.open(file)) {
        RankerSpec grown = state.grown(new long[] {fresh}, new long[0]);
        assertThat(grown.itemVocabulary())
            .containsExactly(
                LongStream.concat(LongStream.of(spec.itemVocabulary()), LongStream.of(fresh))
                    .sorted()
                    .toArray());
        Ranker after = ranker(2, grown);
        NamedOptimizers restored = optimizers(after);
        state.restore(grown, restored);

        Tensor old = before.module().parameter("item_table");
        Tensor now = after.module().parameter("item_table");
        Tensor accumulator =
            Objects.requireNonNull(restored.memory().get("item_table.accumulator"));
        for (int i = 0; i < grown.itemVocabulary().length; i++) {
          int at = Arrays.binarySearch(spec.itemVocabulary(), grown.itemVocabulary()[i]);
          assertThat(row(now, i + 1)).containsExactly(row(old, at < 0 ? 0 : at + 1));
          if (at < 0) {
            assertThat(row(accumulator, i + 1)).containsOnly((float) Adagrad.INITIAL_ACCUMULATOR);
          }
        }
        assertThat(Tensors.toFloats(after.module().parameter("second")))
            .containsExactly(Tensors.toFloats(before.module().parameter("second")));
        step(before, optimizers);
        step(after, restored);
        // By the moments and the number of steps that the first one has, too.
        assertThat(Tensors.toFloats(after.module().parameter("second")))
            .containsExactly(Tensors.toFloats(before.module().parameter("second")));
      }
    }
  }

  @Test
  void aSpecComesBackAsItWas() {
    Path file = folder.resolve("spec.safetensors");
    try (var _ = new PointerScope()) {
      RankerState.write(file, spec, optimizers(ranker(1, spec)));
      try (RankerState state = RankerState.open(file)) {
        assertThat(state.spec()).usingRecursiveComparison().isEqualTo(spec);
        assertThat(state.grown(new long[0], new long[0]))
            .usingRecursiveComparison()
            .isEqualTo(spec);
      }
    }
  }
}
