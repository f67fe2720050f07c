package io.saviorrec.server.store;

import io.saviorrec.proto.v1.FeatureValue;
import java.util.Collections;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// What is stored of an item, but for its picture.
///
/// @param itemId the item
/// @param version what the store gave it when it was put; [#UNSTORED] before
/// @param kind how much is known of it
/// @param times when it was true; [Times#NOW] before it is stored says that it is now
/// @param contentHash of title, category, text, image and z, as [ReadyZ#hash] has it
/// @param title what people read
/// @param category a category name; may be empty
/// @param text any further text; may be empty
/// @param stats the statistics that came, by name; those that are not in the map stay as training
///   saw them, and are 0 for an item that training did not know
/// @param features values of item columns that came with it beside the category; absent ones are
///   not in the map
/// @param imageBytes of its picture; 0: none
/// @param z the embedding that came with it; null: none
public record StoredItem(
    long itemId,
    long version,
    Kind kind,
    Times times,
    long contentHash,
    String title,
    String category,
    String text,
    SortedMap<String, Float> stats,
    SortedMap<String, FeatureValue> features,
    int imageBytes,
    @Nullable ReadyZ z) {
  /// The version of an item that no store has given one.
  public static final long UNSTORED = 0;

  /// How much is known of a stored item.
  public enum Kind {
    /// Its content, and statistics if any came.
    SENT,
    /// Statistics alone; its content is what training saw.
    STATISTICS,
    /// That it was erased.
    DELETED
  }

  /// When something was true, in milliseconds since 1970.
  ///
  /// @param content the content, or that the item is deleted
  /// @param stats the statistics, but for those that were refreshed since
  /// @param refreshed those, by their names
  public record Times(long content, long stats, SortedMap<String, Long> refreshed) {
    /// Whenever it is stored.
    public static final Times NOW = new Times(0, 0);

    public Times {
      refreshed = Collections.unmodifiableSortedMap(new TreeMap<>(refreshed));
    }

    /// Of statistics that were all true at one time.
    public Times(long content, long stats) {
      this(content, stats, new TreeMap<>());
    }

    /// One time for both.
    public static Times at(long millis) {
      return new Times(millis, millis);
    }

    /// When a statistic was true.
    public long of(String stat) {
      return refreshed.getOrDefault(stat, stats);
    }

    /// When the newest statistic was.
    public long newestStats() {
      return refreshed.values().stream().reduce(stats, Math::max);
    }
  }

  public StoredItem {
    stats = new TreeMap<>(stats);
    features = new TreeMap<>(features);
  }

  /// An item that is sent now, without an embedding.
  public StoredItem(
      long itemId,
      long version,
      long contentHash,
      String title,
      String category,
      String text,
      SortedMap<String, Float> stats,
      SortedMap<String, FeatureValue> features) {
    this(
        itemId,
        version,
        Kind.SENT,
        Times.NOW,
        contentHash,
        title,
        category,
        text,
        stats,
        features,
        0,
        null);
  }

  /// All that is left of an item that was erased.
  static StoredItem deleted(long itemId, long timeMillis) {
    return bare(itemId, Kind.DELETED, Times.at(timeMillis), new TreeMap<>());
  }

  /// Statistics of an item whose content only training saw.
  static StoredItem statistics(long itemId, SortedMap<String, Float> stats, long timeMillis) {
    return bare(itemId, Kind.STATISTICS, new Times(0, timeMillis), stats);
  }

  private static StoredItem bare(
      long itemId, Kind kind, Times times, SortedMap<String, Float> stats) {
    return new StoredItem(
        itemId, UNSTORED, kind, times, 0, "", "", "", stats, new TreeMap<>(), 0, null);
  }

  public boolean deleted() {
    return kind == Kind.DELETED;
  }

  /// The newest time of anything in it.
  public long newestMillis() {
    return Math.max(times.content(), times.newestStats());
  }

  /// The same item under another version.
  public StoredItem withVersion(long newVersion) {
    return new StoredItem(
        itemId,
        newVersion,
        kind,
        times,
        contentHash,
        title,
        category,
        text,
        stats,
        features,
        imageBytes,
        z);
  }

  /// The same item with a picture of this length.
  StoredItem withImageBytes(int newImageBytes) {
    return new StoredItem(
        itemId,
        version,
        kind,
        times,
        contentHash,
        title,
        category,
        text,
        stats,
        features,
        newImageBytes,
        z);
  }

  /// The same item with other statistics, of whatever times.
  StoredItem with(SortedMap<String, Float> newStats, Times newTimes) {
    return new StoredItem(
        itemId,
        version,
        kind,
        newTimes,
        contentHash,
        title,
        category,
        text,
        newStats,
        features,
        imageBytes,
        z);
  }
}
