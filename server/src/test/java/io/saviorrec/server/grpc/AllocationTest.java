package io.saviorrec.server.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import io.saviorrec.proto.v1.Candidate;
import io.saviorrec.proto.v1.ScoreRequest;
import io.saviorrec.proto.v1.ScoringGrpc;
import io.saviorrec.proto.v1.User;
import io.saviorrec.server.fakes.TestBundles;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadInfo;
import java.nio.file.Path;
import java.util.Map;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// What a scoring request allocates, from the socket to the answer's last byte, with an engine that
/// allocates nothing but scores and with items whose states are there.
@Timeout(60)
class AllocationTest {
  /// Those of connections, of handlers and of the model; the client's have other names.
  private static final Pattern SERVER = Pattern.compile("(grpc-connection|grpc|scoring)-[-\\d]+");

  private static final int CANDIDATES = 500;
  private static final int HISTORY = 50;
  private static final int WARM_UP = 2000;
  private static final int ROUNDS = 3;
  private static final int REQUESTS = 300;

  @TempDir private Path repository;

  @Test
  void aRequestOf500CandidatesAllocatesLessThan64KibBesideItsMessage() throws IOException {
    ScoreRequest messages = request();
    ScoreRequest packed = packed(messages);
    long ofMessages = allocatedBy(messages) - messages.getSerializedSize();
    long ofPacked = allocatedBy(packed) - packed.getSerializedSize();
    System.out.printf(
        "%d candidates: %d bytes allocated beside a message of %d, packed %d beside %d%n",
        CANDIDATES, ofMessages, messages.getSerializedSize(), ofPacked, packed.getSerializedSize());
    assertThat(ofMessages).isLessThan(64 << 10);
    assertThat(ofPacked).isLessThan(64 << 10);
  }

  /// The least of some rounds: what else the threads do now and then is no request's.
  private long allocatedBy(ScoreRequest request) throws IOException {
    Map<String, String> settings =
        Map.of("scoring.maxCandidates", Integer.toString(CANDIDATES), "items.stateCapacity", "100");
    try (ServingFixture fixture =
        new ServingFixture(
            repository.resolve("of-" + request.getSerializedSize()), settings, "saviorrec")) {
      score(fixture, request, WARM_UP);
      long least = Long.MAX_VALUE;
      for (int round = 0; round < ROUNDS; round++) {
        long before = allocated();
        score(fixture, request, REQUESTS);
        least = Math.min(least, (allocated() - before) / REQUESTS);
      }
      return least;
    }
  }

  private static void score(ServingFixture fixture, ScoreRequest request, int times) {
    ScoringGrpc.ScoringBlockingStub stub = fixture.scoringStub();
    for (int i = 0; i < times; i++) {
      stub.score(request);
      fixture.ended();
    }
  }

  private static ScoreRequest request() {
    ScoreRequest.Builder request = ScoreRequest.newBuilder();
    for (int i = 0; i < CANDIDATES; i++) {
      request.addCandidates(
          Candidate.newBuilder().setItemId(1 + i % TestBundles.ITEMS).setPctrBase(0.1));
    }
    User.Builder user = User.newBuilder().setUserId(7);
    for (int i = 0; i < HISTORY; i++) {
      user.addHistory(1 + i % TestBundles.ITEMS);
    }
    return request.setUser(user).build();
  }

  private static ScoreRequest packed(ScoreRequest messages) {
    ScoreRequest.Builder packed = messages.toBuilder().clearCandidates();
    for (Candidate candidate : messages.getCandidatesList()) {
      packed.addCandidateIds(candidate.getItemId());
      packed.addCandidatePctrBase((float) candidate.getPctrBase());
    }
    return packed.build();
  }

  /// By the server's threads so far.
  private static long allocated() {
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    long bytes = 0;
    for (ThreadInfo thread : threads.getThreadInfo(threads.getAllThreadIds())) {
      if (thread != null && SERVER.matcher(thread.getThreadName()).matches()) {
        bytes += threads.getThreadAllocatedBytes(thread.getThreadId());
      }
    }
    return bytes;
  }
}
