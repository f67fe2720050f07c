package io.saviorrec.server.grpc;

import static io.saviorrec.server.grpc.ServingFixture.failure;
import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.Status;
import io.saviorrec.contract.RankerContract;
import io.saviorrec.proto.v1.Candidate;
import io.saviorrec.proto.v1.Item;
import io.saviorrec.proto.v1.Score;
import io.saviorrec.proto.v1.ScoreRequest;
import io.saviorrec.proto.v1.ScoreResponse;
import io.saviorrec.proto.v1.ScoreSource;
import io.saviorrec.proto.v1.StatColumn;
import io.saviorrec.proto.v1.UpsertItemsRequest;
import io.saviorrec.server.config.TestConfigs;
import io.saviorrec.server.fakes.FakeEngine;
import io.saviorrec.server.fakes.TestBundles;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// Candidates that nobody sent, and what requests say of candidates, through a real port.
///
/// Item i of the bundles has z = (i, 0, 0, 0), the codes (i mod 8, 0), 100 i page views and no
/// category.
class UnknownItemsTest extends PortTest {
  private ServingFixture fixture;
  private FakeEngine engine;

  @BeforeEach
  void serve() throws IOException {
    fixture = start(Map.of());
    engine = fixture.engine("saviorrec");
  }

  private ScoreResponse score(ScoreRequest.Builder request) {
    return fixture.scoringStub().score(request.build());
  }

  private static Candidate withCodes(long itemId, Integer... codes) {
    return Candidate.newBuilder().setItemId(itemId).addAllCodes(List.of(codes)).build();
  }

  private List<ScoreSource> sources(ScoreRequest.Builder request) {
    return score(request).getScoresList().stream().map(Score::getSource).toList();
  }

  private FakeEngine.State candidate(int index) {
    return engine.inSlot(engine.lastInput().candidateSlots()[index]);
  }

  @Test
  void unknownItemsArePromoted() {
    ScoreRequest.Builder request =
        ScoreRequest.newBuilder()
            .addCandidates(Candidate.newBuilder().setItemId(5000).setPctrBase(0.5))
            .addCandidates(Candidate.newBuilder().setItemId(5000))
            .addCandidates(Candidate.newBuilder().setItemId(7))
            .addCandidates(withCodes(5001, 3, 0));

    score(request);

    // What the export measured takes the promotion back; known items keep their scores.
    assertThat(engine.lastInput().shifts())
        .containsExactly(
            (float) TestBundles.FALLBACK.unknownItem().withBase(),
            (float) TestBundles.FALLBACK.unknownItem().withoutBase(),
            0,
            (float) TestBundles.FALLBACK.sharedCodes().withoutBase());
    score(ScoreRequest.newBuilder().addCandidateIds(7));
    assertThat(engine.lastInput().shifts()).isNull();
  }

  @Test
  void aMisspeltStatisticIsNamedAndRefusedWhereTheRequestIsStrict() {
    ScoreRequest.Builder request =
        ScoreRequest.newBuilder()
            .addCandidates(Candidate.newBuilder().setItemId(7).putStats("clicsk", 1));

    assertThat(score(request).getUnusedColumnsList()).containsExactly("candidate_stats.clicsk");
    Status refused = failure(() -> score(request.setStrict(true)));
    assertThat(refused.getCode()).isEqualTo(Status.Code.INVALID_ARGUMENT);
    assertThat(refused.getDescription())
        .contains("[candidate_stats.clicsk]")
        .contains("the candidate_stats [pv, clicks, age_days]");
  }

  @Test
  void anAnswerNamesTheStepOfEachCandidateAndMetricsCountThem() {
    ScoreRequest.Builder request =
        ScoreRequest.newBuilder()
            .addCandidates(withCodes(5000, 3, 7))
            .addCandidates(Candidate.newBuilder().setItemId(5001).setCategory("shoes"))
            .addCandidates(withCodes(9, 3, 7))
            .addCandidates(Candidate.newBuilder().setItemId(5002));

    assertThat(sources(request))
        .containsExactly(
            ScoreSource.SHARED_CODES,
            ScoreSource.UNKNOWN_ITEM,
            ScoreSource.TRAINED,
            ScoreSource.UNKNOWN_ITEM);
    assertThat(counted(ScoreSource.SHARED_CODES)).isEqualTo(1);
    assertThat(counted(ScoreSource.UNKNOWN_ITEM)).isEqualTo(2);
    assertThat(counted(ScoreSource.SHARED_CATEGORY)).isZero();

    // Items 3, 11, 19, 27 and 35 share the first code, and none the second.
    FakeEngine.State mean = candidate(0);
    assertThat(mean.itemId()).isEqualTo(RankerContract.UNKNOWN_ITEM);
    assertThat(mean.z()).containsExactly(19, 0, 0, 0);
    assertThat(mean.codes()).containsExactly(3, 7);
    assertThat(mean.stats()).containsExactly(0, 0, 0);
    assertThat(candidate(2).itemId()).isEqualTo(9);
    assertThat(engine.lastInput().candidateSlots()[1]).isZero();
  }

  private double counted(ScoreSource source) {
    return fixture.metric(
        "savior_score_sources_total{model=\"saviorrec\",source=\""
            + source
            + "\",variant=\"saviorrec\",version=\"1\"}");
  }

  @Test
  void unknownItemsOfTheSameCodesShareAStateThatIsComputedOnce() {
    score(ScoreRequest.newBuilder().addCandidates(withCodes(5000, 3, 7)));
    int puts = engine.puts.calls();

    ScoreResponse answer =
        score(
            ScoreRequest.newBuilder()
                .addCandidateIds(5001)
                .addCandidateIds(5002)
                .addAllCandidateCodes(List.of(3, 7, 3, 7)));

    assertThat(answer.getSourcesList())
        .containsExactly(ScoreSource.SHARED_CODES, ScoreSource.SHARED_CODES);
    int[] slots = engine.lastInput().candidateSlots();
    assertThat(slots[0]).isEqualTo(slots[1]).isPositive();
    assertThat(engine.puts.calls()).isEqualTo(puts);
  }

  @Test
  void freshStatisticsCountForTheirRequestAlone() {
    score(ScoreRequest.newBuilder().addCandidateIds(7).addCandidateIds(5000));
    int slot = engine.lastInput().candidateSlots()[0];

    ScoreResponse answer =
        score(
            ScoreRequest.newBuilder()
                .addCandidateIds(7)
                .addCandidateIds(5000)
                .addCandidateIds(8)
                .addAllCandidateCodes(List.of(-1, -1, 3, 7, -1, -1))
                .addCandidateStats(column("pv", 12, Float.NaN, Float.NaN))
                .addCandidateStats(column("clicks", 3, 4, Float.NaN)));

    assertThat(answer.getSourcesList())
        .containsExactly(ScoreSource.TRAINED, ScoreSource.SHARED_CODES, ScoreSource.TRAINED);
    assertThat(candidate(0).itemId()).isEqualTo(7);
    assertThat(candidate(0).stats()).containsExactly(12, 3, 0);
    assertThat(candidate(1).stats()).containsExactly(0, 4, 0);
    assertThat(candidate(1).z()).containsExactly(19, 0, 0, 0);
    assertThat(candidate(2).stats()).containsExactly(800, 0, 0);

    score(ScoreRequest.newBuilder().addCandidateIds(7).addCandidateIds(5000));
    assertThat(engine.lastInput().candidateSlots()).containsExactly(slot, 0);
    assertThat(candidate(0).stats()).containsExactly(700, 0, 0);
  }

  @Test
  void requestsWithStatisticsLeaveNoSlotsBehind() {
    ScoreRequest.Builder request = ScoreRequest.newBuilder();
    StatColumn.Builder pv = request.addCandidateStatsBuilder().setName("pv");
    for (int i = 0; i < TestConfigs.MAX_CANDIDATES; i++) {
      request.addCandidateIds(i % 2 == 0 ? 7 : 5000 + i);
      pv.addValues(i);
    }
    for (int i = 0; i < 200; i++) {
      assertThat(score(request).getPctrCount()).isEqualTo(TestConfigs.MAX_CANDIDATES);
      assertThat(engine.lastInput().candidateSlots()).doesNotHaveDuplicates();
      assertThat(
              IntStream.range(0, TestConfigs.MAX_CANDIDATES).mapToObj(c -> candidate(c).stats()[0]))
          .isEqualTo(pv.getValuesList());
    }
  }

  @Test
  void anItemThatIsSentAtLastIsScoredAsItself() {
    ScoreRequest.Builder request = ScoreRequest.newBuilder().addCandidates(withCodes(5000, 3, 7));
    assertThat(sources(request)).containsExactly(ScoreSource.SHARED_CODES);

    assertThat(
            fixture
                .itemsStub()
                .upsertItems(
                    UpsertItemsRequest.newBuilder()
                        .addItems(Item.newBuilder().setItemId(5000).setTitle("late"))
                        .build())
                .getResultsList())
        .hasSize(1);

    assertThat(sources(request)).containsExactly(ScoreSource.ENCODED);
    assertThat(candidate(0).itemId()).isEqualTo(5000);
    assertThat(engine.lastInput().shifts()).isNull();
  }

  @Test
  void whatIsWrongWithWhatARequestSaysIsNamed() {
    assertInvalid(
        ScoreRequest.newBuilder().addCandidates(withCodes(1, 3, 8)),
        "candidates[0].codes of candidate 0 must be in [0, 8), or all -1, was 8 at level 2");
    assertInvalid(
        ScoreRequest.newBuilder().addCandidateIds(1).addCandidateStats(column("pv", 1, 2)),
        "candidate_stats 'pv' has 2 entries; give one for each of 1 candidates, or none");
    ScoreRequest.Builder many = ScoreRequest.newBuilder().addCandidateIds(1);
    IntStream.rangeClosed(0, TestConfigs.MAX_CANDIDATES)
        .forEach(i -> many.addCandidateCategories("a"));
    assertInvalid(
        many, "candidate_categories has 13 entries; the most is scoring.maxCandidates = 12");
    ScoreRequest.Builder codes = ScoreRequest.newBuilder().addCandidateIds(1);
    IntStream.range(0, 16 * TestConfigs.MAX_CANDIDATES + 1)
        .forEach(i -> codes.addCandidateCodes(1));
    assertInvalid(
        codes, "candidate_codes has 193 entries; the most is 16 * scoring.maxCandidates = 192");
    Candidate.Builder long17 = Candidate.newBuilder().setItemId(1);
    IntStream.range(0, 30).forEach(i -> long17.addCodes(1));
    assertInvalid(
        ScoreRequest.newBuilder().addCandidates(long17),
        "codes of a candidate has 30 entries; the most is that of any model = 16");
  }

  private void assertInvalid(ScoreRequest.Builder request, String message) {
    Status status = failure(() -> score(request));
    assertThat(status.getCode()).isEqualTo(Status.Code.INVALID_ARGUMENT);
    assertThat(status.getDescription()).isEqualTo(message);
  }

  private static StatColumn column(String name, float... values) {
    StatColumn.Builder column = StatColumn.newBuilder().setName(name);
    for (float value : values) {
      column.addValues(value);
    }
    return column.build();
  }
}
