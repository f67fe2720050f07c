package io.saviorrec.server.proof;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.grpc.ManagedChannel;
import io.saviorrec.proto.v1.Item;
import io.saviorrec.proto.v1.ItemsGrpc;
import io.saviorrec.proto.v1.UpsertItemsRequest;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// A server whose limits were set higher than its memory is.
@Timeout(180)
class OutOfMemoryTest {
  private static final int HUGE = 48 << 20;

  /// What has to be raised before a request can be larger than the heap.
  private static final Map<String, String> ABSURD =
      Map.of(
          "limits.upsertBytes", "1000000000",
          "limits.inFlightBytes", "100000000000",
          "limits.connectionBytes", "100000000000",
          "items.maxImageBytes", "1000000000");

  @TempDir private Path folder;

  @Test
  void outOfMemoryEndsTheProcessWithinASecondAndARestartIsClean() throws Exception {
    Path noticed = folder.resolve("noticed");
    ServerProcess.Plan plan = ServerProcess.Plan.of(TinyShop.repository(), folder);
    try (ServerProcess server =
        ServerProcess.start(
            plan.settings(ABSURD)
                .flags(
                    "-Xmx112m",
                    "-XX:MaxDirectMemorySize=2g",
                    // The JVM does this first of all.
                    "-XX:OnOutOfMemoryError=touch " + noticed))) {
      ManagedChannel channel = server.channel();
      UpsertItemsRequest huge =
          UpsertItemsRequest.newBuilder()
              .addItems(
                  Item.newBuilder()
                      .setItemId(5)
                      .setTitle("huge")
                      .setImage(ByteString.copyFrom(new byte[HUGE])))
              .build();
      for (int i = 0; i < 6; i++) {
        var _ = ItemsGrpc.newFutureStub(channel).upsertItems(huge);
      }
      assertThat(Eventually.within(Duration.ofSeconds(60), () -> Files.exists(noticed)))
          .as("ran out of memory")
          .isTrue();
      long start = System.nanoTime();
      assertThat(Eventually.within(Duration.ofSeconds(30), () -> !server.alive()))
          .as("ended, having said %s", server.output())
          .isTrue();
      double seconds = (System.nanoTime() - start) / 1e9;
      System.out.printf("out of memory: ended after %.3f s%n", seconds);
      assertThat(server.awaitEnd()).isNotZero();
      assertThat(seconds).isLessThan(1);
    }
    try (ServerProcess again = ServerProcess.start(plan)) {
      ManagedChannel channel = again.channel();
      assertThat(Traffic.score(channel, new Random(1)).getScoresCount()).isEqualTo(20);
    }
  }
}
