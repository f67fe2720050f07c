package io.saviorrec.bundle;

/// All that the ranker is told of some items.
///
/// @param itemIds `[B]`
/// @param stats raw statistics `[B · S]`, in the order of the feature schema
/// @param features rows of the item columns `[B · F]`
/// @param z multimodal embeddings `[B · D]`
/// @param codes semantic IDs `[B · L]`
public record ItemBatch(long[] itemIds, float[] stats, long[] features, float[] z, int[] codes) {
  public int size() {
    return itemIds.length;
  }

  /// Room for so many items like this one, all zero.
  public ItemBatch room(int items) {
    int size = size();
    return new ItemBatch(
        new long[items],
        new float[stats.length / size * items],
        new long[features.length / size * items],
        new float[z.length / size * items],
        new int[codes.length / size * items]);
  }

  /// Copies an item to a place in a batch of items like these.
  void copy(int item, ItemBatch out, int at) {
    int size = size();
    out.itemIds[at] = itemIds[item];
    copy(stats, stats.length / size, item, out.stats, at);
    copy(features, features.length / size, item, out.features, at);
    copy(z, z.length / size, item, out.z, at);
    copy(codes, codes.length / size, item, out.codes, at);
  }

  @SuppressWarnings("SuspiciousSystemArraycopy") // both are the same kind of array
  private static void copy(Object from, int width, int item, Object to, int at) {
    System.arraycopy(from, item * width, to, at * width, width);
  }
}
