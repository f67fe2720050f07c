package io.saviorrec.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import io.saviorrec.proto.v1.Candidate;
import io.saviorrec.proto.v1.Score;
import io.saviorrec.proto.v1.ScoreRequest;
import io.saviorrec.proto.v1.ScoreResponse;
import io.saviorrec.proto.v1.ScoreSource;
import io.saviorrec.proto.v1.StatColumn;
import io.saviorrec.proto.v1.User;
import java.util.List;
import org.junit.jupiter.api.Test;

class PackedFormTest {
  private static final ScoreRequest MESSAGES =
      ScoreRequest.newBuilder()
          .setRequestId("r")
          .setUser(User.newBuilder().setUserId(1).addHistory(2))
          .addCandidates(Candidate.newBuilder().setItemId(7).setPctrBase(0.25))
          .addCandidates(Candidate.newBuilder().setItemId(8))
          .addCandidates(Candidate.newBuilder().setItemId(7).setPctrBase(0))
          .build();

  @Test
  void aPackedRequestSaysTheSame() {
    ScoreRequest packed = PackedForm.pack(MESSAGES);

    assertThat(packed.getCandidatesCount()).isZero();
    assertThat(packed.getCandidateIdsList()).containsExactly(7L, 8L, 7L);
    assertThat(packed.getCandidatePctrBaseList()).containsExactly(0.25f, Float.NaN, 0f);
    assertThat(PackedForm.unpack(packed)).isEqualTo(MESSAGES);
    assertThat(packed.getSerializedSize()).isLessThan(MESSAGES.getSerializedSize());
    assertThat(PackedForm.pack(packed)).isSameAs(packed);
  }

  @Test
  void whatARequestSaysOfItsCandidatesIsPackedToo() {
    ScoreRequest messages =
        ScoreRequest.newBuilder()
            .addCandidates(Candidate.newBuilder().setItemId(7).addCodes(3).addCodes(4))
            .addCandidates(Candidate.newBuilder().setItemId(8).setCategory("shoes"))
            .addCandidates(
                Candidate.newBuilder().setItemId(9).putStats("pv", 5).putStats("clicks", 1))
            .build();
    ScoreRequest packed = PackedForm.pack(messages);

    assertThat(packed.getCandidateCodesList()).containsExactly(3, 4, -1, -1, -1, -1);
    assertThat(packed.getCandidateCategoriesList()).containsExactly("", "shoes", "");
    assertThat(packed.getCandidateStatsList())
        .extracting(StatColumn::getName)
        .containsExactly("clicks", "pv");
    assertThat(packed.getCandidateStats(1).getValuesList())
        .containsExactly(Float.NaN, Float.NaN, 5f);
    assertThat(PackedForm.unpack(packed)).isEqualTo(messages);

    assertThatIllegalArgumentException()
        .isThrownBy(
            () ->
                PackedForm.pack(
                    messages.toBuilder().addCandidates(Candidate.newBuilder().addCodes(1)).build()))
        .withMessage("item 0 has 1 codes and another 2");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> PackedForm.unpack(packed.toBuilder().addCandidateCodes(1).build()))
        .withMessage("candidate_codes has 7 entries for 3 candidate_ids");
  }

  @Test
  void candidatesThatAreNamedByTextsStaySo() {
    ScoreRequest messages =
        ScoreRequest.newBuilder()
            .addCandidates(Candidate.newBuilder().setItemKey("a").setPctrBase(0.25))
            .addCandidates(Candidate.newBuilder().setItemKey("b"))
            .build();
    ScoreRequest packed = PackedForm.pack(messages);

    assertThat(packed.getCandidateKeysList()).containsExactly("a", "b");
    assertThat(packed.getCandidateIdsCount()).isZero();
    assertThat(PackedForm.unpack(packed)).isEqualTo(messages);
    ScoreResponse answer =
        ScoreResponse.newBuilder()
            .addAllPctr(List.of(0.5f, 0.25f))
            .addAllSourcesValue(List.of(1, 2))
            .build();
    assertThat(PackedForm.unpack(packed, answer).getScoresList())
        .extracting(Score::getItemKey, Score::getPctr)
        .containsExactly(tuple("a", 0.5f), tuple("b", 0.25f));
    assertThatIllegalArgumentException()
        .isThrownBy(
            () ->
                PackedForm.pack(
                    messages.toBuilder()
                        .addCandidates(Candidate.newBuilder().setItemId(3))
                        .build()))
        .withMessage("2 of 3 candidates have an item_key; give one to each, or to none");
  }

  @Test
  void anAnswerOfTheLikeliestNamesThem() {
    ScoreRequest request =
        ScoreRequest.newBuilder().addAllCandidateIds(List.of(7L, 8L, 9L)).setTopK(2).build();
    ScoreResponse answer =
        ScoreResponse.newBuilder()
            .addAllPctr(List.of(0.5f, 0.25f))
            .addAllSourcesValue(List.of(1, 2))
            .addAllRanked(List.of(2, 0))
            .build();
    assertThat(PackedForm.unpack(request, answer).getScoresList())
        .extracting(Score::getItemId)
        .containsExactly(9L, 7L);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> PackedForm.unpack(request, answer.toBuilder().addRanked(1).build()))
        .withMessage("ranked has 3 entries for 2 candidate_ids");
    ScoreRequest moreThanThereAre = request.toBuilder().setTopK(7).build();
    assertThatIllegalArgumentException()
        .isThrownBy(() -> PackedForm.unpack(moreThanThereAre, answer))
        .withMessage("pctr has 2 entries for 3 candidate_ids");
  }

  @Test
  void basesThatAreAllAbsentAreLeftOut() {
    ScoreRequest messages =
        ScoreRequest.newBuilder().addCandidates(Candidate.newBuilder().setItemId(7)).build();
    ScoreRequest packed = PackedForm.pack(messages);

    assertThat(packed.getCandidatePctrBaseCount()).isZero();
    assertThat(PackedForm.unpack(packed)).isEqualTo(messages);
  }

  @Test
  void aPackedAnswerSaysTheSame() {
    ScoreRequest request = ScoreRequest.newBuilder().addCandidateIds(7).addCandidateIds(8).build();
    ScoreResponse packed =
        ScoreResponse.newBuilder()
            .setModel("m")
            .addAllPctr(List.of(0.5f, 0.25f))
            .addAllSources(List.of(ScoreSource.TRAINED, ScoreSource.UNKNOWN_ITEM))
            .build();
    ScoreResponse messages =
        ScoreResponse.newBuilder()
            .setModel("m")
            .addScores(Score.newBuilder().setItemId(7).setPctr(0.5f).setSource(ScoreSource.TRAINED))
            .addScores(
                Score.newBuilder().setItemId(8).setPctr(0.25f).setSource(ScoreSource.UNKNOWN_ITEM))
            .build();

    assertThat(PackedForm.unpack(request, packed)).isEqualTo(messages);
    assertThat(PackedForm.unpack(MESSAGES, messages)).isEqualTo(messages);
  }

  @Test
  void whatDoesNotFitIsRefused() {
    ScoreRequest both =
        ScoreRequest.newBuilder()
            .addCandidateIds(1)
            .addCandidates(Candidate.newBuilder().setItemId(3))
            .build();
    assertThatIllegalArgumentException()
        .isThrownBy(() -> PackedForm.pack(both))
        .withMessage("candidates and candidate_ids must not both be set");
    assertThatIllegalArgumentException().isThrownBy(() -> PackedForm.unpack(both));
    ScoreRequest keys = both.toBuilder().clearCandidateIds().addCandidateKeys("a").build();
    assertThatIllegalArgumentException()
        .isThrownBy(() -> PackedForm.pack(keys))
        .withMessage("candidates and candidate_ids must not both be set");
    ScoreRequest twoKinds = keys.toBuilder().clearCandidates().addCandidateIds(1).build();
    assertThatIllegalArgumentException()
        .isThrownBy(() -> PackedForm.unpack(twoKinds))
        .withMessage("candidate_ids and candidate_keys must not both be set");
    ScoreRequest request = ScoreRequest.newBuilder().addCandidateIds(7).build();
    assertThatThrownBy(() -> PackedForm.unpack(request, ScoreResponse.getDefaultInstance()))
        .hasMessage("pctr has 0 entries for 1 candidate_ids");
    assertThatThrownBy(
            () -> PackedForm.unpack(ScoreRequest.newBuilder().addCandidatePctrBase(1).build()))
        .hasMessage("candidate_pctr_base has 1 entries for 0 candidate_ids");
    assertThatThrownBy(
            () ->
                PackedForm.pack(
                    ScoreRequest.newBuilder()
                        .addCandidates(Candidate.newBuilder().setItemId(3).setPctrBase(Double.NaN))
                        .build()))
        .hasMessage("the pctr_base of item 3 is NaN");
  }
}
