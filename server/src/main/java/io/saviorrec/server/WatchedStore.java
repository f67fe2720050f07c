package io.saviorrec.server;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Tags;
import io.saviorrec.server.health.StoreHealth;
import io.saviorrec.server.metrics.Meters;
import io.saviorrec.server.store.ItemChange;
import io.saviorrec.server.store.ItemRepresentation;
import io.saviorrec.server.store.ItemStore;
import io.saviorrec.server.store.StoredItem;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// An item store whose errors are counted, and whose writes are told to health.
final class WatchedStore implements ItemStore {
  private final ItemStore store;
  private final StoreHealth health;
  private final Counter readErrors;
  private final Counter writeErrors;

  WatchedStore(ItemStore store, StoreHealth health, Meters meters) {
    this.store = store;
    this.health = health;
    this.readErrors = errors(meters, "read");
    this.writeErrors = errors(meters, "write");
  }

  private static Counter errors(Meters meters, String operation) {
    return meters.counter(
        "savior.store.errors",
        "Reads and writes of the item store that failed",
        Tags.of("operation", operation));
  }

  @Override
  public void observe(Observer observer) {
    store.observe(observer);
  }

  @Override
  public List<@Nullable StoredItem> items(long[] itemIds) {
    return counted(readErrors, () -> store.items(itemIds));
  }

  @Override
  public byte[] image(long itemId) {
    return counted(readErrors, () -> store.image(itemId));
  }

  @Override
  public List<@Nullable ItemRepresentation> representations(List<RepresentationId> ids) {
    return counted(readErrors, () -> store.representations(ids));
  }

  @Override
  public void requireRoom() {
    watched(
        () -> {
          store.requireRoom();
          return store;
        });
  }

  @Override
  public long freeBytes() {
    return store.freeBytes();
  }

  @Override
  public boolean following() {
    return store.following();
  }

  @Override
  public List<ItemChange.Outcome> change(List<? extends ItemChange> changes) {
    List<ItemChange.Outcome> outcomes = watched(() -> store.change(changes));
    health.succeeded();
    return outcomes;
  }

  @Override
  public Changes changesSince(long version, int limit) {
    return counted(readErrors, () -> store.changesSince(version, limit));
  }

  @Override
  public List<StoredItem> page(@Nullable Long after, int limit) {
    return counted(readErrors, () -> store.page(after, limit));
  }

  private <T> T watched(Supplier<T> write) {
    try {
      return counted(writeErrors, write);
    } catch (RuntimeException e) {
      health.failed(e);
      throw e;
    }
  }

  private static <T> T counted(Counter errors, Supplier<T> operation) {
    try {
      return operation.get();
    } catch (Throwable e) {
      errors.increment();
      throw e;
    }
  }

  @Override
  public Memory memory() {
    return store.memory();
  }

  @Override
  public void close() {
    store.close();
  }
}
