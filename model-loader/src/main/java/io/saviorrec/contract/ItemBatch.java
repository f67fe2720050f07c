package io.saviorrec.contract;

import io.saviorrec.bundle.ItemTable;

/// All that the ranker is told of some items.
///
/// @param itemIds `[B]`
/// @param stats raw statistics `[B · S]`, in the order of the feature schema
/// @param z multimodal embeddings `[B · D]`
/// @param codes semantic IDs `[B · L]`
public record ItemBatch(long[] itemIds, float[] stats, float[] z, int[] codes) {
  /// Rows of an item table.
  public static ItemBatch of(ItemTable table, int[] rows) {
    long[] itemIds = new long[rows.length];
    float[] stats = new float[rows.length * table.statCount()];
    float[] z = new float[rows.length * table.zDim()];
    int[] codes = new int[rows.length * table.levels()];
    for (int i = 0; i < rows.length; i++) {
      itemIds[i] = table.itemId(rows[i]);
      table.stats(rows[i], stats, i * table.statCount());
      table.z(rows[i], z, i * table.zDim());
      table.codes(rows[i], codes, i * table.levels());
    }
    return new ItemBatch(itemIds, stats, z, codes);
  }

  public int size() {
    return itemIds.length;
  }
}
