package io.saviorrec.server.store;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// An item store that forgets everything with the process; it can be told to fail.
public final class InMemoryItemStore implements ItemStore {
  private final Map<Long, Entry> entries = new TreeMap<>();
  private @Nullable StoreException failure;
  private boolean closed;

  public synchronized void failWrites() {
    failure = new StoreException("cannot write the item store: the disk is full", new Exception());
  }

  @Override
  public synchronized @Nullable StoredItem item(long itemId) {
    Entry entry = entries.get(itemId);
    return entry == null ? null : entry.item();
  }

  @Override
  public synchronized byte[] image(long itemId) {
    Entry entry = entries.get(itemId);
    return entry == null ? new byte[0] : entry.image();
  }

  @Override
  public synchronized @Nullable ItemRepresentation representation(
      long itemId, long contentHash, EncoderKey key) {
    Entry entry = entries.get(itemId);
    return entry == null || entry.item().contentHash() != contentHash
        ? null
        : entry.representations().get(key);
  }

  @Override
  public synchronized void put(List<Entry> added) {
    if (failure != null) {
      throw failure;
    }
    added.forEach(entry -> entries.put(entry.item().itemId(), entry));
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
