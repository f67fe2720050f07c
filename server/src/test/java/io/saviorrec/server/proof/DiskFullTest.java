package io.saviorrec.server.proof;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.saviorrec.proto.v1.Candidate;
import io.saviorrec.proto.v1.Item;
import io.saviorrec.proto.v1.ItemsGrpc;
import io.saviorrec.proto.v1.ScoreRequest;
import io.saviorrec.proto.v1.ScoreSource;
import io.saviorrec.proto.v1.ScoringGrpc;
import io.saviorrec.proto.v1.UpsertItemsResponse;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// An item store on a disk that fills up and is cleared again.
@Timeout(180)
class DiskFullTest {
  private static final int ITEMS = 20;
  private static final int LARGE_UPSERTS = 250;
  private static final long FIRST_ITEM = 5_000_000;

  @TempDir private Path folder;
  private Path disk = Path.of("");

  @BeforeEach
  void mount() throws IOException {
    disk = Files.createDirectory(folder.resolve("disk"));
    assumeTrue(
        mounted(disk), "only a user who may mount a small file system can fill a disk safely");
  }

  private static boolean mounted(Path disk) {
    try {
      ServerProcess.run(List.of("mount", "-t", "tmpfs", "-o", "size=600m", "tmpfs", "" + disk));
      return true;
    } catch (RuntimeException _) {
      return false;
    }
  }

  @AfterEach
  void unmount() {
    if (!disk.toString().isEmpty()) {
      ServerProcess.run(List.of("umount", disk.toString()));
    }
  }

  /// Once the server looks ahead, and once it meets the full disk while it writes.
  @ParameterizedTest
  @ValueSource(strings = {"268435456", "1"})
  void aFullDiskRefusesUpsertsKeepsScoringAndLosesNothing(String minFreeBytes) throws Exception {
    ServerProcess.Plan plan =
        ServerProcess.Plan.of(TinyShop.repository(), folder)
            .settings(Map.of("items.storeDirectory", disk.resolve("items").toString()))
            .settings(Map.of("items.minFreeBytes", minFreeBytes));
    try (ServerProcess server = ServerProcess.start(plan)) {
      ManagedChannel channel = server.channel();
      for (int i = 0; i < ITEMS; i++) {
        assertThat(upsert(channel, i).getResults(0).getError()).isEmpty();
      }
      fill(disk.resolve("ballast"));
      StatusRuntimeException refusal = upsertUntilRefused(channel);
      assertThat(refusal.getStatus().getCode())
          .as(refusal.getMessage())
          .isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
      assertThat(refusal.getMessage()).doesNotContain(disk.toString());
      for (int i = 0; i < 20; i++) {
        assertThat(accepts(channel, ITEMS)).isFalse();
        assertScored(channel);
      }
      server.kill();
    }
    try (ServerProcess full = ServerProcess.start(plan)) {
      ManagedChannel channel = full.channel();
      assertScored(channel);
      assertThat(accepts(channel, ITEMS)).isFalse();
      Files.delete(disk.resolve("ballast"));
      assertThat(Eventually.within(Duration.ofSeconds(60), () -> accepts(channel, 2 * ITEMS)))
          .as("upserts once there is room again")
          .isTrue();
      full.kill();
    }
    try (ServerProcess again = ServerProcess.start(plan)) {
      ManagedChannel channel = again.channel();
      assertScored(channel);
      assertThat(accepts(channel, 2 * ITEMS + 1)).isTrue();
    }
  }

  private static UpsertItemsResponse upsert(ManagedChannel channel, int number) {
    return ItemsGrpc.newBlockingStub(channel)
        .upsertItems(TinyShop.upsert(TinyShop.item(FIRST_ITEM + number, number)));
  }

  /// The log has room of its own, taken in advance, which has to be filled as well.
  private static StatusRuntimeException upsertUntilRefused(ManagedChannel channel) {
    for (int i = 0; i < LARGE_UPSERTS; i++) {
      Item.Builder item = TinyShop.item(FIRST_ITEM - 1 - i, i).toBuilder();
      Item large = item.setImage(TinyShop.noise(i, 600)).build();
      try {
        UpsertItemsResponse response =
            ItemsGrpc.newBlockingStub(channel).upsertItems(TinyShop.upsert(large));
        assertThat(response.getResults(0).getError()).isEmpty();
      } catch (StatusRuntimeException e) {
        return e;
      }
    }
    throw new AssertionError("a full disk took " + LARGE_UPSERTS + " items of a megabyte");
  }

  private static boolean accepts(ManagedChannel channel, int number) {
    try {
      return upsert(channel, number).getResults(0).getError().isEmpty();
    } catch (StatusRuntimeException _) {
      return false;
    }
  }

  /// Every item that was acknowledged before the disk was full.
  private static void assertScored(ManagedChannel channel) {
    ScoreRequest.Builder request = ScoreRequest.newBuilder();
    for (int i = 0; i < ITEMS; i++) {
      request.addCandidates(Candidate.newBuilder().setItemId(FIRST_ITEM + i));
    }
    assertThat(ScoringGrpc.newBlockingStub(channel).score(request.build()).getScoresList())
        .allMatch(score -> score.getSource() == ScoreSource.ENCODED);
  }

  private static void fill(Path file) throws IOException {
    byte[] block = new byte[4096];
    try (OutputStream out = Files.newOutputStream(file)) {
      for (int i = 0; i < 1 << 18; i++) {
        out.write(block);
      }
    } catch (IOException _) {
      return;
    }
    throw new IllegalStateException("the disk did not fill up");
  }
}
