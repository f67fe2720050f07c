package io.saviorrec.server.upsert;

import io.saviorrec.proto.v1.Item;
import io.saviorrec.proto.v1.UpsertItemsRequest;
import io.saviorrec.proto.v1.UpsertItemsResponse;
import io.saviorrec.server.admission.Admission;
import io.saviorrec.server.admission.ComputeEstimate;
import io.saviorrec.server.admission.Demand;
import io.saviorrec.server.admission.QueueBounds;
import io.saviorrec.server.batching.Lane;
import io.saviorrec.server.config.ServerConfig;
import io.saviorrec.server.metrics.UpsertMetrics;
import io.saviorrec.server.registry.Registry;
import io.saviorrec.server.registry.SnapshotHandle;
import io.saviorrec.server.request.Call;
import io.saviorrec.server.request.Priority;
import io.saviorrec.server.request.RequestException;
import io.saviorrec.server.store.SentItems;
import io.saviorrec.server.store.StoreException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Takes items that arrive after training: validates, encodes, stores and publishes them.
///
/// Encoding is slow, so it has a lane of its own and never waits in the queue of scoring. An item
/// that cannot be used costs the others nothing. An upsert is admitted once, here, and passes the
/// lane in turns, together with others ([UpsertQueue]).
public final class ItemIntake {
  private static final Logger log = LoggerFactory.getLogger(ItemIntake.class);

  private static final int REHEARSALS = 64;

  private final Registry registry;
  private final SentItems sent;
  private final ServerConfig.Items config;
  private final Admission admission;
  private final UpsertMetrics metrics;
  private final UpsertQueue queue;
  private final ComputeEstimate itemTime = new ComputeEstimate();

  public ItemIntake(
      Registry registry,
      SentItems sent,
      ServerConfig.Items config,
      Lane lane,
      UpsertMetrics metrics) {
    this.registry = registry;
    this.sent = sent;
    this.config = config;
    this.admission =
        new Admission(
            "encoding",
            config.encodeThreads(),
            config.encodeQueueCapacity(),
            QueueBounds.SHARED,
            System::nanoTime);
    this.metrics = metrics;
    this.queue =
        new UpsertQueue(
            registry,
            new ItemValidator(config, InstantSource.system()),
            sent,
            config.encodeBatch(),
            lane,
            metrics,
            itemTime);
  }

  public CompletableFuture<UpsertItemsResponse> upsert(UpsertItemsRequest request, Call call) {
    if (request.getItemsCount() == 0) {
      throw RequestException.invalid("items is empty");
    }
    if (request.getItemsCount() > config.maxUpsertBatch()) {
      throw RequestException.invalid(
          "items has "
              + request.getItemsCount()
              + " entries; the most is items.maxUpsertBatch = "
              + config.maxUpsertBatch());
    }
    // Upserts take turns, so one waits for a turn of each of the others and not for their ends.
    int turn = Math.min(request.getItemsCount(), config.encodeBatch());
    Demand demand = Demand.unbounded(Priority.NORMAL, itemTime, turn);
    Admission.Place place = admission.admit(call, demand);
    if (place == null) {
      throw admission.full(demand.priority());
    }
    Upsert upsert = new Upsert(request, call, place, metrics);
    try {
      queue.enter(upsert);
    } catch (RuntimeException e) {
      place.giveBack();
      throw e;
    }
    return upsert.answer();
  }

  /// Encodes made-up items and stores nothing, so that no upsert pays for what happens once.
  ///
  /// @param unseen where they count
  /// @return how many encoder calls there were
  public int rehearse(UpsertMetrics unseen, Duration most) {
    long start = System.nanoTime();
    int turns = 0;
    try (SnapshotHandle live = registry.acquireAll()) {
      ItemValidator validator = new ItemValidator(config, InstantSource.system());
      while (turns < REHEARSALS && System.nanoTime() - start < most.toNanos()) {
        Turn turn = new Turn(live.models().encoderGroups(), sent, config.encodeBatch(), unseen);
        List<Item> items = new ArrayList<>();
        for (int i = 0; i < 1 + turns % config.encodeBatch(); i++) {
          String title = "made-up item %d of turn %d".formatted(i, turns);
          items.add(Item.newBuilder().setItemId(Long.MAX_VALUE - i).setTitle(title).build());
        }
        // Limits may be so tight that none of them is taken.
        List<Draft> good =
            validator.validate(items, live.models()).stream().filter(Draft::good).toList();
        if (!good.isEmpty()) {
          turn.add(good, Call.UNBOUNDED);
          turn.encode();
        }
        turns++;
      }
    } catch (StoreException e) {
      log.debug("no encoding was rehearsed: {}", e.getMessage());
    }
    return turns;
  }
}
