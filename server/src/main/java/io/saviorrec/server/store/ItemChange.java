package io.saviorrec.server.store;

import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// Something that is to become true of an item: its content, its statistics, or that it is gone.
///
/// Times: what is newer or of the same time wins, whatever the order of arrival. Content and each
/// statistic have a time of their own, so that none holds up another or makes it look new. A change
/// that is now is newer than all that is stored, even where the clock of another server is ahead.
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
      StoredItem.Times times = before.times();
      long time = time(timeMillis, nowMillis, times.newestStats());
      SortedMap<String, Float> merged = new TreeMap<>(before.stats());
      SortedMap<String, Long> refreshed = new TreeMap<>(times.refreshed());
      boolean newer = false;
      for (Map.Entry<String, Float> stat : stats.entrySet()) {
        if (time >= times.of(stat.getKey())) {
          merged.put(stat.getKey(), stat.getValue());
          refreshed.put(stat.getKey(), time);
          newer = true;
        }
      }
      if (!newer && !stats.isEmpty()) {
        return Outcome.stale(before);
      }
      return Outcome.stored(
          before,
          before.with(merged, new StoredItem.Times(times.content(), times.stats(), refreshed)));
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
