package io.saviorrec.trainer.ranker;

import io.saviorrec.bundle.FloatRows;
import io.saviorrec.bundle.ItemBatch;
import io.saviorrec.contract.RankerContract;
import io.saviorrec.feature.FeatureSchema;
import io.saviorrec.feature.ItemColumns;
import io.saviorrec.trainer.data.log.ItemCatalogue;
import io.saviorrec.trainer.torch.Tensors;
import java.util.Arrays;
import java.util.stream.LongStream;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;

/// The frozen features of every item of a catalogue, by catalogue index; one more row, the last,
/// stands for padding and for items that nothing is known of.
public final class ItemFeatures {
  private static final int ROWS_AT_ONCE = 4096;

  private final int size;
  private final int zDim;
  private final int levels;
  private final int columnCount;
  private final Tensor id;
  private final Tensor columns;
  private final Tensor z;
  private final Tensor codes;

  /// Where the rows of a catalogue index are; null: at the index itself.
  private final @Nullable Tensor place;

  /// Copies the features of a catalogue.
  ///
  /// @param schema whose item columns are encoded
  /// @param z a row of an item each
  /// @param codes i32[N*L]
  /// @param codebookSize K, the padding code
  public ItemFeatures(
      ItemCatalogue catalogue,
      FeatureSchema schema,
      FloatRows z,
      int[] codes,
      int levels,
      int codebookSize) {
    this.size = catalogue.size();
    this.zDim = z.width();
    this.levels = levels;
    this.place = null;
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
    long[] paddedCodes = new long[(size + 1) * levels];
    Arrays.fill(paddedCodes, RankerContract.paddingCode(codebookSize));
    for (int i = 0; i < size * levels; i++) {
      paddedCodes[i] = codes[i];
    }
    this.id = Tensors.longs(paddedIds, size + 1L);
    this.columns = Tensors.longs(paddedColumns, size + 1L, columnCount);
    this.z = padded(z);
    this.codes = Tensors.longs(paddedCodes, size + 1L, levels);
  }

  /// What is told of some items of a catalogue.
  ///
  /// @param size of the catalogue
  /// @param indices catalogue indices of the items; every other one is padding
  /// @param padding what the last row holds
  public ItemFeatures(int size, int[] indices, ItemBatch items, ItemBatch padding) {
    this.size = size;
    long[] places = new long[size + 1];
    Arrays.fill(places, items.size());
    for (int i = 0; i < indices.length; i++) {
      places[indices[i]] = i;
    }
    this.place = Tensors.longs(places, places.length);
    int count = items.size();
    this.zDim = padding.z().length;
    this.levels = padding.codes().length;
    this.columnCount = padding.features().length;
    this.id = Tensors.longs(joined(items.itemIds(), padding.itemIds()), count + 1L);
    this.columns =
        Tensors.longs(joined(items.features(), padding.features()), count + 1L, columnCount);
    float[] paddedZ = Arrays.copyOf(items.z(), Math.multiplyExact(count + 1, zDim));
    System.arraycopy(padding.z(), 0, paddedZ, count * zDim, zDim);
    this.z = Tensors.floats(paddedZ, count + 1L, zDim);
    this.codes =
        Tensors.longs(
            joined(
                Arrays.stream(items.codes()).asLongStream().toArray(),
                Arrays.stream(padding.codes()).asLongStream().toArray()),
            count + 1L,
            levels);
  }

  /// The rows and one of zeros.
  private static Tensor padded(FloatRows z) {
    int width = z.width();
    Tensor all = torch.zeros(z.rows() + 1L, width);
    for (int from = 0; from < z.rows(); from += ROWS_AT_ONCE) {
      int count = Math.min(ROWS_AT_ONCE, z.rows() - from);
      float[] some = new float[count * width];
      z.copy(from, count, some, 0);
      try (var _ = new PointerScope()) {
        all.narrow(0, from, count).copy_(Tensors.floats(some, count, width));
      }
    }
    return all;
  }

  private static long[] joined(long[] first, long[] second) {
    return LongStream.concat(Arrays.stream(first), Arrays.stream(second)).toArray();
  }

  private Tensor places(Tensor rows) {
    return place == null ? rows : place.index_select(0, rows);
  }

  /// i64[N] of N rows.
  Tensor id(Tensor rows) {
    return id.index_select(0, places(rows));
  }

  /// i64[N,F]
  Tensor columns(Tensor rows) {
    return columns.index_select(0, places(rows));
  }

  /// f32[N,D]
  Tensor z(Tensor rows) {
    return z.index_select(0, places(rows));
  }

  /// i64[N,L]
  Tensor codes(Tensor rows) {
    return codes.index_select(0, places(rows));
  }
}
