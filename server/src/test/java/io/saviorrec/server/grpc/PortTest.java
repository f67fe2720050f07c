package io.saviorrec.server.grpc;

import io.saviorrec.proto.v1.Candidate;
import io.saviorrec.proto.v1.ScoreRequest;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// Tests of what a server does on a real port, which each of them starts with settings of its own.
@Timeout(60)
abstract class PortTest {
  static final String SCORE = "saviorrec.v1.Scoring/Score";
  static final String UPSERT = "saviorrec.v1.Items/UpsertItems";
  static final ScoreRequest REQUEST =
      ScoreRequest.newBuilder().addCandidates(Candidate.newBuilder().setItemId(1)).build();

  @TempDir private Path repository;
  @Nullable ServingFixture started;

  @AfterEach
  void stop() {
    if (started != null) {
      started.close();
    }
  }

  ServingFixture start(Map<String, String> settings) throws IOException {
    started = new ServingFixture(repository, settings, "saviorrec");
    return started;
  }
}
