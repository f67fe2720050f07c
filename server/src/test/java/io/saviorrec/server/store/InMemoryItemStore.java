package io.saviorrec.server.store;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// An item store that forgets everything with the process; it can be told to fail.
public final class InMemoryItemStore implements ItemStore {
  private final Map<Long, Entry> entries = new TreeMap<>();
  private @Nullable StoreException failure;
  private long newestVersion;
  private int puts;
  private volatile Runnable beforeRepresentations = () -> {};
  private boolean closed;

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
  public synchronized void put(List<Entry> added) {
    if (failure != null) {
      throw failure;
    }
    puts++;
    for (Entry entry : added) {
      StoredItem item = entry.item().withVersion(++newestVersion);
      entries.put(item.itemId(), new Entry(item, entry.image(), entry.representations()));
    }
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
  public synchronized void forEach(Consumer<StoredItem> visitor) {
    List.copyOf(entries.values()).forEach(entry -> visitor.accept(entry.item()));
  }

  public synchronized boolean closed() {
    return closed;
  }

  @Override
  public synchronized void close() {
    closed = true;
  }
}
