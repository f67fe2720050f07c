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
}
