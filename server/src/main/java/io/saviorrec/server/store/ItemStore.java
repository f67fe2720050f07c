package io.saviorrec.server.store;

import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// The durable home of items that arrive after training: their content, their representations, and
/// which items are deleted.
///
/// Versions: each change gives every item that it stores a version above all that the store has
/// given before. Two reads of an item that show one version show one content.
///
/// Sharing: a store may be shared by several servers. Then each has all of it at hand: it reads
/// what the others stored as soon as it heard of it, and its observer is told.
public interface ItemStore extends AutoCloseable {
  /// Of how many other encoders the representations of one content are kept, so that servers with
  /// different encoders do not undo each other's work and rolling back needs no encoding.
  int OTHER_ENCODERS = 8;

  /// Content of an item to store, with everything that is computed from it.
  ///
  /// @param item the item; the store gives it a version of its own. One that has a version already
  ///   is what is stored, which is only given representations, if it is still stored
  /// @param image its image file; empty: none
  /// @param representations of this content; the stored ones of other content are dropped, and
  ///   those of the same content stay, of at most [#OTHER_ENCODERS]
  @SuppressWarnings("ArrayRecordComponent") // handed on, never compared
  record Entry(StoredItem item, byte[] image, Map<EncoderKey, ItemRepresentation> representations)
      implements ItemChange {
    @Override
    public long itemId() {
      return item.itemId();
    }

    /// The same with what other encoders made of the same content.
    ///
    /// @param before what is stored; null: nothing
    /// @param stored its representations, the newest last
    Entry with(@Nullable StoredItem before, Map<EncoderKey, ItemRepresentation> stored) {
      if (before == null || before.contentHash() != item.contentHash()) {
        return this;
      }
      Map<EncoderKey, ItemRepresentation> all = new LinkedHashMap<>(stored);
      all.keySet().removeAll(representations.keySet());
      Iterator<EncoderKey> oldest = all.keySet().iterator();
      for (int surplus = all.size() - OTHER_ENCODERS; surplus > 0; surplus--) {
        oldest.next();
        oldest.remove();
      }
      all.putAll(representations);
      return new Entry(item, image, all);
    }

    @Override
    public Outcome apply(@Nullable StoredItem before, long nowMillis) {
      if (item.version() != StoredItem.UNSTORED) {
        return before != null && before.version() == item.version()
            ? Outcome.stored(before, item)
            : before == null ? Outcome.unknown(null) : Outcome.stale(before);
      }
      if (before == null) {
        long time = ItemChange.time(item.times().content(), nowMillis, 0);
        return Outcome.stored(null, item.with(item.stats(), StoredItem.Times.at(time)));
      }
      long time = ItemChange.time(item.times().content(), nowMillis, before.newestMillis());
      if (time < before.times().content()) {
        return Outcome.stale(before);
      }
      if (before.stats().isEmpty()) {
        return Outcome.stored(before, item.with(item.stats(), StoredItem.Times.at(time)));
      }
      StoredItem.Times times = before.times();
      boolean own = !item.stats().isEmpty() && time >= times.stats();
      if (!own) {
        return Outcome.stored(
            before,
            item.with(
                before.stats(), new StoredItem.Times(time, times.stats(), times.refreshed())));
      }
      SortedMap<String, Float> stats = new TreeMap<>(item.stats());
      SortedMap<String, Long> refreshed = new TreeMap<>(times.refreshed());
      refreshed.values().removeIf(since -> since <= time);
      refreshed.keySet().forEach(name -> stats.put(name, before.stats().getOrDefault(name, 0f)));
      return Outcome.stored(before, item.with(stats, new StoredItem.Times(time, time, refreshed)));
    }
  }

  /// Names one stored representation.
  ///
  /// @param contentHash of the content that was encoded
  /// @param key the archives that encoded it
  record RepresentationId(long itemId, long contentHash, EncoderKey key) {}

  /// A stretch of the feed of changes.
  ///
  /// @param itemIds items in the order of their newest versions
  /// @param version the version of the last of them, to ask on from; as asked when there is none
  record Changes(List<Long> itemIds, long version) {
    public Changes {
      itemIds = List.copyOf(itemIds);
    }
  }

  /// Bytes outside of the Java heap, by what they are for.
  ///
  /// @param cache what was read
  /// @param writes what is not in the database's files yet
  /// @param indexes where in its files what is
  record Memory(long cache, long writes, long indexes) {
    static final Memory NONE = new Memory(0, 0, 0);
  }

  /// Hears of changes, by whomever they are made.
  interface Observer {
    /// Nobody.
    Observer NONE =
        new Observer() {
          @Override
          public void changing(List<Long> itemIds) {}

          @Override
          public void changed(List<StoredItem> now) {}
        };

    /// These are about to change: what is read from now on may be new.
    void changing(List<Long> itemIds);

    /// What is read of these from now on is new.
    ///
    /// @param now what is stored of them
    void changed(List<StoredItem> now);
  }

  /// Tells this one, and none that was told before, of every change. To be called before the first.
  void observe(Observer observer);

  /// What is stored of the items of these ids, in their order, those that are deleted too; null:
  /// nothing.
  List<@Nullable StoredItem> items(long[] itemIds);

  /// The image file; empty when the item has none or is not stored.
  byte[] image(long itemId);

  /// The representations of these names, in their order; null: not stored.
  List<@Nullable ItemRepresentation> representations(List<RepresentationId> ids);

  /// Fails as [#change] would when nothing can be stored now, so that nothing is computed for it in
  /// vain.
  ///
  /// @throws StoreException saying why
  void requireRoom();

  /// Free room on the disk that it writes to; `Long.MAX_VALUE` where nobody knows.
  long freeBytes();

  /// Whether it hears of what other servers store; true where there are none.
  boolean following();

  /// Makes changes, one after the other. What was stored survives a crash once the call has
  /// returned. When it fails, the first so many of them may be stored.
  ///
  /// @return what became of each
  List<ItemChange.Outcome> change(List<? extends ItemChange> changes);

  /// The items that were changed after `version`, each once, at most `limit` of them. Version 0
  /// begins before every item.
  Changes changesSince(long version, int limit);

  /// What is stored with an id above this one, by ascending id, deleted items too. What is there
  /// all the time is in exactly one page of those that follow one another, whatever is stored or
  /// deleted between them.
  ///
  /// @param after null: from the first one on
  List<StoredItem> page(@Nullable Long after, int limit);

  /// Memory outside of the Java heap that the store takes now.
  Memory memory();

  /// Visits all items but those that are deleted.
  default void forEach(Consumer<StoredItem> visitor) {
    Long after = null;
    for (List<StoredItem> page = page(after, 1000); !page.isEmpty(); page = page(after, 1000)) {
      page.stream().filter(item -> !item.deleted()).forEach(visitor);
      after = page.getLast().itemId();
    }
  }

  @Override
  void close();
}
