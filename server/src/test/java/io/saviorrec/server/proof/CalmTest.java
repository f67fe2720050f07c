package io.saviorrec.server.proof;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.ManagedChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// Offers a server two and four times what it can answer, with deadlines and without, and counts
/// what its callers got in time.
///
/// One scoring thread, so that the callers have a core of their own. `calm.seconds` says for how long each run lasts.
@Tag("proof")
@Timeout(1200)
class CalmTest {
  private static final int SECONDS = Integer.getInteger("calm.seconds", 10);
  private static final int CANDIDATES = Integer.getInteger("calm.candidates", 500);
  private static final int CALLERS = 16;
  private static final int CONNECTIONS = 8;
  private static final Duration DEADLINE = Duration.ofMillis(100);
  private static final double LEAST_GOODPUT = 0.9;

  @TempDir private Path folder;

  @Test
  void overloadCostsTheAnswersThatAreGivenNothing() throws Exception {
    Random random = new Random(5);
    List<byte[]> pages =
        Stream.generate(() -> TinyShop.page(random, CANDIDATES).toByteArray()).limit(100).toList();
    String repository = System.getProperty("calm.repository");
    try (ServerProcess server =
        ServerProcess.start(
            ServerProcess.Plan.of(
                    repository == null ? TinyShop.repository() : Path.of(repository), folder)
                .settings(Map.of("engine.threads", System.getProperty("calm.threads", "1"))))) {
      List<ManagedChannel> channels =
          Stream.generate(server::channel).limit(CONNECTIONS).toList();
      OpenLoop load = new OpenLoop(channels, pages);
      double capacity =
          load.capacity(CALLERS, Duration.ofSeconds(25), Duration.ofSeconds(SECONDS));
      System.out.printf("calm: capacity %.0f answers/s%n", capacity);
      for (int times : new int[] {1, 2, 4}) {
        for (Duration deadline : new Duration[] {DEADLINE, null}) {
          double cpu = server.cpuSeconds();
          OpenLoop.Result result =
              load.run(times * capacity, Duration.ofSeconds(SECONDS), deadline);
          System.out.printf(
              "calm: %d times, deadline %s: goodput %.2f, cpu %.1f s, %s%n",
              times,
              deadline,
              result.answersPerSecond() / capacity,
              server.cpuSeconds() - cpu,
              result);
        }
      }
      double after =
          load.capacity(CALLERS, Duration.ofSeconds(1), Duration.ofSeconds(SECONDS));
      System.out.printf("calm: capacity %.0f answers/s%n", after);
      assertThat(after).isPositive();
    }
  }
}
