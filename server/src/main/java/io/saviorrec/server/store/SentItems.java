package io.saviorrec.server.store;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.stats.CacheStats;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/// The items that arrived after training, as all models see them: the item store behind a cache of
/// representations, and notices of every change.
public final class SentItems {
  /// Hears of items that change.
  public interface Listener {
    /// The item is about to change: what is read from now on may be new.
    void changing(long itemId);

    /// The item was changed: what is read from now on is new.
    void changed(long itemId);
  }

  private final ItemStore store;
  private final SentIds ids = new SentIds();

  /// The content hash is part of the name, so neither a new picture nor a new encoder can meet an
  /// old entry.
  private final Cache<ItemStore.RepresentationId, ItemRepresentation> representations;

  private final List<Listener> listeners = new CopyOnWriteArrayList<>();

  /// Items of this store.
  ///
  /// @param capacity representations kept in memory
  public SentItems(ItemStore store, int capacity) {
    this.store = store;
    this.representations =
        Caffeine.newBuilder().maximumSize(capacity).recordStats().executor(Runnable::run).build();
    // What changes while the ids are read is told as well.
    store.observe(new Notices());
    ids.addAll(store);
  }

  /// Passes on what the store tells.
  private final class Notices implements ItemStore.Observer {
    @Override
    public void changing(List<Long> itemIds) {
      for (long itemId : itemIds) {
        listeners.forEach(listener -> listener.changing(itemId));
        // Before it can be read: an id of which the store then has nothing does no harm.
        ids.add(itemId);
      }
    }

    @Override
    public void changed(List<StoredItem> now) {
      Set<Long> deleted =
          now.stream()
              .filter(StoredItem::deleted)
              .map(StoredItem::itemId)
              .collect(Collectors.toSet());
      if (!deleted.isEmpty()) {
        representations.asMap().keySet().removeIf(id -> deleted.contains(id.itemId()));
      }
      for (StoredItem item : now) {
        listeners.forEach(listener -> listener.changed(item.itemId()));
      }
    }
  }

  /// The places of those of the items that were ever sent, ascending. It asks no store.
  public int[] places(long[] itemIds) {
    return ids.places(itemIds);
  }

  /// What is stored of the items of these ids, in their order, each with the representation of the
  /// very content that it has here; null: nothing, ever.
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

  /// Makes these changes, durably; every listener is told, before and after.
  ///
  /// @return what became of each
  public List<ItemChange.Outcome> change(List<? extends ItemChange> changes) {
    return store.change(changes);
  }

  /// Tells `listener` of each item that is changed, until [#forget].
  public void listen(Listener listener) {
    listeners.add(listener);
  }

  /// The very object that was given to [#listen] is told no more.
  public void forget(Listener listener) {
    listeners.remove(listener);
  }

  public ItemStore store() {
    return store;
  }

  public CacheStats cacheStats() {
    return representations.stats();
  }
}
