package io.saviorrec.server.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.util.concurrent.ListenableFuture;
import com.google.protobuf.ByteString;
import io.saviorrec.proto.v1.Item;
import io.saviorrec.proto.v1.ItemsGrpc;
import io.saviorrec.proto.v1.UpsertItemsRequest;
import io.saviorrec.proto.v1.UpsertItemsResponse;
import io.saviorrec.server.admission.Demand;
import io.saviorrec.server.fakes.FakeEngine;
import io.saviorrec.server.request.Call;
import io.saviorrec.server.request.ErrorCode;
import io.saviorrec.server.request.RequestException;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// Upserts of several callers that meet in one turn of the encoder.
@Timeout(60)
class SharedTurnsTest {
  private static final long FIRST = 100;

  @TempDir private Path repository;
  private ServingFixture fixture;
  private FakeEngine engine;

  @BeforeEach
  void start() throws IOException {
    fixture =
        new ServingFixture(
            repository,
            Map.of("items.encodeBatch", "4", "items.encodeQueueCapacity", "8"),
            "saviorrec");
    engine = fixture.engine("saviorrec");
  }

  @AfterEach
  void stop() {
    fixture.close();
  }

  @Test
  void whatComesWhileTheEncoderIsBusyGoesTogetherInOneCallAndOneWrite() throws Exception {
    ListenableFuture<UpsertItemsResponse> running = occupyEncoder();
    List<ListenableFuture<UpsertItemsResponse>> waiting = new ArrayList<>();
    for (int i = 1; i <= 4; i++) {
      waiting.add(queue(i, item(FIRST + i, "hat " + i)));
    }
    engine.encodes.open();

    assertGood(running, FIRST);
    for (int i = 1; i <= 4; i++) {
      assertGood(waiting.get(i - 1), FIRST + i);
    }
    assertThat(engine.encodes.calls()).isEqualTo(2);
    assertThat(fixture.store.puts()).isEqualTo(2);
    assertThat(fixture.metric("savior_encode_batch_sum")).isEqualTo(5);
  }

  @Test
  void aSingleUpsertDoesNotWaitForOthers() {
    assertThat(
            fixture.itemsStub().upsertItems(request(item(FIRST, "a hat"))).getResults(0).getError())
        .isEmpty();
    assertThat(engine.encodes.calls()).isEqualTo(1);
  }

  @Test
  void whatIsLeftOfALargeUpsertFillsTheTurnsOfSmallOnes() throws Exception {
    var _ = occupyEncoder();
    ListenableFuture<UpsertItemsResponse> large =
        queue(
            1,
            item(201, "x"),
            item(202, "x"),
            item(203, "x"),
            item(204, "x"),
            item(205, "x"),
            item(206, "x"));
    ListenableFuture<UpsertItemsResponse> small = queue(2, item(300, "x"));
    engine.encodes.open();
    assertGood(small, 300);
    large.get(20, TimeUnit.SECONDS);

    // The large one has its turn; then the small one leads, and the rest goes with it.
    assertThat(fixture.store.changesSince(0, 100).itemIds())
        .containsExactly(FIRST, 201L, 202L, 203L, 204L, 300L, 205L, 206L);
    assertThat(fixture.store.puts()).isEqualTo(3);
  }

  @Test
  void anItemThatTheEncoderCannotTakeFailsAlone() throws Exception {
    engine.failOn("poison");
    var _ = occupyEncoder();
    ListenableFuture<UpsertItemsResponse> good = queue(1, item(201, "good"));
    ListenableFuture<UpsertItemsResponse> mixed =
        queue(2, item(202, "poison"), item(203, "also good"));
    engine.encodes.open();

    assertGood(good, 201);
    UpsertItemsResponse response = mixed.get(20, TimeUnit.SECONDS);
    assertThat(response.getResults(0).getError())
        .isEqualTo("the encoder failed: cannot take poison");
    assertThat(response.getResults(1).getError()).isEmpty();
    assertThat(fixture.store.changesSince(0, 100).itemIds()).containsExactly(FIRST, 201L, 203L);
  }

  @Test
  void aCallerThatGoesLeavesTheOthersOfItsTurnAlone() throws Exception {
    var _ = occupyEncoder();
    ListenableFuture<UpsertItemsResponse> one = queue(1, item(201, "x"));
    ListenableFuture<UpsertItemsResponse> gone = queue(2, item(202, "x"));
    ListenableFuture<UpsertItemsResponse> other = queue(3, item(203, "x"));
    gone.cancel(true);
    awaitQueued(2);
    engine.encodes.open();

    assertGood(one, 201);
    assertGood(other, 203);
    assertThat(fixture.store.changesSince(0, 100).itemIds()).containsExactly(FIRST, 201L, 203L);
  }

  @Test
  void aPictureThatIsSlowToDecodeDoesNotHoldUpThoseThatWaitWithIt() throws Exception {
    var _ = occupyEncoder();
    ListenableFuture<UpsertItemsResponse> one = queue(1, item(201, "x"));
    ListenableFuture<UpsertItemsResponse> slow =
        queue(2, item(202, "x").setImage(pictureOfSixteenMillionPixels()));
    ListenableFuture<UpsertItemsResponse> other = queue(3, item(203, "x"));
    engine.encodes.open();

    assertGood(one, 201);
    assertGood(other, 203);
    assertGood(slow, 202);
    assertThat(fixture.store.changesSince(0, 100).itemIds())
        .containsExactly(FIRST, 201L, 203L, 202L);
  }

  @Test
  void ofTwoVersionsOfAnItemTheOneThatCameLaterStays() throws Exception {
    var _ = occupyEncoder();
    ListenableFuture<UpsertItemsResponse> before = queue(1, item(201, "before"));
    ListenableFuture<UpsertItemsResponse> after = queue(2, item(201, "after"));
    engine.encodes.open();

    assertGood(before, 201);
    assertGood(after, 201);
    assertThat(fixture.store.items(new long[] {201}).getFirst().title()).isEqualTo("after");
    assertThat(fixture.store.puts()).isEqualTo(3);
  }

  @Test
  void whatTheStoreRefusesFailsAllThatWasToBeWrittenAndNothingElse() throws Exception {
    var _ = occupyEncoder();
    ListenableFuture<UpsertItemsResponse> good = queue(1, item(201, "x"));
    ListenableFuture<UpsertItemsResponse> bad = queue(2, item(202, " "));
    fixture.store.failWrites();
    engine.encodes.open();

    assertThat(bad.get(20, TimeUnit.SECONDS).getResults(0).getError())
        .startsWith("title and image are both empty");
    assertFails(good, "UNAVAILABLE: cannot write the item store");
  }

  @Test
  void aStoppingLaneFinishesUpsertsThatHaveBegunOrWait() throws Exception {
    engine.encodes.hold();
    ListenableFuture<UpsertItemsResponse> large =
        stub()
            .upsertItems(
                request(
                    item(201, "x"),
                    item(202, "x"),
                    item(203, "x"),
                    item(204, "x"),
                    item(205, "x"),
                    item(206, "x")));
    engine.encodes.awaitEntered();
    ListenableFuture<UpsertItemsResponse> small = queue(1, item(300, "x"));
    CompletableFuture<Boolean> drained =
        CompletableFuture.supplyAsync(
            () -> fixture.encodingLane().drain(TimeUnit.SECONDS.toNanos(20)));
    awaitClosed();
    engine.encodes.open();

    assertGood(small, 300);
    assertThat(large.get(20, TimeUnit.SECONDS).getResultsList())
        .hasSize(6)
        .allMatch(result -> result.getError().isEmpty());
    assertThat(drained.get(30, TimeUnit.SECONDS)).isTrue();
  }

  /// Waits until the lane takes on nothing more.
  private void awaitClosed() {
    while (true) {
      try {
        var _ = fixture.encodingLane().submit(Call.UNBOUNDED, Demand.light(), queued -> queued);
      } catch (RequestException e) {
        if (e.code() == ErrorCode.UNAVAILABLE) {
          return;
        }
      }
      assertThat(Thread.interrupted()).as("the test's time is over").isFalse();
    }
  }

  /// An upsert that is at the encoder until [FakeEngine.Probe#open].
  private ListenableFuture<UpsertItemsResponse> occupyEncoder() throws InterruptedException {
    engine.encodes.hold();
    ListenableFuture<UpsertItemsResponse> running =
        stub().upsertItems(request(item(FIRST, "the first")));
    engine.encodes.awaitEntered();
    return running;
  }

  /// An upsert that waits as the last of so many.
  private ListenableFuture<UpsertItemsResponse> queue(int waiting, Item.Builder... items) {
    ListenableFuture<UpsertItemsResponse> answer = stub().upsertItems(request(items));
    awaitQueued(waiting);
    return answer;
  }

  private void awaitQueued(int waiting) {
    while (fixture.encodingLane().queued() != waiting) {
      assertThat(Thread.interrupted()).as("the test's time is over").isFalse();
      Thread.onSpinWait();
    }
  }

  private ItemsGrpc.ItemsFutureStub stub() {
    return ItemsGrpc.newFutureStub(fixture.channel);
  }

  private static void assertGood(ListenableFuture<UpsertItemsResponse> answer, long itemId)
      throws Exception {
    UpsertItemsResponse response = answer.get(20, TimeUnit.SECONDS);
    assertThat(response.getResultsCount()).isEqualTo(1);
    assertThat(response.getResults(0).getItemId()).isEqualTo(itemId);
    assertThat(response.getResults(0).getError()).isEmpty();
  }

  private static void assertFails(ListenableFuture<UpsertItemsResponse> answer, String with)
      throws Exception {
    try {
      throw new AssertionError("was answered with " + answer.get(20, TimeUnit.SECONDS));
    } catch (ExecutionException e) {
      assertThat(e.getCause()).hasMessageContaining(with);
    }
  }

  private static ByteString pictureOfSixteenMillionPixels() throws IOException {
    ByteArrayOutputStream file = new ByteArrayOutputStream();
    ImageIO.write(new BufferedImage(4000, 4000, BufferedImage.TYPE_BYTE_GRAY), "png", file);
    return ByteString.copyFrom(file.toByteArray());
  }

  private static UpsertItemsRequest request(Item.Builder... items) {
    UpsertItemsRequest.Builder request = UpsertItemsRequest.newBuilder();
    for (Item.Builder item : items) {
      request.addItems(item);
    }
    return request.build();
  }

  private static Item.Builder item(long itemId, String title) {
    return Item.newBuilder().setItemId(itemId).setTitle(title);
  }
}
