package io.saviorrec.server;

import io.saviorrec.server.health.StoreHealth;
import io.saviorrec.server.store.ItemRepresentation;
import io.saviorrec.server.store.ItemStore;
import io.saviorrec.server.store.StoredItem;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// An item store whose puts are told to health.
final class WatchedStore implements ItemStore {
  private final ItemStore store;
  private final StoreHealth health;

  WatchedStore(ItemStore store, StoreHealth health) {
    this.store = store;
    this.health = health;
  }

  @Override
  public void put(List<Entry> entries) {
    try {
      store.put(entries);
    } catch (RuntimeException e) {
      health.failed(e);
      throw e;
    }
    health.succeeded();
  }

  @Override
  public void requireRoom() {
    try {
      store.requireRoom();
    } catch (RuntimeException e) {
      health.failed(e);
      throw e;
    }
  }

  @Override
  public List<@Nullable StoredItem> items(long[] itemIds) {
    return store.items(itemIds);
  }

  @Override
  public byte[] image(long itemId) {
    return store.image(itemId);
  }

  @Override
  public List<@Nullable ItemRepresentation> representations(List<RepresentationId> ids) {
    return store.representations(ids);
  }

  @Override
  public Changes changesSince(long version, int limit) {
    return store.changesSince(version, limit);
  }

  @Override
  public void forEach(Consumer<StoredItem> visitor) {
    store.forEach(visitor);
  }

  @Override
  public void close() {
    store.close();
  }
}
