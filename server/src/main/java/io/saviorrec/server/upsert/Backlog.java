package io.saviorrec.server.upsert;

import io.micrometer.core.instrument.Tags;
import io.saviorrec.content.ItemContent;
import io.saviorrec.server.admission.Demand;
import io.saviorrec.server.batching.IdleThreads;
import io.saviorrec.server.batching.Lane;
import io.saviorrec.server.metrics.Meters;
import io.saviorrec.server.metrics.UpsertMetrics;
import io.saviorrec.server.registry.EncoderGroup;
import io.saviorrec.server.registry.Registry;
import io.saviorrec.server.registry.SnapshotHandle;
import io.saviorrec.server.request.Call;
import io.saviorrec.server.request.FatalErrors;
import io.saviorrec.server.request.Priority;
import io.saviorrec.server.request.RequestException;
import io.saviorrec.server.store.EncoderKey;
import io.saviorrec.server.store.ItemRepresentation;
import io.saviorrec.server.store.ItemStore;
import io.saviorrec.server.store.SentItems;
import io.saviorrec.server.store.StoreException;
import io.saviorrec.server.store.StoredItem;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The stored items that an encoder of a live model has not seen, which are encoded beside serving:
/// after a start or a reload with a new encoder all of them, and later what other servers or an
/// upsert that began before the reload have put without it.
///
/// Beside serving: items are encoded on the processor time that others leave. Only the short write
/// of what was made takes a turn among upserts.
///
/// It follows the store's feed of changes, from the beginning when the encoders are others than
/// before. An item that cannot be encoded is logged and left; what the store refuses, or the engine
/// while it encodes nothing else either, is tried again.
public final class Backlog implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(Backlog.class);

  private static final int PAGE = 256;
  private static final long LOOK_MILLIS = 1000;
  private static final long PROGRESS_NANOS = Duration.ofSeconds(30).toNanos();
  private static final long CLOSE_SECONDS = 5;

  /// After as many failures of an engine that works otherwise it is the item that is at fault.
  private static final int TRIES = 2;

  /// An engine fails on items; they are tried again.
  private static final class EngineFault extends RuntimeException {
    private static final long serialVersionUID = 1L;

    EngineFault(String message) {
      super(message);
    }
  }

  private final Registry registry;
  private final SentItems sent;
  private final int encodeBatch;
  private final Lane lane;
  private final UpsertMetrics metrics;
  private final ScheduledExecutorService thread =
      Executors.newSingleThreadScheduledExecutor(new IdleThreads("backlog"));

  /// Owned by the thread, as all that follows but what is volatile.
  private Set<EncoderKey> encoders = Set.of();

  private long version;
  private int tries;
  private String problem = "";
  private long toldNanos;
  private volatile long left;
  private volatile boolean closing;

  /// @param lane of upserts
  /// @param meters a group for the number of items that are left
  public Backlog(
      Registry registry,
      SentItems sent,
      int encodeBatch,
      Lane lane,
      UpsertMetrics metrics,
      Meters meters) {
    this.registry = registry;
    this.sent = sent;
    this.encodeBatch = encodeBatch;
    this.lane = lane;
    this.metrics = metrics;
    meters.gauge(
        "savior.items.backlog",
        "Stored items that are still to be encoded for an encoder of a live model",
        Tags.empty(),
        () -> left);
  }

  /// Works from now on.
  public void begin() {
    var _ = thread.scheduleWithFixedDelay(this::work, 0, LOOK_MILLIS, TimeUnit.MILLISECONDS);
  }

  /// A fault of ours in here must not end the work.
  private void work() {
    try {
      follow();
      left = 0;
      problem = "";
    } catch (RequestException | StoreException | EngineFault e) {
      tell(String.valueOf(e.getMessage()));
    } catch (Throwable e) {
      FatalErrors.endIfFatal(e);
      tell(e.toString());
      log.debug("the backlog stopped", e);
    }
  }

  private void tell(String now) {
    if (!closing && !now.equals(problem)) {
      problem = now;
      log.warn("stored items stay without an encoding for now: {}", now);
    }
  }

  private void follow() {
    while (!closing) {
      Set<EncoderKey> now = encoders();
      if (!now.equals(encoders)) {
        version = 0;
        count();
        encoders = now;
      }
      ItemStore.Changes page = sent.store().changesSince(version, PAGE);
      if (page.itemIds().isEmpty()) {
        return;
      }
      encode(page.itemIds());
      version = page.version();
      tries = 0;
    }
  }

  private Set<EncoderKey> encoders() {
    try (SnapshotHandle live = registry.acquireAll()) {
      Set<EncoderKey> keys = new HashSet<>();
      live.models().encoderGroups().forEach(group -> keys.add(group.key()));
      return keys;
    }
  }

  /// So that it can be said how far the work is.
  private void count() {
    long from = 0;
    long found = 0;
    ItemStore.Changes page = sent.store().changesSince(from, PAGE);
    while (!page.itemIds().isEmpty() && !closing) {
      try (SnapshotHandle live = registry.acquireAll()) {
        found += lacking(page.itemIds(), live.models().encoderGroups()).size();
      }
      left = found;
      from = page.version();
      page = sent.store().changesSince(from, PAGE);
    }
    left = found;
    toldNanos = System.nanoTime();
    if (found > 0) {
      log.info(
          "encoding {} stored items that the encoders of the live models have not seen, beside serving",
          found);
    }
  }

  private List<StoredItem> lacking(List<Long> itemIds, List<EncoderGroup> groups) {
    List<StoredItem> lacking = new ArrayList<>();
    for (StoredItem item :
        sent.store().items(itemIds.stream().mapToLong(Long::longValue).toArray())) {
      if (item != null
          && item.kind() == StoredItem.Kind.SENT
          && groups.stream().anyMatch(group -> lacks(group, item))) {
        lacking.add(item);
      }
    }
    return lacking;
  }

  private boolean lacks(EncoderGroup group, StoredItem item) {
    return EncoderBatch.canRead(group, item)
        && group.needs(item.itemId(), item.contentHash())
        && sent.store().representations(List.of(EncoderBatch.id(group, item))).getFirst() == null;
  }

  /// The models are held for one encoder call at a time, so that a version that goes is freed.
  private void encode(List<Long> itemIds) {
    for (int from = 0; from < itemIds.size() && !closing; from += encodeBatch) {
      List<Long> some = itemIds.subList(from, Math.min(itemIds.size(), from + encodeBatch));
      try (SnapshotHandle live = registry.acquireAll()) {
        List<EncoderGroup> groups = live.models().encoderGroups();
        List<Draft> drafts = lacking(some, groups).stream().map(this::draft).toList();
        encode(drafts, groups);
        left = Math.max(0, left - drafts.size());
      }
      if (left > 0 && System.nanoTime() - toldNanos > PROGRESS_NANOS) {
        toldNanos = System.nanoTime();
        log.info("{} stored items are still to be encoded", left);
      }
    }
  }

  private Draft draft(StoredItem item) {
    byte[] image = sent.store().image(item.itemId());
    return Draft.of(
        item, new ItemContent(item.itemId(), item.title(), item.category(), item.text(), image));
  }

  private void encode(List<Draft> drafts, List<EncoderGroup> groups) {
    int done = 0;
    while (done < drafts.size()) {
      Turn turn = new Turn(groups, sent, encodeBatch, metrics);
      int taken = turn.add(drafts.subList(done, drafts.size()), Call.UNBOUNDED).taken();
      turn.encode();
      store(turn, drafts.subList(done, done + taken));
      done += taken;
    }
    List<Draft> failed = drafts.stream().filter(Draft::engineFailed).toList();
    if (!failed.isEmpty() && (tries++ < TRIES || !works(groups))) {
      throw new EngineFault(failed.getFirst().result().getError());
    }
    for (Draft draft : drafts) {
      if (!draft.good()) {
        log.warn("stored item cannot be encoded: {}", draft.result().getError());
      }
    }
  }

  private static boolean works(List<EncoderGroup> groups) {
    try {
      for (EncoderGroup group : groups) {
        List<ItemRepresentation> _ = group.encode(Collections.singletonList(null), List.of("a"));
      }
      return true;
    } catch (RuntimeException e) {
      log.debug("the encoder encodes nothing", e);
      return false;
    }
  }

  /// On a thread of upserts: one that writes has the priority of those that wait for it.
  private void store(Turn turn, List<Draft> drafts) {
    try {
      boolean _ =
          lane.submit(
                  Call.UNBOUNDED,
                  new Demand(Priority.LOW, 0, 0, nanos -> {}),
                  queuedNanos -> {
                    turn.drop(replaced(drafts));
                    turn.store();
                    return true;
                  })
              .join();
    } catch (CompletionException e) {
      if (e.getCause() instanceof RuntimeException cause) {
        throw cause;
      }
      throw e;
    }
  }

  /// Those that an upsert has replaced since they were read.
  private List<Draft> replaced(List<Draft> drafts) {
    List<@Nullable StoredItem> now =
        sent.store().items(drafts.stream().mapToLong(draft -> draft.item().itemId()).toArray());
    List<Draft> replaced = new ArrayList<>();
    for (int i = 0; i < drafts.size(); i++) {
      StoredItem stored = now.get(i);
      if (stored == null || stored.version() != drafts.get(i).item().version()) {
        replaced.add(drafts.get(i));
      }
    }
    return replaced;
  }

  @Override
  public void close() {
    closing = true;
    thread.shutdown();
    try {
      if (!thread.awaitTermination(CLOSE_SECONDS, TimeUnit.SECONDS)) {
        log.warn("a stored item is still being encoded; leaving it to the exit");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
