package io.saviorrec.server.store;

import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// Something that is to become true of an item: its content, its statistics, or that it is gone.
///
/// Times: what is newer or of the same time wins, whatever the order of arrival. Content and
/// statistics have a time each, so that neither holds up the other. A change that is now is newer
/// than all that is stored, even where the clock of another server is ahead.
public sealed interface ItemChange
    permits ItemStore.Entry, ItemChange.Statistics, ItemChange.Deletion {
  /// The time of a change that is now.
  long NOW = 0;

  long itemId();

  /// What becomes of it.
  ///
  /// @param before what is stored; null: nothing
  /// @param nowMillis milliseconds since 1970
  Outcome apply(@Nullable StoredItem before, long nowMillis);

  /// What became of a change.
  ///
  /// @param before what was stored; null: nothing
  /// @param after what is stored now in its place; null: nothing was changed
  record Outcome(Result result, @Nullable StoredItem before, @Nullable StoredItem after) {
    static Outcome stored(@Nullable StoredItem before, StoredItem after) {
      return new Outcome(Result.STORED, before, after);
    }

    /// The same with what is stored under this version.
    Outcome withVersion(long version) {
      return after == null ? this : new Outcome(result, before, after.withVersion(version));
    }

    static Outcome stale(StoredItem before) {
      return new Outcome(Result.STALE, before, null);
    }

    static Outcome unknown(@Nullable StoredItem before) {
      return new Outcome(Result.UNKNOWN, before, null);
    }
  }

  /// Kinds of outcomes.
  enum Result {
    STORED,
    /// Something newer is stored.
    STALE,
    /// Nothing is known of the item, so that statistics are of no use.
    UNKNOWN
  }

  /// Other statistics of an item. Those that are not here stay.
  ///
  /// @param trained whether the item is known when nothing of it is stored
  /// @param timeMillis when they were true; [#NOW]
  record Statistics(long itemId, SortedMap<String, Float> stats, boolean trained, long timeMillis)
      implements ItemChange {
    public Statistics {
      stats = new TreeMap<>(stats);
    }

    @Override
    public Outcome apply(@Nullable StoredItem before, long nowMillis) {
      if (before == null) {
        long time = time(timeMillis, nowMillis, 0);
        return trained
            ? Outcome.stored(null, StoredItem.statistics(itemId, stats, time))
            : Outcome.unknown(null);
      }
      if (before.deleted()) {
        return Outcome.unknown(before);
      }
      long old = before.times().stats();
      long time = time(timeMillis, nowMillis, old);
      if (time < old) {
        return Outcome.stale(before);
      }
      SortedMap<String, Float> merged = new TreeMap<>(before.stats());
      merged.putAll(stats);
      return Outcome.stored(
          before, before.with(merged, new StoredItem.Times(before.times().content(), time)));
    }
  }

  /// The end of an item, which is now and thus newer than all that is stored.
  record Deletion(long itemId) implements ItemChange {
    @Override
    public Outcome apply(@Nullable StoredItem before, long nowMillis) {
      long newest = before == null ? 0 : before.newestMillis();
      return Outcome.stored(before, StoredItem.deleted(itemId, time(NOW, nowMillis, newest)));
    }
  }

  /// When a change is true.
  ///
  /// @param atLeast what is stored, which a change that is now is not older than
  static long time(long timeMillis, long nowMillis, long atLeast) {
    return timeMillis == NOW ? Math.max(nowMillis, atLeast) : timeMillis;
  }
}
