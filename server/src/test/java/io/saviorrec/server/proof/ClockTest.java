package io.saviorrec.server.proof;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.grpc.ManagedChannel;
import io.saviorrec.proto.v1.ScoreResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// A server whose clock is set while it works.
@Tag("proof")
@Timeout(300)
class ClockTest {
  private static final Path LIBRARY =
      Path.of(
          System.getProperty(
              "faketime.library", "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1"));

  @TempDir private Path folder;

  @Test
  void aClockThatJumpsADayEitherWayChangesNothing() throws Exception {
    assumeTrue(Files.exists(LIBRARY), "needs Debian's package libfaketime");
    Path clock = Files.writeString(folder.resolve("clock"), "+0d\n");
    ServerProcess.Plan plan =
        ServerProcess.Plan.of(TinyShop.repository(), folder)
            .environment(
                Map.of(
                    "LD_PRELOAD",
                    LIBRARY.toString(),
                    "FAKETIME_TIMESTAMP_FILE",
                    clock.toString(),
                    "FAKETIME_NO_CACHE",
                    "1",
                    // As it is on a real machine, whose clock may be set but runs on evenly.
                    "FAKETIME_DONT_FAKE_MONOTONIC",
                    "1"));
    try (ServerProcess server = ServerProcess.start(plan)) {
      ManagedChannel channel = server.channel();
      Random random = new Random(1);
      String started = day(server);
      for (String jump : List.of("+1d\n", "-1d\n", "+0d\n", "+400d\n", "-400d\n")) {
        Files.writeString(clock, jump);
        // The file is looked at once a second.
        long end = System.nanoTime() + Duration.ofSeconds(3).toNanos();
        while (System.nanoTime() - end < 0) {
          ScoreResponse response = Traffic.score(channel, random);
          assertThat(response.getScoresCount()).isEqualTo(20);
          assertThat(response.getTimings().getTotalUs()).isBetween(0L, 20_000_000L);
          assertThat(response.getTimings().getQueueUs()).isBetween(0L, 20_000_000L);
        }
      }
      server.terminate();
      server.awaitEnd();
      // Else the clock was not set at all.
      assertThat(day(server)).isNotEqualTo(started);
    }
  }

  /// Of the last line that bears a time.
  private static String day(ServerProcess server) {
    return server
        .output()
        .lines()
        .filter(line -> line.matches("\\d{4}-\\d\\d-\\d\\dT.*"))
        .reduce("", (_, line) -> line)
        .substring(0, 10);
  }
}
