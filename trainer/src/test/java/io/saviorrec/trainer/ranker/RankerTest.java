package io.saviorrec.trainer.ranker;

import static io.saviorrec.trainer.ranker.SmallRanker.config;
import static io.saviorrec.trainer.ranker.SmallRanker.item;
import static io.saviorrec.trainer.ranker.SmallRanker.ranker;
import static io.saviorrec.trainer.ranker.SmallRanker.taste;
import static io.saviorrec.trainer.ranker.SmallRanker.unknown;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.saviorrec.trainer.ranker.PlainRanker.Item;
import io.saviorrec.trainer.torch.ScriptModule;
import io.saviorrec.trainer.torch.Tensors;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/// The network against [PlainRanker], and its two ways of scoring against each other.
final class RankerTest {
  static Stream<RankerConfig> settings() {
    List<RankerConfig> settings = new ArrayList<>();
    for (Variant variant : Variant.values()) {
      for (AttentionNorm norm : AttentionNorm.values()) {
        settings.add(config(variant, norm, Wiring.SUMMARIES, MbaNorm.SMOOTH));
      }
      settings.add(config(variant, AttentionNorm.SOFTMAX, Wiring.PAPER, MbaNorm.NONE));
    }
    settings.add(config(Variant.SAVIORREC, AttentionNorm.LINEAR_SUM, Wiring.PAPER, MbaNorm.HARD));
    for (Inputs inputs : Inputs.values()) {
      settings.add(
          config(
              Variant.SAVIORREC,
              AttentionNorm.LINEAR_MEAN,
              Wiring.SUMMARIES,
              MbaNorm.SMOOTH,
              inputs));
    }
    return settings.stream();
  }

  @ParameterizedTest
  @MethodSource("settings")
  void scoresEqualThePlainReference(RankerConfig config) {
    Ranker ranker = ranker(config);
    PlainRanker plain = new PlainRanker(ranker);
    Random random = new Random(3);
    for (int historySize : new int[] {0, 1, 4}) {
      List<Item> history = new ArrayList<>();
      for (int j = 0; j < historySize; j++) {
        history.add(item(random, 10L * (j + 1)));
      }
      List<Item> candidates = List.of(item(random, 20), item(random, 99), unknown());
      float[] pctrBase = {0.15f, Float.NaN, 0.9f};
      long user = historySize == 1 ? 1234 : 8;
      long[] profile = {2, 7};
      long[] context = {3};
      double[] expected = new double[candidates.size()];
      for (int c = 0; c < expected.length; c++) {
        expected[c] =
            plain.score(
                user, profile, context, taste(ranker), history, candidates.get(c), pctrBase[c]);
      }
      float[] offline = offline(ranker, user, profile, context, history, candidates, pctrBase);
      float[] served =
          served(
              ranker.module(),
              taste(ranker),
              user,
              profile,
              context,
              history,
              candidates,
              pctrBase);
      for (int c = 0; c < expected.length; c++) {
        assertThat((double) offline[c])
            .as("offline, candidate %d", c)
            .isCloseTo(expected[c], within(1e-5));
        assertThat((double) served[c])
            .as("served, candidate %d", c)
            .isCloseTo(expected[c], within(1e-5));
      }
    }
  }

  @Test
  void aSavedArchiveScoresTheSame(@TempDir Path folder) {
    Ranker ranker =
        ranker(
            config(Variant.SAVIORREC, AttentionNorm.LINEAR_MEAN, Wiring.SUMMARIES, MbaNorm.SMOOTH));
    Random random = new Random(4);
    List<Item> history = List.of(item(random, 10), item(random, 30));
    List<Item> candidates = List.of(item(random, 20), item(random, 21));
    float[] pctrBase = {0.2f, 0.4f};
    float[] before =
        served(
            ranker.module(),
            taste(ranker),
            7,
            new long[] {1, 5},
            new long[] {0},
            history,
            candidates,
            pctrBase);
    Path archive = folder.resolve("ranker.pt");
    ranker.module().save(archive);
    float[] after =
        served(
            ScriptModule.load(archive),
            taste(ranker),
            7,
            new long[] {1, 5},
            new long[] {0},
            history,
            candidates,
            pctrBase);
    assertThat(after).containsExactly(before);
  }

  /// Offline, served, and from an archive; training does not see it.
  @ParameterizedTest
  @EnumSource(AttentionNorm.class)
  void aCalibrationIsPartOfEveryScore(AttentionNorm norm, @TempDir Path folder) {
    Ranker ranker = ranker(config(Variant.SAVIORREC, norm, Wiring.SUMMARIES, MbaNorm.SMOOTH));
    Random random = new Random(4);
    List<Item> history = List.of(item(random, 10), item(random, 30));
    List<Item> candidates = List.of(item(random, 20), item(random, 21), unknown());
    float[] pctrBase = {0.02f, 0.4f, 0.95f};
    long[] profile = {1, 5};
    long[] context = {0};
    float[] raw = offline(ranker, 7, profile, context, history, candidates, pctrBase);
    CalibrationCurve curve =
        new CalibrationCurve(new double[] {-3, -1, 0, 2}, new double[] {-2, -1.5, 0.5, 0.6});
    ranker.calibrate(curve);
    float[] expected = new float[raw.length];
    for (int i = 0; i < raw.length; i++) {
      expected[i] = curve.of(raw[i]);
    }
    assertThat(offline(ranker, 7, profile, context, history, candidates, pctrBase))
        .containsExactly(expected, within(1e-5f));
    Path archive = folder.resolve("ranker.pt");
    ranker.module().save(archive);
    assertThat(
            served(
                ScriptModule.load(archive),
                taste(ranker),
                7,
                profile,
                context,
                history,
                candidates,
                pctrBase))
        .containsExactly(expected, within(1e-5f))
        .doesNotContain(raw);
  }

  /// Few candidates, many, and several requests take different ways to the same scores; a history
  /// that grew is the same as one that was there from the start.
  @ParameterizedTest
  @MethodSource("settings")
  void everyWayOfServingGivesTheSameScores(RankerConfig config) {
    Ranker ranker = ranker(config);
    Random random = new Random(6);
    List<Item> history = Stream.of(10, 20, 30, 40).map(id -> item(random, id)).toList();
    List<Item> candidates = List.of(item(random, 20), item(random, 99), unknown());
    float[] pctrBase = {0.15f, Float.NaN, 0.9f};
    long[] profile = {2, 7};
    long[] context = {3};
    try (var _ = new PointerScope();
        var _ = new NoGradGuard()) {
      ServedTable table = new ServedTable(ranker.module(), taste(ranker), history, candidates, 0);
      table.user(1, 0, 8, profile, context, table.history(0, 4), new long[0]);
      float[] alone = table.score(new long[] {1}, 1, pctrBase);
      requireRepeated(table.score(new long[] {1}, 40, pctrBase), alone, 1e-6f);
      requireRepeated(table.score(new long[] {1, 1, 1}, 1, pctrBase), alone, 1e-6f);
      requireRepeated(table.score(new long[] {1, 1}, 40, pctrBase), alone, 1e-6f);
      // From the first three, and the same again, to the last three and then to all of them.
      table.user(2, 0, 8, profile, context, table.history(0, 3), new long[0]);
      table.user(3, 2, 8, profile, context, table.history(3, 4), table.history(0, 1));
      table.user(4, 3, 8, profile, context, table.history(0, 1), new long[0]);
      requireRepeated(table.score(new long[] {4}, 1, pctrBase), alone, 1e-6f);
      ServedTable half = new ServedTable(ranker.module(), taste(ranker), history, candidates, 1);
      half.user(1, 0, 8, profile, context, half.history(0, 4), new long[0]);
      requireRepeated(half.score(new long[] {1}, 1, pctrBase), alone, 0.05f);
      requireRepeated(half.score(new long[] {1}, 40, pctrBase), alone, 0.05f);
    }
  }

  private static void requireRepeated(float[] actual, float[] expected, float tolerance) {
    for (int i = 0; i < actual.length; i++) {
      assertThat(actual[i])
          .as("score %d of %d", i, actual.length)
          .isCloseTo(expected[i % expected.length], within(tolerance));
    }
  }

  /// Scores so far apart that their exponentials would leave the range of float32.
  @Test
  void softmaxHoldsForScoresOfAnySize() {
    Ranker ranker =
        ranker(config(Variant.SAVIORREC, AttentionNorm.SOFTMAX, Wiring.SUMMARIES, MbaNorm.SMOOTH));
    Random random = new Random(8);
    List<Item> history = List.of(item(random, 10), item(random, 30), item(random, 20));
    List<Item> candidates = List.of(item(random, 20), item(random, 21));
    float[] pctrBase = {0.2f, 0.4f};
    try (var _ = new PointerScope();
        var _ = new NoGradGuard()) {
      ranker.module().parameter("query_z").mul_(new org.bytedeco.pytorch.Scalar(100.0));
      float[] offline =
          offline(ranker, 7, new long[] {1, 5}, new long[] {0}, history, candidates, pctrBase);
      float[] served =
          served(
              ranker.module(),
              taste(ranker),
              7,
              new long[] {1, 5},
              new long[] {0},
              history,
              candidates,
              pctrBase);
      assertThat(served).containsExactly(offline, within(1e-5f));
    }
  }

  @ParameterizedTest
  @EnumSource(Variant.class)
  void everyParameterGetsAGradientAfterTheFirstStep(Variant variant) {
    Ranker ranker =
        ranker(config(variant, AttentionNorm.LINEAR_MEAN, Wiring.SUMMARIES, MbaNorm.SMOOTH));
    Random random = new Random(4);
    List<Item> all = List.of(item(random, 10), item(random, 30), item(random, 20));
    try (var _ = new PointerScope()) {
      logits(
              ranker,
              7,
              new long[] {1, 5},
              new long[] {0},
              all,
              all,
              new float[] {.1f, Float.NaN, Float.NaN},
              true)
          .sum()
          .backward();
      ranker
          .module()
          .parameters()
          .forEach(
              (name, parameter) -> {
                if (parameter.numel() > 0) {
                  assertThat(parameter.grad().to_dense().abs().sum().item_float())
                      .as(name)
                      .isPositive();
                }
              });
    }
  }

  @Test
  void chimesOwnLossEqualsThePlainReference() {
    Ranker ranker =
        ranker(config(Variant.CHIME, AttentionNorm.LINEAR_MEAN, Wiring.SUMMARIES, MbaNorm.SMOOTH));
    PlainRanker plain = new PlainRanker(ranker);
    Random random = new Random(4);
    List<Item> items = List.of(item(random, 10), item(random, 30), unknown(), item(random, 20));
    try (var _ = new PointerScope()) {
      Tensor loss = ranker.module().callTensor("own_loss", ItemTensors.of(items).z());
      assertThat((double) loss.item_float())
          .isCloseTo(
              plain.baselines().chimeLoss(items.stream().map(plain::modal).toList()), within(1e-4));
      loss.backward();
      for (String moved : List.of("adapt", "adapt_gate", "adapt_bias", "interest_code")) {
        assertThat(ranker.module().parameter(moved).grad().abs().sum().item_float())
            .as(moved)
            .isPositive();
      }
    }
  }

  /// Else a cosine on the border of two tiers could fall into one in training and into the other in
  /// serving. With 2^52 tiers every difference shows.
  @Test
  void aCosineDoesNotDependOnTheOrderOfItsSum() {
    Ranker ranker =
        ranker(
            config(Variant.SIMTIER, AttentionNorm.LINEAR_MEAN, Wiring.SUMMARIES, MbaNorm.SMOOTH));
    try (var _ = new PointerScope()) {
      Tensor z = torch.randn(200, 64);
      Tensor directions = ranker.module().callTensor("content", z).view(1, 200, 64);
      Tensor turned = directions.flip(2);
      Tensor tiers = ranker.module().callTensor("tiers_of", directions, directions, 1L << 52);
      assertThat(Tensors.toLongs(ranker.module().callTensor("tiers_of", turned, turned, 1L << 52)))
          .containsExactly(Tensors.toLongs(tiers));
    }
  }

  private static float[] offline(
      Ranker ranker,
      long user,
      long[] profile,
      long[] context,
      List<Item> history,
      List<Item> candidates,
      float[] pctrBase) {
    try (var _ = new PointerScope()) {
      float[] both =
          Tensors.toFloats(
              logits(ranker, user, profile, context, history, candidates, pctrBase, false)
                  .sigmoid());
      float[] first = Arrays.copyOf(both, candidates.size());
      assertThat(Arrays.copyOfRange(both, candidates.size(), both.length))
          .containsExactly(first, within(1e-6f));
      return first;
    }
  }

  /// Two equal pages, with a history as long as the ranker takes, to see that padding does not
  /// matter.
  private static Tensor logits(
      Ranker ranker,
      long user,
      long[] profile,
      long[] context,
      List<Item> history,
      List<Item> candidates,
      float[] pctrBase,
      boolean train) {
    int n = ranker.config().historyLength();
    int clicks = history.size();
    int each = candidates.size();
    List<Item> rows = new ArrayList<>(history);
    rows.addAll(candidates);
    rows.addAll(candidates);
    long[] past = new long[n];
    for (int j = 0; j < n; j++) {
      past[j] = Math.min(j, clicks);
    }
    ItemTensors items = ItemTensors.of(rows);
    return ranker
        .module()
        .callTensor(
            "logits",
            twice(Tensors.longs(new long[] {user}, 1)),
            twice(Tensors.longs(profile, 1, profile.length)),
            twice(Tensors.longs(context, 1, context.length)),
            items.id(),
            items.stats(),
            items.features(),
            items.z(),
            items.codes(),
            twice(Tensors.longs(past, 1, n)),
            twice(Tensors.longs(past, 1, n)),
            Tensors.longs(LongStream.range(0, 2L * each).toArray(), 2, each),
            ServedTable.slots(0, 2 * each),
            twice(Tensors.floats(pctrBase, pctrBase.length)),
            twice(Tensors.floats(taste(ranker), 1, ranker.tasteWidth())),
            train);
  }

  private static Tensor twice(Tensor page) {
    return torch.cat(new TensorVector(page, page), 0);
  }

  /// The server's way: item and user states in the module's tables, candidates by slot.
  private static float[] served(
      ScriptModule module,
      float[] taste,
      long user,
      long[] profile,
      long[] context,
      List<Item> history,
      List<Item> candidates,
      float[] pctrBase) {
    try (var _ = new PointerScope();
        var _ = new NoGradGuard()) {
      ServedTable table = new ServedTable(module, taste, history, candidates, 0);
      table.user(1, 0, user, profile, context, table.history(0, history.size()), new long[0]);
      return table.score(new long[] {1}, 1, pctrBase);
    }
  }
}
