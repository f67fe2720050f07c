package io.saviorrec.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.saviorrec.feature.FeatureColumn;
import io.saviorrec.feature.FeatureException;
import io.saviorrec.feature.FeatureSchema;
import io.saviorrec.proto.v1.Candidate;
import io.saviorrec.proto.v1.FeatureValue;
import io.saviorrec.proto.v1.ScoreRequest;
import io.saviorrec.proto.v1.User;
import java.util.List;
import org.junit.jupiter.api.Test;

class RequestEncoderTest {
  private static final RequestEncoder ENCODER =
      new RequestEncoder(
          new FeatureSchema(
              List.of(FeatureColumn.numeric("age", List.of(18f, 30f))),
              List.of(FeatureColumn.numeric("hour", List.of(6f, 12f, 18f))),
              List.of(),
              FeatureSchema.ITEM_STATS),
          3,
          2,
          16);

  private static FeatureValue number(double value) {
    return FeatureValue.newBuilder().setNumber(value).build();
  }

  @Test
  void keepsTheMostRecentClicksInTheirOrder() {
    ScoreRequest request =
        ScoreRequest.newBuilder()
            .setUser(User.newBuilder().addAllHistory(List.of(1L, 2L, 3L, 4L, 5L)))
            .build();
    assertThat(ENCODER.encode(request).history()).containsExactly(3, 4, 5);
    ScoreRequest few = ScoreRequest.newBuilder().setUser(User.newBuilder().addHistory(9)).build();
    assertThat(ENCODER.encode(few).history()).containsExactly(9);
  }

  @Test
  void anAbsentPctrBaseIsNotANumberAndAZeroOneIsZero() {
    ScoreRequest request =
        ScoreRequest.newBuilder()
            .addCandidates(Candidate.newBuilder().setItemId(7))
            .addCandidates(Candidate.newBuilder().setItemId(8).setPctrBase(0))
            .addCandidates(Candidate.newBuilder().setItemId(7).setPctrBase(0.25))
            .build();
    EncodedRequest encoded = ENCODER.encode(request);
    assertThat(encoded.candidates()).containsExactly(7, 8, 7);
    assertThat(encoded.pctrBase()).containsExactly(Float.NaN, 0, 0.25f);
  }

  @Test
  void profileAndContextBecomeRowsAndMissingOnesRowZero() {
    ScoreRequest request =
        ScoreRequest.newBuilder()
            .setUser(User.newBuilder().setUserId(4).putProfile("age", number(20)))
            .putContext("other", number(1))
            .build();
    EncodedRequest encoded = ENCODER.encode(request);
    assertThat(encoded.userId()).isEqualTo(4);
    assertThat(encoded.profile()).containsExactly(2);
    assertThat(encoded.context()).containsExactly(0);
  }

  @Test
  void namesTheCategoriesOfCandidatesWhereTheModelHasNoColumnForThem() {
    ScoreRequest packed =
        ScoreRequest.newBuilder()
            .addAllCandidateIds(List.of(1L, 2L))
            .addAllCandidateCategories(List.of("", "shoes"))
            .build();
    ScoreRequest messages =
        ScoreRequest.newBuilder()
            .addCandidates(Candidate.newBuilder().setItemId(1).addCodes(3).addCodes(4))
            .addCandidates(Candidate.newBuilder().setItemId(2).setCategory("shoes"))
            .build();

    for (ScoreRequest request : List.of(messages, packed)) {
      assertThat(ENCODER.encode(request).notes().unusedColumns())
          .containsExactly("candidate_categories");
    }
    ScoreRequest none =
        messages.toBuilder()
            .removeCandidates(1)
            .addCandidates(Candidate.newBuilder().setItemId(2))
            .build();
    assertThat(ENCODER.encode(none).notes()).isEqualTo(RequestNotes.NONE);
  }

  @Test
  void aValueThatItsColumnCannotHoldNamesTheField() {
    FeatureValue nan = number(Double.NaN);
    assertThatThrownBy(
            () ->
                ENCODER.encode(
                    ScoreRequest.newBuilder()
                        .setUser(User.newBuilder().putProfile("age", nan))
                        .build()))
        .isInstanceOf(FeatureException.class)
        .hasMessage("user.profile: Column 'age' needs a finite number but the value was NaN");
    assertThatThrownBy(
            () -> ENCODER.encode(ScoreRequest.newBuilder().putContext("hour", nan).build()))
        .isInstanceOf(FeatureException.class)
        .hasMessageStartingWith("context: Column 'hour'");
  }

  @Test
  void aValueOfTheWrongKindIsNoted() {
    FeatureValue text = FeatureValue.newBuilder().setText("old").build();
    ScoreRequest request =
        ScoreRequest.newBuilder().setUser(User.newBuilder().putProfile("age", text)).build();
    assertThat(ENCODER.encode(request).notes().unusedColumns()).containsExactly("age");
  }

  @Test
  void aTasteProfileIsTakenAsItIs() {
    assertThat(tasteful().encode(tasting(1, -2.5f, 0)).taste()).containsExactly(1, -2.5f, 0);
    assertThat(tasteful().encode(tasting()).taste()).isNull();
    assertThat(tasteful().encode(tasting(1, 2, 3)).withRecent(0).taste()).containsExactly(1, 2, 3);
  }

  @Test
  void aTasteProfileOfAnotherLengthOrBeyondAllNumbersIsRefused() {
    assertThatThrownBy(() -> tasteful().encode(tasting(1, 2)))
        .isInstanceOf(FeatureException.class)
        .hasMessage("user.taste has 2 numbers; the model takes 3, or none for the bundle's");
    assertThatThrownBy(() -> tasteful().encode(tasting(1, Float.NaN, 0)))
        .isInstanceOf(FeatureException.class)
        .hasMessage("user.taste[1] must be in [-1000000, 1000000], was NaN");
    assertThatThrownBy(() -> tasteful().encode(tasting(1, 2, -2e6f)))
        .isInstanceOf(FeatureException.class)
        .hasMessage("user.taste[2] must be in [-1000000, 1000000], was -2000000.0");
  }

  @Test
  void aTasteProfileIsNotedWhereTheModelTakesNone() {
    EncodedRequest encoded = ENCODER.encode(tasting(1, 2));
    assertThat(encoded.taste()).isNull();
    assertThat(encoded.notes().unusedColumns()).containsExactly("user.taste");
    assertThat(ENCODER.columns()).doesNotContain("user.taste");
    assertThat(tasteful().columns()).endsWith(", and user.taste");
  }

  private static RequestEncoder tasteful() {
    return new RequestEncoder(
        new FeatureSchema(List.of(), List.of(), List.of(), FeatureSchema.ITEM_STATS), 3, 2, 16, 3);
  }

  private static ScoreRequest tasting(float... taste) {
    User.Builder user = User.newBuilder();
    for (float value : taste) {
      user.addTaste(value);
    }
    return ScoreRequest.newBuilder().setUser(user).build();
  }

  @Test
  void aNoteIsNotCutWithinACharacter() {
    String name = "x".repeat(99) + "😀";
    ScoreRequest request =
        ScoreRequest.newBuilder().putContext(name, FeatureValue.getDefaultInstance()).build();
    assertThat(ENCODER.encode(request).notes().unusedColumns()).containsExactly("x".repeat(99));
  }
}
