package io.saviorrec.server.states;

import io.saviorrec.bundle.ItemBatch;
import io.saviorrec.proto.v1.ScoreSource;
import java.util.Arrays;

/// All that a model knows of some items, which is what their states are computed from.
///
/// @param sources where each item is known from: TRAINED or ENCODED; of one that is not known, what
///   stands in its place: SHARED_CODES or SHARED_CATEGORY, or UNKNOWN_ITEM for nothing
/// @param items the items in their order; what is there for UNKNOWN_ITEM means nothing, but for the
///   statistics that a request gave
@SuppressWarnings("ArrayRecordComponent") // handed on, never compared
public record KnownBatch(ScoreSource[] sources, ItemBatch items) {

  public boolean known(int place) {
    return sources[place] != ScoreSource.UNKNOWN_ITEM;
  }

  /// Puts the only item of another batch in the place of an item.
  void set(int place, KnownBatch one) {
    ItemBatch item = one.items;
    sources[place] = one.sources[0];
    items.itemIds()[place] = item.itemIds()[0];
    copy(item.stats(), 0, items.stats(), place, item.stats().length);
    copy(item.features(), 0, items.features(), place, item.features().length);
    copy(item.z(), 0, items.z(), place, item.z().length);
    copy(item.codes(), 0, items.codes(), place, item.codes().length);
  }

  /// The items at these places.
  public ItemBatch select(int[] places) {
    int count = sources.length;
    if (places.length == count) {
      // Places ascend.
      return items;
    }
    long[] ids = new long[places.length];
    float[] stats = new float[items.stats().length / count * places.length];
    long[] features = new long[items.features().length / count * places.length];
    float[] z = new float[items.z().length / count * places.length];
    int[] codes = new int[items.codes().length / count * places.length];
    for (int i = 0; i < places.length; i++) {
      ids[i] = items.itemIds()[places[i]];
      copy(items.stats(), places[i], stats, i, stats.length / places.length);
      copy(items.features(), places[i], features, i, features.length / places.length);
      copy(items.z(), places[i], z, i, z.length / places.length);
      copy(items.codes(), places[i], codes, i, codes.length / places.length);
    }
    return new ItemBatch(ids, stats, features, z, codes);
  }

  @SuppressWarnings("SuspiciousSystemArraycopy") // both are arrays of one type
  private static void copy(Object from, int row, Object to, int toRow, int width) {
    System.arraycopy(from, row * width, to, toRow * width, width);
  }

  /// Nothing known of any of these items.
  static KnownBatch unknown(long[] ids, int stats, int features, int zDim, int levels) {
    ScoreSource[] sources = new ScoreSource[ids.length];
    Arrays.fill(sources, ScoreSource.UNKNOWN_ITEM);
    return new KnownBatch(
        sources,
        new ItemBatch(
            ids,
            new float[ids.length * stats],
            new long[ids.length * features],
            new float[ids.length * zDim],
            new int[ids.length * levels]));
  }
}
