package io.saviorrec.server.upsert;

import static org.assertj.core.api.Assertions.assertThat;

import io.saviorrec.server.admission.Demand;
import io.saviorrec.server.batching.Lane;
import io.saviorrec.server.fakes.FakeCall;
import io.saviorrec.server.fakes.Lanes;
import io.saviorrec.server.request.Call;
import io.saviorrec.server.request.Priority;
import io.saviorrec.server.request.RequestException;
import io.saviorrec.server.store.InMemoryItemStore;
import io.saviorrec.server.store.ItemChange;
import io.saviorrec.server.store.SentItems;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class ChangeQueueTest {
  private final SentItems sent = new SentItems(new InMemoryItemStore(), 100);
  private final Lane lane = Lanes.scoring(1, 10).lane();
  private final ChangeQueue queue = new ChangeQueue(sent, lane, 1);

  @AfterEach
  void stop() {
    lane.drain(TimeUnit.SECONDS.toNanos(5));
  }

  @Test
  void aPieceIsWrittenThoughTheTaskOfTheOneBeforeItNeverRuns() throws Exception {
    List<CompletableFuture<List<ItemChange.Outcome>>> later = new ArrayList<>();
    // The first call is over when it is to be admitted, and by then the second, whose turn came at
    // once, has written the first one's piece.
    LongSupplier untilDeadline =
        () -> {
          if (later.isEmpty()) {
            later.add(submit(2, Call.UNBOUNDED));
            awaitStored(1);
          }
          return 0;
        };
    CompletableFuture<List<ItemChange.Outcome>> first = submit(1, new FakeCall(untilDeadline));

    assertThat(first.get(10, TimeUnit.SECONDS)).hasSize(1);
    assertThat(later.getFirst().get(10, TimeUnit.SECONDS)).hasSize(1);
    assertThat(sent.store().items(new long[] {2})).doesNotContainNull();
  }

  @Test
  void aCallThatIsOverBeforeItsTurnChangesNothing() {
    FakeCall over = new FakeCall();
    over.expire();

    assertThat(submit(1, over))
        .failsWithin(Duration.ofSeconds(30))
        .withThrowableThat()
        .withCauseInstanceOf(RequestException.class);
    assertThat(sent.store().items(new long[] {1})).containsOnlyNulls();
  }

  private CompletableFuture<List<ItemChange.Outcome>> submit(long itemId, Call call) {
    try {
      return queue.submit(
          List.of(new ItemChange.Deletion(itemId)),
          call,
          new Demand(Priority.NORMAL, 0, 0, nanos -> {}));
    } catch (RequestException e) {
      return CompletableFuture.failedFuture(e);
    }
  }

  private void awaitStored(long itemId) {
    while (sent.store().items(new long[] {itemId}).getFirst() == null) {
      if (Thread.interrupted()) {
        throw new AssertionError("the piece is not written");
      }
      Thread.onSpinWait();
    }
  }
}
