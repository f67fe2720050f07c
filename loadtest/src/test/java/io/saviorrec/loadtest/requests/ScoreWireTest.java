package io.saviorrec.loadtest.requests;

import static org.assertj.core.api.Assertions.assertThat;

import io.saviorrec.loadtest.requests.Wire.Verdict;
import io.saviorrec.proto.v1.CapturedRequest;
import io.saviorrec.proto.v1.Degradation;
import io.saviorrec.proto.v1.Score;
import io.saviorrec.proto.v1.ScoreRequest;
import io.saviorrec.proto.v1.ScoreResponse;
import io.saviorrec.proto.v1.ScoreSource;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;

class ScoreWireTest {
  private final ScoreWire wire = new ScoreWire();

  @Test
  void scoresAreCountedInBothForms() {
    byte[] messages =
        ScoreResponse.newBuilder()
            .setModel("m")
            .addScores(Score.newBuilder().setItemId(1).setPctr(.5f))
            .addScores(Score.newBuilder().setItemId(2).setPctr(.5f))
            .build()
            .toByteArray();
    byte[] packed =
        ScoreResponse.newBuilder()
            .addPctr(.1f)
            .addPctr(.2f)
            .addSources(ScoreSource.TRAINED)
            .build()
            .toByteArray();
    for (byte[] answer : List.of(messages, packed)) {
      assertThat(wire.read(answer, 2)).isEqualTo(Verdict.WHOLE);
      assertThat(wire.read(answer, 3)).isEqualTo(Verdict.WRONG);
    }
  }

  @Test
  void whatOverloadLeftOutIsSeen() {
    byte[] answer =
        ScoreResponse.newBuilder()
            .addPctr(.1f)
            .addDegraded(Degradation.SHORT_HISTORY)
            .build()
            .toByteArray();
    assertThat(wire.read(answer, 1)).isEqualTo(Verdict.DEGRADED);
  }

  @Test
  void whatIsNoAnswerIsWrong() {
    assertThat(wire.read(new byte[] {0x32, 100, 1}, 1)).isEqualTo(Verdict.WRONG);
    assertThat(wire.read(new byte[0], 1)).isEqualTo(Verdict.WRONG);
  }

  @Test
  void freshUsersAreNewEachTimeAndKeepTheirHistory() throws IOException {
    ScoreRequest.Builder request = ScoreRequest.newBuilder().addCandidateIds(1).addCandidateIds(2);
    request.getUserBuilder().setUserId(7).addHistory(3);
    CapturedRequest recorded = CapturedRequest.newBuilder().setRequest(request).build();
    Prepared same = Prepared.of(List.of(recorded), wire, each -> each, false);
    Prepared fresh = Prepared.of(List.of(recorded), wire, each -> each, true);

    assertThat(same.bytes(0)).isEqualTo(same.bytes(1));
    ScoreRequest first = ScoreRequest.parseFrom(fresh.bytes(0));
    ScoreRequest second = ScoreRequest.parseFrom(fresh.bytes(1));
    assertThat(first.getUser().getUserId()).isNotEqualTo(second.getUser().getUserId());
    assertThat(second.getUser().getHistoryList()).containsExactly(3L);
    byte[] answer = ScoreResponse.newBuilder().addPctr(.1f).addPctr(.1f).build().toByteArray();
    assertThat(fresh.read(answer, 1)).isEqualTo(Verdict.WHOLE);
  }

  @Test
  void theBestOfAllAreFewerScores() {
    CapturedRequest recorded =
        CapturedRequest.newBuilder()
            .setRequest(ScoreRequest.newBuilder().addCandidateIds(1).addCandidateIds(2).setTopK(1))
            .build();
    Prepared prepared = Prepared.of(List.of(recorded), wire, each -> each, false);
    byte[] answer = ScoreResponse.newBuilder().addPctr(.1f).build().toByteArray();
    assertThat(prepared.read(answer, 0)).isEqualTo(Verdict.WHOLE);
  }
}
