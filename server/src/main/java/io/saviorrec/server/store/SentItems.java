package io.saviorrec.server.store;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.stats.CacheStats;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongConsumer;
import java.util.function.Predicate;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/// The items that arrived after training, as all models see them: the item store behind a cache of
/// representations, and notices of every change.
public final class SentItems {
  private final ItemStore store;

  /// The content hash is part of the name, so neither a new picture nor a new encoder can meet an
  /// old entry.
  private final Cache<ItemStore.RepresentationId, ItemRepresentation> representations;

  private final AtomicLong modifications = new AtomicLong();
  private final List<LongConsumer> listeners = new CopyOnWriteArrayList<>();

  /// Items of this store.
  ///
  /// @param capacity representations kept in memory
  public SentItems(ItemStore store, int capacity) {
    this.store = store;
    this.representations =
        Caffeine.newBuilder().maximumSize(capacity).recordStats().executor(Runnable::run).build();
  }

  /// The items of these ids, in their order, each with the representation of the very content that
  /// it has here; null: never sent.
  ///
  /// @param wanted of which items a representation is wanted
  public List<@Nullable SentItem> find(
      long[] itemIds, EncoderKey key, Predicate<StoredItem> wanted) {
    List<@Nullable StoredItem> items = store.items(itemIds);
    List<@Nullable SentItem> found = withRepresentations(items, key, wanted);
    int[] lacking =
        IntStream.range(0, itemIds.length).filter(i -> lacks(found.get(i), wanted)).toArray();
    if (lacking.length > 0) {
      // Item and representation are two reads; one that was replaced between them lacks what its
      // successor has, and is read again.
      List<@Nullable StoredItem> now = store.items(idsAt(itemIds, lacking));
      int[] replaced =
          IntStream.range(0, lacking.length)
              .filter(i -> version(now.get(i)) != version(items.get(lacking[i])))
              .map(i -> lacking[i])
              .toArray();
      if (replaced.length > 0) {
        List<@Nullable SentItem> again = find(idsAt(itemIds, replaced), key, wanted);
        for (int i = 0; i < replaced.length; i++) {
          found.set(replaced[i], again.get(i));
        }
      }
    }
    return found;
  }

  private List<@Nullable SentItem> withRepresentations(
      List<@Nullable StoredItem> items, EncoderKey key, Predicate<StoredItem> wanted) {
    List<@Nullable SentItem> found = new ArrayList<>(items.size());
    List<ItemStore.RepresentationId> uncached = new ArrayList<>();
    List<Integer> places = new ArrayList<>();
    for (StoredItem item : items) {
      if (item == null) {
        found.add(null);
        continue;
      }
      ItemRepresentation cached = null;
      if (wanted.test(item)) {
        var id = new ItemStore.RepresentationId(item.itemId(), item.contentHash(), key);
        cached = representations.getIfPresent(id);
        if (cached == null) {
          places.add(found.size());
          uncached.add(id);
        }
      }
      found.add(new SentItem(item, cached));
    }
    if (!uncached.isEmpty()) {
      List<@Nullable ItemRepresentation> stored = store.representations(uncached);
      for (int i = 0; i < uncached.size(); i++) {
        ItemRepresentation representation = stored.get(i);
        SentItem sent = found.get(places.get(i));
        if (representation != null && sent != null) {
          representations.put(uncached.get(i), representation);
          found.set(places.get(i), new SentItem(sent.item(), representation));
        }
      }
    }
    return found;
  }

  private static boolean lacks(@Nullable SentItem sent, Predicate<StoredItem> wanted) {
    return sent != null && sent.representation() == null && wanted.test(sent.item());
  }

  private static long[] idsAt(long[] itemIds, int[] places) {
    return Arrays.stream(places).mapToLong(place -> itemIds[place]).toArray();
  }

  private static long version(@Nullable StoredItem item) {
    return item == null ? StoredItem.UNSTORED : item.version();
  }

  /// Stores the entries durably and tells every listener. Whoever reads [#modifications] afterwards
  /// reads the new items too.
  public void put(List<ItemStore.Entry> entries) {
    store.put(entries);
    modifications.incrementAndGet();
    for (ItemStore.Entry entry : entries) {
      listeners.forEach(listener -> listener.accept(entry.item().itemId()));
    }
  }

  /// Changes whenever items do; a reader that saw one value before and after reading has read a
  /// state that nobody replaced in between.
  public long modifications() {
    return modifications.get();
  }

  /// Calls `listener` with the id of each item after it was put, until [#forget].
  public void listen(LongConsumer listener) {
    listeners.add(listener);
  }

  /// The very object that was given to [#listen] is told no more.
  public void forget(LongConsumer listener) {
    listeners.remove(listener);
  }

  public ItemStore store() {
    return store;
  }

  public CacheStats cacheStats() {
    return representations.stats();
  }
}
