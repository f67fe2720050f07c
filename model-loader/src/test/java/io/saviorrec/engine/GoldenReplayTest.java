package io.saviorrec.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.saviorrec.bundle.Bundle;
import io.saviorrec.bundle.BundleException;
import io.saviorrec.bundle.ItemBatch;
import io.saviorrec.contract.Precision;
import io.saviorrec.feature.FeatureSchema;
import io.saviorrec.proto.v1.Candidate;
import io.saviorrec.proto.v1.FeatureValue;
import io.saviorrec.proto.v1.Golden;
import io.saviorrec.proto.v1.GoldenItem;
import io.saviorrec.proto.v1.GoldenScore;
import io.saviorrec.proto.v1.Item;
import io.saviorrec.proto.v1.ScoreRequest;
import io.saviorrec.proto.v1.User;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GoldenReplayTest {

  @TempDir Path repository;

  @Test
  void aFaithfulModelPasses() {
    assertThatCode(() -> replay(golden(), 8)).doesNotThrowAnyException();
  }

  @Test
  void anotherScoreIsRefusedWithTheDifference() {
    Golden.Builder golden = golden().toBuilder();
    float right = golden.getScores(0).getPctr(1);
    golden.getScoresBuilder(0).setPctr(1, right + 0.01f);
    assertRefused(
        golden.build(),
        Bundle.RANKER,
        "differ from the trainer's by up to 0.0100 (allowed: 1.00e-05)");
    golden.getScoresBuilder(0).setPctr(1, Float.NaN);
    assertRefused(golden.build(), Bundle.RANKER, "differ from the trainer's by up to Infinity");
  }

  @Test
  void anotherEmbeddingIsRefusedWithTheDifference() {
    Golden.Builder golden = golden().toBuilder();
    golden.getItemsBuilder(0).setZ(3, golden.getItems(0).getZ(3) - 0.02f);
    assertRefused(
        golden.build(),
        Bundle.ENCODER,
        "differ from the trainer's by up to 0.0200 (allowed: 0.000100)");
  }

  @Test
  void otherCodesAreRefused() {
    Golden.Builder golden = golden().toBuilder();
    golden.getItemsBuilder(0).setCodes(1, 0);
    assertRefused(
        golden.build(), Bundle.RQ, "gives item 77 the codes [0, 1] but the trainer's were [0, 0]");
  }

  @Test
  void aGoldenFileThatVerifiesNothingIsRefused() {
    assertRefused(
        Golden.getDefaultInstance(), Bundle.GOLDEN, "has no scores to verify the model by");
    Golden.Builder golden = golden().toBuilder();
    golden.getScoresBuilder(0).clearPctr();
    assertRefused(golden.build(), Bundle.GOLDEN, "has 0 values of pctr instead of 2");
  }

  @Test
  void aGoldenFileOfOtherItemsIsRefused() {
    Golden.Builder golden = golden().toBuilder();
    golden.getScoresBuilder(0).getRequestBuilder().getUserBuilder().setHistory(4, 99);
    assertRefused(golden.build(), Bundle.GOLDEN, "names item 99, which the item table lacks");
  }

  /// One that training knew and has fresh statistics, one of codes that others share, one of which
  /// nothing is known.
  @Test
  void candidatesThatTheTableLacksAreReplayedByEachStepAndShift() {
    Golden.Builder golden = golden().toBuilder();
    GoldenScore.Builder scores = golden.getScoresBuilder(0);
    ScoreRequest.Builder request = scores.getRequestBuilder().clearCandidates();
    ItemBatch rows = TinyBundle.items().items();
    request
        .addCandidates(
            Candidate.newBuilder().setItemId(15).putStats(FeatureSchema.PV, rows.stats()[12] + 7))
        .addCandidates(
            Candidate.newBuilder()
                .setItemId(99)
                .addCodes(rows.codes()[2])
                .addCodes(rows.codes()[3]))
        .addCandidates(Candidate.newBuilder().setItemId(98));
    float history = 2 * TinyBundle.itemSum(1) + TinyBundle.itemSum(2);
    float user = 5 + 2 + 4;
    float[] right = {
      TinyBundle.score(history, user, TinyBundle.itemSum(4) + 7, Float.NaN),
      shifted(
          TinyBundle.score(history, user, sharedSum(rows, 1), Float.NaN),
          TinyBundle.FALLBACK.sharedCodes().withoutBase()),
      shifted(
          TinyBundle.score(history, user, TinyBundle.UNKNOWN_SUM, Float.NaN),
          TinyBundle.FALLBACK.unknownItem().withoutBase())
    };
    scores.clearPctr();
    for (float each : right) {
      scores.addPctr(each);
    }

    replay(golden.build(), 8);

    for (int i = 0; i < right.length; i++) {
      Golden.Builder wrong = golden.clone();
      wrong.getScoresBuilder(0).setPctr(i, right[i] + 0.001f);
      assertRefused(wrong.build(), Bundle.RANKER, "differ from the trainer's by up to 0.00100");
    }
  }

  /// The sum of what stands for an item with the codes of this row, whose items all have them.
  private static float sharedSum(ItemBatch rows, int row) {
    int levels = TinyArchives.LEVELS;
    int zDim = TinyArchives.Z_DIM;
    float z = 0;
    float features = Float.POSITIVE_INFINITY;
    int count = 0;
    for (int i = 0; i < rows.size(); i++) {
      if (Arrays.mismatch(
              rows.codes(),
              i * levels,
              (i + 1) * levels,
              rows.codes(),
              row * levels,
              (row + 1) * levels)
          < 0) {
        count++;
        features = Math.min(features, (float) rows.features()[i]);
        for (int d = 0; d < zDim; d++) {
          z += rows.z()[i * zDim + d];
        }
      }
    }
    float codes = 0;
    for (int level = 0; level < levels; level++) {
      codes += rows.codes()[row * levels + level];
    }
    return z / count + features + codes;
  }

  private static float shifted(float score, double shift) {
    double logit = Math.log(score / (1.0 - score)) + shift;
    return (float) (1 / (1 + Math.exp(-logit)));
  }

  @Test
  void tooFewSlotsForARequestAreNamed() {
    assertThatThrownBy(() -> replay(golden(), 3))
        .isInstanceOf(BundleException.class)
        .hasMessageContaining("needs 4 item slots but there are 3; raise the item capacity");
  }

  private void assertRefused(Golden golden, String file, String message) {
    assertThatThrownBy(() -> replay(golden, 8))
        .isInstanceOf(BundleException.class)
        .hasMessageContaining(file + ": ")
        .hasMessageContaining(message);
  }

  private void replay(Golden golden, int itemCapacity) {
    Bundle bundle = TinyBundle.write(repository, golden);
    assertThat(bundle.manifest().goldenTolerance()).isEqualTo(1e-5);
    try (LoadedModel model =
        LoadedModel.load(bundle, new EngineConfig("cpu", itemCapacity, 4, Precision.FP32))) {
      GoldenReplay.check(model, bundle);
    }
  }

  /// One request whose history is longer than the model's, and one item without an image.
  static Golden golden() {
    ScoreRequest request =
        ScoreRequest.newBuilder()
            .setUser(
                User.newBuilder()
                    .setUserId(25)
                    .putProfile("age", FeatureValue.newBuilder().setNumber(20).build())
                    .addAllHistory(List.of(11L, 11L, 12L, 12L, 13L)))
            .putContext("hour", FeatureValue.newBuilder().setNumber(23).build())
            .addCandidates(Candidate.newBuilder().setItemId(15))
            .addCandidates(Candidate.newBuilder().setItemId(13).setPctrBase(0.125))
            .build();
    float history = 2 * TinyBundle.itemSum(1) + TinyBundle.itemSum(2);
    // The age is in the second bucket after missing, the hour in the fourth.
    float user = 5 + 2 + 4;
    GoldenScore scores =
        GoldenScore.newBuilder()
            .setRequest(request)
            .addPctr(TinyBundle.score(history, user, TinyBundle.itemSum(4), Float.NaN))
            .addPctr(TinyBundle.score(history, user, TinyBundle.itemSum(2), 0.125f))
            .build();
    // "red" is token 4, between 2 and 3.
    float length = (float) Math.sqrt(81 + 1 + 9);
    GoldenItem item =
        GoldenItem.newBuilder()
            .setItem(Item.newBuilder().setItemId(77).setTitle("Red"))
            .addAllZ(List.of(0f, 9 / length, 1 / length, 3 / length))
            .addAllCodes(List.of(0, 1))
            .build();
    return Golden.newBuilder().addScores(scores).addItems(item).build();
  }
}
