package io.saviorrec.server.store;

import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// An item store that forgets everything with the process; it can be told to fail.
public final class InMemoryItemStore implements ItemStore {
  private final Map<Long, Entry> entries = new TreeMap<>();
  private @Nullable StoreException failure;
  private long newestVersion;
  private int puts;
  private final InstantSource clock;
  private Observer observer = Observer.NONE;
  private volatile Runnable beforeRepresentations = () -> {};
  private boolean closed;

  public InMemoryItemStore() {
    this(InstantSource.system());
  }

  public InMemoryItemStore(InstantSource clock) {
    this.clock = clock;
  }

  public synchronized void failWrites() {
    failure = new StoreException("cannot write the item store: its disk gives errors");
  }

  /// As if its disk were full, until it is said to have room again.
  public synchronized void full(boolean now) {
    failure = now ? StoreException.full(null) : null;
  }

  @Override
  public synchronized void requireRoom() {
    if (failure != null) {
      throw failure;
    }
  }

  @Override
  public long freeBytes() {
    return Long.MAX_VALUE;
  }

  @Override
  public boolean following() {
    return true;
  }

  /// Writes work again.
  public synchronized void mendWrites() {
    failure = null;
  }

  @Override
  public synchronized List<@Nullable StoredItem> items(long[] itemIds) {
    List<@Nullable StoredItem> found = new ArrayList<>(itemIds.length);
    for (long itemId : itemIds) {
      Entry entry = entries.get(itemId);
      found.add(entry == null ? null : entry.item());
    }
    return found;
  }

  @Override
  public synchronized byte[] image(long itemId) {
    Entry entry = entries.get(itemId);
    return entry == null ? new byte[0] : entry.image();
  }

  @Override
  public List<@Nullable ItemRepresentation> representations(List<RepresentationId> ids) {
    beforeRepresentations.run();
    List<@Nullable ItemRepresentation> found = new ArrayList<>(ids.size());
    synchronized (this) {
      for (RepresentationId id : ids) {
        Entry entry = entries.get(id.itemId());
        found.add(
            entry == null || entry.item().contentHash() != id.contentHash()
                ? null
                : entry.representations().get(id.key()));
      }
    }
    return found;
  }

  /// Runs before each read of representations, so that a test can put in between.
  public void beforeRepresentations(Runnable action) {
    beforeRepresentations = action;
  }

  @Override
  public void observe(Observer told) {
    observer = told;
  }

  @Override
  public synchronized List<ItemChange.Outcome> change(List<? extends ItemChange> changes) {
    if (failure != null) {
      throw failure;
    }
    puts++;
    observer.changing(changes.stream().map(ItemChange::itemId).distinct().toList());
    List<ItemChange.Outcome> outcomes = new ArrayList<>();
    Map<Long, StoredItem> now = new TreeMap<>();
    for (ItemChange change : changes) {
      Entry before = entries.get(change.itemId());
      ItemChange.Outcome outcome =
          change
              .apply(before == null ? null : before.item(), clock.millis())
              .withVersion(newestVersion + 1);
      outcomes.add(outcome);
      StoredItem after = outcome.after();
      if (after != null) {
        newestVersion++;
        entries.put(change.itemId(), entry(change, before, after));
        now.put(after.itemId(), after);
      }
    }
    observer.changed(List.copyOf(now.values()));
    return outcomes;
  }

  private static Entry entry(ItemChange change, @Nullable Entry before, StoredItem after) {
    return switch (change) {
      case Entry entry ->
          new Entry(
              after,
              entry.image(),
              before == null
                  ? entry.representations()
                  : entry.with(before.item(), before.representations()).representations());
      case ItemChange.Statistics _ when before != null ->
          new Entry(after, before.image(), before.representations());
      case ItemChange.Statistics _, ItemChange.Deletion _ ->
          new Entry(after, new byte[0], Map.of());
    };
  }

  /// Writes so far.
  public synchronized int puts() {
    return puts;
  }

  @Override
  public synchronized Changes changesSince(long version, int limit) {
    List<StoredItem> changed =
        entries.values().stream()
            .map(Entry::item)
            .filter(item -> item.version() > version)
            .sorted(Comparator.comparingLong(StoredItem::version))
            .limit(limit)
            .toList();
    return new Changes(
        changed.stream().map(StoredItem::itemId).toList(),
        changed.isEmpty() ? version : changed.getLast().version());
  }

  @Override
  public synchronized List<StoredItem> page(@Nullable Long after, int limit) {
    return entries.values().stream()
        .map(Entry::item)
        .filter(item -> after == null || item.itemId() > after)
        .limit(limit)
        .toList();
  }

  public synchronized boolean closed() {
    return closed;
  }

  @Override
  public Memory memory() {
    return Memory.NONE;
  }

  @Override
  public synchronized void close() {
    closed = true;
  }
}
