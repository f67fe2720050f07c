package io.saviorrec.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.within;

import io.saviorrec.bundle.ItemBatch;
import io.saviorrec.bundle.Manifest;
import io.saviorrec.feature.FeatureColumn;
import io.saviorrec.feature.FeatureSchema;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/// The contract against an archive that writes down what it was called with.
class RankerContractTest {
  private static final int STATE_WIDTH = 5;
  private static final RankerContract CONTRACT =
      new RankerContract(
          new Manifest.Dims(2, 2, 4, 8, 2, 3, STATE_WIDTH, 3, true),
          new FeatureSchema(
              List.of(FeatureColumn.categorical("city", 8)),
              List.of(),
              List.of(
                  FeatureColumn.categorical("category", 4), FeatureColumn.categorical("brand", 4)),
              List.of("pv", "clicks")));

  /// A tensor that is only a shape and the text of its values.
  private record Written(String values, long... shape) {
    @Override
    public String toString() {
      return values + Arrays.toString(shape);
    }
  }

  /// Returns the slots of the candidates as scores.
  private static final class Notebook implements ArchiveSession<Written> {
    final List<String> calls = new ArrayList<>();
    long[] scoreShape = {};

    @Override
    public Written longs(long[] values, long... shape) {
      return new Written(Arrays.toString(values), shape);
    }

    @Override
    public Written floats(float[] values, long... shape) {
      return new Written(Arrays.toString(values), shape);
    }

    @Override
    public Written booleans(boolean[] values, long... shape) {
      return new Written(Arrays.toString(values), shape);
    }

    @Override
    public List<Written> call(String method, List<Written> inputs) {
      calls.add(method + inputs);
      return switch (method) {
        case "item_state" -> List.of(new Written("state", inputs.getFirst().shape[0], STATE_WIDTH));
        case "score" -> {
          long[] shape = scoreShape.length == 0 ? inputs.getLast().shape : scoreShape;
          String items = inputs.get(1).values;
          String[] slots = items.substring(1, items.length() - 1).split(", ", -1);
          yield List.of(
              new Written(
                  Arrays.asList(slots).subList(0, (int) inputs.getLast().shape[0]).toString(),
                  shape));
        }
        default -> List.of(inputs.getFirst());
      };
    }

    @Override
    public long[] shape(Written tensor) {
      return tensor.shape;
    }

    @Override
    public float[] toFloats(Written tensor) {
      String[] parts = tensor.values.substring(1, tensor.values.length() - 1).split(", ", -1);
      float[] values = new float[parts.length];
      for (int i = 0; i < values.length; i++) {
        values[i] = Float.parseFloat(parts[i]);
      }
      return values;
    }
  }

  private static ScoreBatch.Request request(int user, int[] history, int... candidates) {
    float[] pctrBase = new float[candidates.length];
    Arrays.fill(pctrBase, 0.5f);
    return new ScoreBatch.Request(user, history, candidates, pctrBase);
  }

  private static UserBatch.User user(int slot, int[] added, int... removed) {
    return new UserBatch.User(
        slot, slot - 1, 7, new long[] {3}, new long[0], added, removed, added.length);
  }

  @Test
  void theUnknownItemHasNothingButPaddingCodesAndTakesSlotZero() {
    Notebook archive = new Notebook();
    CONTRACT.resizeItems(archive, 9);
    assertThat(archive.calls)
        .containsExactly(
            "resize_items[[9][1]]",
            "item_state[[-9223372036854775808][1], [0.0, 0.0][1, 2], [0, 4][1, 2],"
                + " [0.0, 0.0][1, 2], [4, 4][1, 2]]",
            "put_items[[0][1], state[1, 5]]");
  }

  @Test
  void precisionsAreNumberedAsArchivesKnowThem() {
    Notebook archive = new Notebook();
    CONTRACT.prepare(archive, Precision.FP32);
    CONTRACT.prepare(archive, Precision.BF16);
    CONTRACT.resizeUsers(archive, 4);
    assertThat(archive.calls)
        .containsExactly("prepare[[0][1]]", "prepare[[1][1]]", "resize_users[[4][1]]");
  }

  @Test
  void usersAreSaidByWhatTheirHistoriesGainAndLose() {
    Notebook archive = new Notebook();
    CONTRACT.putUsers(
        archive,
        new UserBatch(
            List.of(user(1, new int[] {5, 6}), user(2, new int[] {8}, 5), user(3, new int[0]))));
    assertThat(archive.calls)
        .containsExactly(
            "put_users[[1, 0, 2, 0, 2, 7, 3, 2, 1, 1, 1, 1, 7, 3, 3, 2, 0, 0, 0, 7, 3][3, 7],"
                + " [5, 6, 8, 5][4]]");
  }

  @Test
  void tastesOfUsersGoAlongWhereTheModelTakesThem() {
    RankerContract contract =
        new RankerContract(
            new Manifest.Dims(2, 2, 4, 8, 2, 3, STATE_WIDTH, 3, true),
            new FeatureSchema(List.of(), List.of(), List.of(), List.of("pv")),
            2);
    Notebook archive = new Notebook();
    contract.putUsers(
        archive,
        new UserBatch(List.of(tasting(1, new float[] {0.5f, -1}), tasting(2, new float[2]))));
    assertThat(archive.calls)
        .containsExactly(
            "put_users_and_tastes[[1, 0, 0, 0, 0, 7, 2, 0, 0, 0, 0, 7][2, 6], [][0],"
                + " [0.5, -1.0, 0.0, 0.0][2, 2]]");
    assertThat(contract.methods()).contains("put_users_and_tastes").doesNotContain("put_users");
    assertThat(CONTRACT.methods()).contains("put_users").doesNotContain("put_users_and_tastes");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> contract.putUsers(archive, UserBatch.of(tasting(1, new float[3]))))
        .withMessage("taste must have 2 values but has 3");
  }

  private static UserBatch.User tasting(int slot, float[] taste) {
    return new UserBatch.User(
        slot, 0, 7, new long[0], new long[0], new int[0], new int[0], 0, taste);
  }

  @Test
  void oneRequestIsTheSmallestBatch() {
    Notebook archive = new Notebook();
    float[][] scores =
        CONTRACT.score(archive, ScoreBatch.of(request(7, new int[] {5, 6}, 1, 2, 1)));
    assertThat(archive.calls)
        .containsExactly("score[[7, 3, 2][1, 3], [1, 2, 1, 5, 6][5], [0.5, 0.5, 0.5][3]]");
    assertThat(scores).isEqualTo(new float[][] {{1, 2, 1}});
  }

  @Test
  void requestsOfDifferentLengthsLieOneBehindTheOther() {
    Notebook archive = new Notebook();
    float[][] scores =
        CONTRACT.score(
            archive,
            new ScoreBatch(
                List.of(request(7, new int[0], 1, 2, 3), request(8, new int[] {5, 6}, 4))));
    assertThat(archive.calls)
        .containsExactly(
            "score[[7, 3, 0, 8, 1, 2][2, 3], [1, 2, 3, 4, 5, 6][6], [0.5, 0.5, 0.5, 0.5][4]]");
    assertThat(scores).isEqualTo(new float[][] {{1, 2, 3}, {4}});
  }

  @Test
  void shiftsMoveTheScoresOfTheirCandidatesAndNoOthers() {
    float known = 0.3f;
    float shifted = ScoreBatch.Request.shifted(known, -0.75f);
    assertThat(Math.log(shifted / (1 - shifted)))
        .isCloseTo(Math.log(known / (1 - known)) - 0.75, within(1e-6));
    assertThat(ScoreBatch.Request.shifted(0, 5)).isZero();
    assertThat(ScoreBatch.Request.shifted(1, -5)).isOne();

    // The notebook's scores are slots; of 0 and 1 a shift makes nothing, and of 2 something else.
    float[][] scores =
        CONTRACT.score(
            new Notebook(),
            new ScoreBatch(
                List.of(
                    request(7, new int[0], 2, 3),
                    new ScoreBatch.Request(
                        8, new int[0], new int[] {2, 2}, new float[2], new float[] {0, 0.5f}))));
    assertThat(scores[0]).containsExactly(2, 3);
    assertThat(scores[1]).containsExactly(2, ScoreBatch.Request.shifted(2, 0.5f));
  }

  @Test
  void whatDoesNotFitIsRefusedWithTheValue() {
    Notebook archive = new Notebook();
    assertThatIllegalArgumentException()
        .isThrownBy(() -> CONTRACT.putUsers(archive, UserBatch.of(user(1, new int[] {1, 2, 3, 4}))))
        .withMessage("A history must have at most 3 items, had 4");
    assertThatIllegalArgumentException()
        .isThrownBy(
            () ->
                CONTRACT.putItems(
                    archive,
                    new int[] {1},
                    new ItemBatch(
                        new long[1], new float[3], new long[2], new float[2], new int[2])))
        .withMessage("stats must have 2 values but has 3");
    archive.scoreShape = new long[] {9};
    assertThatIllegalStateException()
        .isThrownBy(() -> CONTRACT.score(archive, ScoreBatch.of(request(7, new int[0], 1))))
        .withMessage("score gave a tensor of shape [9] instead of [1]");
  }
}
