package io.saviorrec.server.store;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.stats.CacheStats;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/// The items that arrived after training, as all models see them: the item store behind a cache of
/// representations.
public final class SentItems {
  /// Content and archives together: neither a new picture nor a new encoder can meet an old entry.
  private record CacheKey(long itemId, long contentHash, EncoderKey key) {}

  private final ItemStore store;
  private final Cache<CacheKey, ItemRepresentation> representations;
  private final AtomicLong modifications = new AtomicLong();

  /// Items of this store.
  ///
  /// @param capacity representations kept in memory
  public SentItems(ItemStore store, int capacity) {
    this.store = store;
    this.representations =
        Caffeine.newBuilder().maximumSize(capacity).recordStats().executor(Runnable::run).build();
  }

  public @Nullable StoredItem item(long itemId) {
    return store.item(itemId);
  }

  public @Nullable ItemRepresentation representation(long itemId, long contentHash, EncoderKey key) {
    CacheKey cacheKey = new CacheKey(itemId, contentHash, key);
    ItemRepresentation cached = representations.getIfPresent(cacheKey);
    if (cached != null) {
      return cached;
    }
    ItemRepresentation stored = store.representation(itemId, contentHash, key);
    if (stored != null) {
      representations.put(cacheKey, stored);
    }
    return stored;
  }

  /// Stores the entries durably. Whoever reads [#modifications] afterwards reads the new items too.
  public void put(List<ItemStore.Entry> entries) {
    store.put(entries);
    modifications.incrementAndGet();
  }

  /// Changes whenever items do; a reader that saw one value before and after reading has read a
  /// state that nobody replaced in between.
  public long modifications() {
    return modifications.get();
  }

  public ItemStore store() {
    return store;
  }

  public CacheStats cacheStats() {
    return representations.stats();
  }
}
