package io.saviorrec.server.proof;

import static org.assertj.core.api.Assertions.assertThat;

import io.saviorrec.proto.v1.Candidate;
import io.saviorrec.proto.v1.ScoreRequest;
import io.saviorrec.proto.v1.ScoreSource;
import io.saviorrec.proto.v1.ScoringGrpc;
import io.saviorrec.server.fakes.TinyRepository;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// A server whose bundle has many items. What it logs says where its start's time went.
@Tag("proof")
@Timeout(300)
class StartTest {
  private static final int ITEMS = 1_000_000;

  /// What a server of a few items holds, and less than one object for each of a million.
  private static final long MOST_HEAP = 64L << 20;

  @TempDir private Path folder;

  @Test
  void aMillionItemsTakeNothingOfTheHeap() throws Exception {
    Path repository = folder.resolve("repository");
    TinyRepository.write(repository, 1, ITEMS);
    ServerProcess.Plan plan =
        ServerProcess.Plan.of(repository, folder.resolve("server"))
            .settings(Map.of("engine.warmUpTime", "2s"));
    try (ServerProcess server = ServerProcess.start(plan)) {
      assertThat(
              ScoringGrpc.newBlockingStub(server.channel())
                  .score(
                      ScoreRequest.newBuilder()
                          .addCandidates(
                              Candidate.newBuilder()
                                  .setItemId(TinyRepository.FIRST_ITEM + ITEMS - 1))
                          .build())
                  .getScores(0)
                  .getSource())
          .isEqualTo(ScoreSource.TRAINED);
      assertThat(server.facts().heapBytes()).isLessThan(MOST_HEAP);
      assertThat(server.output()).containsPattern("ready after \\d+ ms: \\d+ to load");
    }
  }
}
