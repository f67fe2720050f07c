package io.saviorrec.server.proof;

import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.saviorrec.proto.v1.Candidate;
import io.saviorrec.proto.v1.DeleteItemsRequest;
import io.saviorrec.proto.v1.GetItemsRequest;
import io.saviorrec.proto.v1.ItemsGrpc;
import io.saviorrec.proto.v1.ScoreRequest;
import io.saviorrec.proto.v1.ScoringGrpc;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/// A bit of everything that happens to a server on a good day, again and again until it is over:
/// page views with items that are known, sent and unknown, items that come and go, and mistakes.
final class ShopDay implements AutoCloseable {
  private static final long SENT = 1_000_000;
  private static final long PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(20);

  private final ManagedChannel channel;
  private final Thread shop = new Thread(this::run, "shop-day");
  private final Queue<Throwable> failures = new ConcurrentLinkedQueue<>();
  private volatile boolean over;

  private ShopDay(ManagedChannel channel) {
    this.channel = channel;
  }

  static ShopDay begin(ServerProcess server) {
    ShopDay day = new ShopDay(server.channel());
    day.shop.start();
    return day;
  }

  private void run() {
    Random random = new Random(5);
    for (int hour = 0; !over; hour++) {
      try {
        views(random, hour);
        items(hour);
      } catch (RuntimeException e) {
        failures.add(e);
      }
      LockSupport.parkNanos(PAUSE_NANOS);
    }
  }

  private void views(Random random, int hour) {
    ScoringGrpc.ScoringBlockingStub scoring =
        ScoringGrpc.newBlockingStub(channel).withDeadlineAfter(20, TimeUnit.SECONDS);
    ScoreRequest.Builder page = TinyShop.page(random, 20).toBuilder();
    page.addCandidates(Candidate.newBuilder().setItemId(SENT + hour % 10));
    page.addCandidates(Candidate.newBuilder().setItemId(SENT * 2));
    page.putContext("weather", page.getContextOrThrow("hour"));
    page.getUserBuilder().addHistory(SENT * 2);
    var _ = scoring.score(page.build());
    mistaken(() -> scoring.score(ScoreRequest.getDefaultInstance()));
  }

  private void items(int hour) {
    ItemsGrpc.ItemsBlockingStub items =
        ItemsGrpc.newBlockingStub(channel).withDeadlineAfter(20, TimeUnit.SECONDS);
    var _ = items.upsertItems(TinyShop.upsert(TinyShop.item(SENT + hour % 10, hour)));
    var _ = items.getItems(GetItemsRequest.newBuilder().addItemIds(SENT).build());
    if (hour % 10 == 9) {
      var _ = items.deleteItems(DeleteItemsRequest.newBuilder().addItemIds(SENT + 11).build());
    }
  }

  private static void mistaken(Runnable call) {
    try {
      call.run();
      throw new IllegalStateException("a mistaken call was answered");
    } catch (StatusRuntimeException e) {
      if (e.getStatus().getCode() != Status.Code.INVALID_ARGUMENT) {
        throw e;
      }
    }
  }

  List<Throwable> failures() {
    return new ArrayList<>(failures);
  }

  @Override
  public void close() {
    over = true;
    try {
      shop.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
