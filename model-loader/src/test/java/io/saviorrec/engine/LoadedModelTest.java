package io.saviorrec.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.saviorrec.bundle.Bundle;
import io.saviorrec.bundle.BundleException;
import io.saviorrec.bundle.ItemBatch;
import io.saviorrec.contract.Precision;
import io.saviorrec.contract.RankerContract;
import io.saviorrec.contract.ScoreBatch;
import io.saviorrec.contract.UserBatch;
import io.saviorrec.feature.FeatureColumn;
import io.saviorrec.proto.v1.Golden;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LoadedModelTest {

  private static final float NO_BASE = Float.NaN;
  private static final EngineConfig CONFIG = new EngineConfig("cpu", 8, 6, Precision.FP32);

  @TempDir Path repository;
  private LoadedModel model;

  @BeforeEach
  void load() {
    model = LoadedModel.load(TinyBundle.write(repository, Golden.getDefaultInstance()), CONFIG);
    model.putItems(new int[] {3, 4, 5, 6, 7}, TinyBundle.items().items());
  }

  @AfterEach
  void close() {
    model.close();
  }

  @Test
  void candidatesAreScoredInTheirOrder() {
    float[] scores =
        score(
            new Input(
                1234,
                new long[] {2},
                new long[] {3},
                new int[] {4, 5},
                new int[] {7, 3},
                new float[] {0.25f, NO_BASE}));
    float history = TinyBundle.itemSum(1) + TinyBundle.itemSum(2);
    assertThat(scores)
        .containsExactly(
            new float[] {
              TinyBundle.score(history, 4 + 2 + 3, TinyBundle.itemSum(4), 0.25f),
              TinyBundle.score(history, 4 + 2 + 3, TinyBundle.itemSum(0), NO_BASE)
            },
            within(1e-6f));
  }

  @Test
  void requestsOfABatchAreScoredAsEachWouldBeAlone() {
    List<Input> requests =
        List.of(
            input(new int[] {4, 5}, 7),
            new Input(
                3,
                new long[] {1},
                new long[] {2},
                new int[0],
                new int[] {3, 6, 0},
                new float[] {0.25f, NO_BASE, 1}),
            input(new int[] {3, 3, 3}, 5));
    List<ScoreBatch.Request> batch = new ArrayList<>();
    for (int g = 0; g < requests.size(); g++) {
      batch.add(putUser(2 + g, requests.get(g)));
    }
    float[][] together = model.score(new ScoreBatch(batch));
    for (int g = 0; g < requests.size(); g++) {
      assertThat(together[g]).containsExactly(score(requests.get(g)), within(1e-6f));
    }
  }

  @Test
  void anEmptyHistoryAddsNothing() {
    assertThat(score(input(new int[0], 5)))
        .containsExactly(
            new float[] {TinyBundle.score(0, 0, TinyBundle.itemSum(2), NO_BASE)}, within(1e-6f));
  }

  @Test
  void slotZeroHoldsTheUnknownItem() {
    assertThat(score(input(new int[] {0}, RankerContract.UNKNOWN_SLOT)))
        .containsExactly(
            new float[] {
              TinyBundle.score(TinyBundle.UNKNOWN_SUM, 0, TinyBundle.UNKNOWN_SUM, NO_BASE)
            },
            within(1e-6f));
    assertThatIllegalArgumentException()
        .isThrownBy(
            () ->
                model.putItems(
                    new int[] {0},
                    new ItemBatch(
                        new long[1], new float[3], new long[1], new float[4], new int[2])))
        .withMessage("Slot 0 is kept for the unknown item");
  }

  @Test
  void aSlotCanBeGivenToAnotherItem() {
    model.putItems(
        new int[] {3},
        new ItemBatch(
            new long[] {9}, new float[] {1, 2, 3}, new long[] {5}, new float[4], new int[2]));
    assertThat(score(input(new int[0], 3)))
        .containsExactly(new float[] {TinyBundle.score(0, 0, 20, NO_BASE)}, within(1e-6f));
  }

  @Test
  void aModelWithoutColumnsIsScoredToo(@TempDir Path other) {
    Bundle bundle =
        TinyBundle.write(other, Golden.getDefaultInstance(), Map.of(), List.of(), List.of());
    try (LoadedModel plain = LoadedModel.load(bundle, CONFIG)) {
      Input input =
          new Input(7, new long[0], new long[0], new int[0], new int[1], new float[] {0.5f});
      float[] scores = plain.score(ScoreBatch.of(putUser(plain, 1, input)))[0];
      assertThat(scores)
          .containsExactly(
              new float[] {TinyBundle.score(0, 7, TinyBundle.UNKNOWN_SUM, 0.5f)}, within(1e-6f));
    }
  }

  @Test
  void itemsAreEncodedWithAndWithoutImage() {
    byte[] white = new byte[12];
    Arrays.fill(white, (byte) 255);
    byte[] @Nullable [] pixels = {white, null};
    Representations items =
        model.encode(
            pixels,
            new long[] {1, 0, 0, 0, 0, 1, 99, 99},
            new boolean[] {true, false, false, false, true, true, false, false});
    float first = (float) (1 / Math.sqrt(4));
    float second = (float) (1 / Math.sqrt(1 + 1 + 4));
    assertThat(items.z())
        .containsExactly(
            new float[] {first, first, first, first, 0, second, second, 2 * second}, within(1e-6f));
    assertThat(items.codes()).containsExactly(1, 0, 0, 0);
  }

  @Test
  void theAlignmentRatioIsRelativeToTheLengthOfZ() {
    float[] ratios =
        model.alignmentRatio(
            new float[] {0, 2, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0}, new int[] {3, 2, 4, 4, 1, 0});
    // Each of four coordinates moves by .1 a code; code 4 is padding and moves nothing.
    assertThat(ratios).containsExactly(new float[] {0.5f, 0, 0}, within(1e-6f));
  }

  @Test
  void scoringWhileOtherSlotsAreWrittenIsExact() throws Exception {
    float expected = TinyBundle.score(TinyBundle.itemSum(1), 0, TinyBundle.itemSum(0), NO_BASE);
    List<Callable<Boolean>> tasks = new ArrayList<>();
    for (int t = 0; t < 3; t++) {
      int slot = 1 + t;
      tasks.add(
          () -> {
            for (int i = 0; i < 200; i++) {
              Input input = input(new int[] {4}, 3);
              float score = model.score(ScoreBatch.of(putUser(slot, input)))[0][0];
              if (Math.abs(score - expected) > 1e-6) {
                throw new AssertionError("%f instead of %f".formatted(score, expected));
              }
            }
            return true;
          });
    }
    tasks.add(
        () -> {
          for (int i = 0; i < 200; i++) {
            model.putItems(
                new int[] {6, 7},
                new ItemBatch(
                    new long[] {i, i}, new float[6], new long[2], new float[8], new int[4]));
          }
          return true;
        });
    try (ExecutorService executor = Executors.newFixedThreadPool(tasks.size())) {
      for (Future<Boolean> done : executor.invokeAll(tasks)) {
        assertThat(done.get()).isTrue();
      }
    }
  }

  @Test
  void callsLeaveNoTensorsBehind() {
    int before = model.liveTensors();
    for (int i = 0; i < 20; i++) {
      score(input(new int[] {3, 4}, 5));
      model.putItems(
          new int[] {6},
          new ItemBatch(new long[1], new float[3], new long[1], new float[4], new int[2]));
      byte[] @Nullable [] none = {null};
      model.encode(none, new long[4], new boolean[4]);
      model.alignmentRatio(new float[4], new int[2]);
    }
    assertThat(model.liveTensors()).isEqualTo(before);
  }

  @Test
  void inputsThatDoNotFitAreRefusedBeforeTheyReachTheEngine() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> score(input(new int[0], 8)))
        .withMessage("A slot must be in [0, 8), was 8");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> score(input(new int[] {-1}, 3)))
        .withMessage("A slot must be in [0, 8), was -1");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> score(input(new int[4], 3)))
        .withMessage("A history must have at most 3 items, had 4");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new ScoreBatch.Request(1, new int[0], new int[0], new float[0]));
    assertThatIllegalArgumentException()
        .isThrownBy(
            () ->
                model.score(
                    ScoreBatch.of(new ScoreBatch.Request(6, new int[0], new int[1], new float[1]))))
        .withMessage("A user slot must be in [0, 6), was 6");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> putUser(0, input(new int[0], 3)))
        .withMessage("User slot 0 is kept for no user");
    assertThatIllegalArgumentException()
        .isThrownBy(
            () ->
                score(new Input(0, new long[2], new long[1], new int[0], new int[1], new float[1])))
        .withMessage("profile must have 1 values but has 2");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> model.encode(new byte[1][5], new long[4], new boolean[4]))
        .withMessage("pixels must have 12 values but has 5");
    assertThatIllegalArgumentException().isThrownBy(() -> model.quantize(new float[3]));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new EngineConfig("tpu", 10, 2, Precision.FP32))
        .withMessage("device must be 'cpu' or 'gpu:N', was 'tpu'");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new EngineConfig("cpu", 1, 2, Precision.FP32));
  }

  @Test
  void archivesThatBreakTheirContractAreRefusedAtLoad(@TempDir Path other) {
    assertRefused(other, Bundle.RQ, "wide_rq.pt", "quantize gave a tensor of shape [1, 4]");
    assertRefused(other, Bundle.RQ, "beyond_rq.pt", "rq.pt gave the code 9");
    assertRefused(
        other, Bundle.RANKER, "crash_ranker.pt", "ranker.pt score failed: shape '[3, 7]' is");
    assertRefused(other, Bundle.RANKER, "mba.pt", "it has no method prepare(precision i64[1])");
    assertRefused(other, Bundle.MBA, "log", "cannot be loaded by the engine");
  }

  private static void assertRefused(Path repository, String file, String archive, String message) {
    Bundle bundle =
        TinyBundle.write(
            repository,
            Golden.getDefaultInstance(),
            Map.of(file, archive),
            List.<FeatureColumn>of(),
            List.<FeatureColumn>of());
    assertThatThrownBy(() -> LoadedModel.load(bundle, CONFIG))
        .isInstanceOf(BundleException.class)
        .hasMessageStartingWith(
            "tiny/%d %s: ".formatted(bundle.manifest().version(), bundle.path(file)))
        .hasMessageContaining(message);
  }

  /// A request whose user has no state yet.
  @SuppressWarnings("ArrayRecordComponent")
  private record Input(
      long user, long[] profile, long[] context, int[] history, int[] candidates, float[] base) {}

  private float[] score(Input input) {
    return model.score(ScoreBatch.of(putUser(1, input)))[0];
  }

  private ScoreBatch.Request putUser(int slot, Input input) {
    return putUser(model, slot, input);
  }

  private static ScoreBatch.Request putUser(LoadedModel model, int slot, Input input) {
    model.putUsers(
        UserBatch.of(
            new UserBatch.User(
                slot,
                RankerContract.NO_USER,
                input.user(),
                input.profile(),
                input.context(),
                input.history(),
                new int[0],
                input.history().length)));
    return new ScoreBatch.Request(slot, new int[0], input.candidates(), input.base());
  }

  private static Input input(int[] history, int candidate) {
    return new Input(
        10, new long[1], new long[1], history, new int[] {candidate}, new float[] {NO_BASE});
  }

  @Test
  void aUserStateCanBeMadeOfAnotherByWhatChanged() {
    Input whole = input(new int[] {4, 5, 6}, 7);
    putUser(2, input(new int[] {3, 4, 5}, 7));
    model.putUsers(
        UserBatch.of(
            new UserBatch.User(
                3, 2, 10, new long[1], new long[1], new int[] {6}, new int[] {3}, 3)));
    float[] grown =
        model
            .score(
                ScoreBatch.of(new ScoreBatch.Request(3, new int[0], new int[] {7}, whole.base())))[
            0];
    assertThat(grown).containsExactly(score(whole), within(1e-6f));
  }

  @Test
  void anotherPrecisionEmptiesTheTables() {
    model.use(Precision.BF16);
    model.putItems(new int[] {3, 4, 5, 6, 7}, TinyBundle.items().items());
    float exact = TinyBundle.score(TinyBundle.itemSum(1), 0, TinyBundle.itemSum(0), NO_BASE);
    float[] scores = score(input(new int[] {4}, 3));
    assertThat(scores).containsExactly(new float[] {exact}, within(0.005f));
    assertThat(scores[0]).isNotCloseTo(exact, within(1e-6f));
  }

  @Test
  void aTableThatDoesNotFitSaysItsSizeAndNotThatTheModelMustBeExportedAgain() {
    assertThatThrownBy(() -> new TableSizes(100_000_000, 220, 1000, 30).requireFit(1L << 34))
        .isInstanceOf(ItemTableException.class)
        .hasMessage(
            "tables of 100000000 item states × 220 and 1000 user states × 30 × 4 bytes take 88.0 GB,"
                + " which does not fit into the memory of cpu");
    new TableSizes(20_000, 220, 1000, 30).requireFit(1L << 34);
  }
}
