package io.saviorrec.server.proof;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.saviorrec.proto.v1.Candidate;
import io.saviorrec.proto.v1.ScoreRequest;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.assertj.core.api.SoftAssertions;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// Offers a server two and four times what it can answer, with deadlines and without, and counts
/// what its callers got in time, over what a few patient callers get just before and after.
///
/// One scoring thread and large requests, so that the scoring is what there is too little of, and
/// not the core that the callers share with the connections. It needs a machine that does nothing
/// else. `calm.seconds` says for how long each run lasts.
@Tag("proof")
@Timeout(1200)
class CalmTest {
  private static final int SECONDS = Integer.getInteger("calm.seconds", 10);
  private static final int CANDIDATES = 2000;
  private static final int CALLERS = 16;
  private static final int CONNECTIONS = 8;
  private static final Duration WARM_UP = Duration.ofSeconds(10);
  private static final Duration DEADLINE = Duration.ofMillis(100);
  private static final Duration TARGET = Duration.ofMillis(50);
  private static final double LEAST_GOODPUT = 0.9;

  @TempDir private Path folder;
  private final SoftAssertions facts = new SoftAssertions();

  @Test
  void overloadCostsNoAnswersAndAnswersComeInTime() throws Exception {
    Random random = new Random(5);
    List<byte[]> pages = Stream.generate(() -> page(random)).limit(100).toList();
    ServerProcess.Plan plan =
        ServerProcess.Plan.of(TinyShop.repository(), folder)
            .settings(
                Map.of(
                    "engine.threads",
                    "1",
                    "scoring.maxCandidates",
                    Integer.toString(CANDIDATES),
                    "overload.latencyTarget",
                    TARGET.toMillis() + "ms"));
    try (ServerProcess server = ServerProcess.start(plan)) {
      List<ManagedChannel> channels = Stream.generate(server::channel).limit(CONNECTIONS).toList();
      OpenLoop load = new OpenLoop(channels, pages);
      double capacity = load.capacity(CALLERS, WARM_UP, Duration.ofSeconds(SECONDS));
      for (int times : new int[] {2, 4}) {
        for (Duration deadline : new Duration[] {DEADLINE, null}) {
          capacity = overload(server, load, capacity, times, deadline);
        }
      }
      facts.assertAll();
    }
  }

  /// What the server can answer afterwards.
  private double overload(
      ServerProcess server, OpenLoop load, double before, int times, @Nullable Duration deadline)
      throws InterruptedException {
    double cpu = server.cpuSeconds();
    OpenLoop.Result result = load.run(times * before, Duration.ofSeconds(SECONDS), deadline);
    double took = server.cpuSeconds() - cpu;
    double after = load.capacity(CALLERS, Duration.ofSeconds(1), Duration.ofSeconds(SECONDS));
    double goodput = result.answersPerSecond() / ((before + after) / 2);
    String what =
        "%d times capacity, %s: goodput %.2f of %.0f and %.0f answers/s, %.1f s of CPU, %s"
            .formatted(
                times,
                deadline == null ? "no deadline" : "100 ms",
                goodput,
                before,
                after,
                took,
                result);
    System.out.println("calm: " + what);
    facts.assertThat(goodput).as(what).isGreaterThanOrEqualTo(LEAST_GOODPUT);
    facts
        .assertThat(result.statuses().keySet())
        .as(what)
        .isSubsetOf(Status.Code.RESOURCE_EXHAUSTED, Status.Code.DEADLINE_EXCEEDED, Status.Code.OK);
    if (deadline == null) {
      facts.assertThat(result.millis(0.5)).as(what).isLessThan((double) TARGET.toMillis());
    }
    return after;
  }

  private static byte[] page(Random random) {
    ScoreRequest page = TinyShop.page(random, CANDIDATES);
    List<Long> items = page.getCandidatesList().stream().map(Candidate::getItemId).toList();
    byte[] packed =
        page.toBuilder().clearCandidates().addAllCandidateIds(items).build().toByteArray();
    assertThat(packed.length).isLessThan(8 * CANDIDATES);
    return packed;
  }
}
