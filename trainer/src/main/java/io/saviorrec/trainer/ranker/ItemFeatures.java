package io.saviorrec.trainer.ranker;

import io.saviorrec.bundle.ItemBatch;
import io.saviorrec.contract.RankerContract;
import io.saviorrec.feature.FeatureSchema;
import io.saviorrec.feature.ItemColumns;
import io.saviorrec.trainer.data.log.ItemCatalogue;
import io.saviorrec.trainer.torch.Tensors;
import java.util.Arrays;
import java.util.stream.LongStream;
import org.bytedeco.pytorch.Tensor;

/// The frozen features of every item of a catalogue, by catalogue index; one more row, the last,
/// stands for padding and for items that nothing is known of.
public final class ItemFeatures {
  private final int size;
  private final int zDim;
  private final int levels;
  private final int columnCount;
  private final Tensor id;
  private final Tensor columns;
  private final Tensor z;
  private final Tensor codes;

  /// Copies the features of a catalogue.
  ///
  /// @param schema whose item columns are encoded
  /// @param z f32[N*D]
  /// @param codes i32[N*L]
  /// @param codebookSize K, the padding code
  public ItemFeatures(
      ItemCatalogue catalogue,
      FeatureSchema schema,
      float[] z,
      int zDim,
      int[] codes,
      int levels,
      int codebookSize) {
    this.size = catalogue.size();
    this.zDim = zDim;
    this.levels = levels;
    ItemColumns encoder = new ItemColumns(schema.item());
    this.columnCount = encoder.width();
    long[] paddedIds = new long[size + 1];
    long[] paddedColumns = new long[(size + 1) * columnCount];
    for (int i = 0; i < size; i++) {
      paddedIds[i] = catalogue.itemId(i);
      System.arraycopy(
          catalogue.columns(i, encoder), 0, paddedColumns, i * columnCount, columnCount);
    }
    paddedIds[size] = RankerContract.UNKNOWN_ITEM;
    System.arraycopy(encoder.missing(), 0, paddedColumns, size * columnCount, columnCount);
    float[] paddedZ = Arrays.copyOf(z, (size + 1) * zDim);
    long[] paddedCodes = new long[(size + 1) * levels];
    Arrays.fill(paddedCodes, RankerContract.paddingCode(codebookSize));
    for (int i = 0; i < size * levels; i++) {
      paddedCodes[i] = codes[i];
    }
    this.id = Tensors.longs(paddedIds, size + 1L);
    this.columns = Tensors.longs(paddedColumns, size + 1L, columnCount);
    this.z = Tensors.floats(paddedZ, size + 1L, zDim);
    this.codes = Tensors.longs(paddedCodes, size + 1L, levels);
  }

  /// What is told of the items of a catalogue, one behind the other in its order.
  ///
  /// @param padding what the last row holds
  public ItemFeatures(ItemBatch items, ItemBatch padding) {
    this.size = items.size();
    this.zDim = padding.z().length;
    this.levels = padding.codes().length;
    this.columnCount = padding.features().length;
    this.id = Tensors.longs(joined(items.itemIds(), padding.itemIds()), size + 1L);
    this.columns =
        Tensors.longs(joined(items.features(), padding.features()), size + 1L, columnCount);
    float[] paddedZ = Arrays.copyOf(items.z(), (size + 1) * zDim);
    System.arraycopy(padding.z(), 0, paddedZ, size * zDim, zDim);
    this.z = Tensors.floats(paddedZ, size + 1L, zDim);
    this.codes =
        Tensors.longs(
            joined(
                Arrays.stream(items.codes()).asLongStream().toArray(),
                Arrays.stream(padding.codes()).asLongStream().toArray()),
            size + 1L,
            levels);
  }

  private static long[] joined(long[] first, long[] second) {
    return LongStream.concat(Arrays.stream(first), Arrays.stream(second)).toArray();
  }

  /// i64[N] of N rows.
  Tensor id(Tensor rows) {
    return id.index_select(0, rows);
  }

  /// i64[N,F]
  Tensor columns(Tensor rows) {
    return columns.index_select(0, rows);
  }

  /// f32[N,D]
  Tensor z(Tensor rows) {
    return z.index_select(0, rows);
  }

  /// i64[N,L]
  Tensor codes(Tensor rows) {
    return codes.index_select(0, rows);
  }
}
