package io.saviorrec.bundle;

import io.saviorrec.bundle.Safetensors.DType;
import io.saviorrec.bundle.Safetensors.Tensor;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.WritableByteChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// What the trainer knew of every item, read in place from a mapped safetensors file.
///
/// Rows are sorted by item id. Tensors: `item_id i64[N]`, `z f32[N, D]`, `codes i32[N, L]`, `stats
/// f32[N, S]`, `features i64[N, F]` (rows of the item columns; no tensor when there are none),
/// `content_hash i64[N]`, `title_offsets i64[N + 1]`, `title_bytes u8[M]` (UTF-8).
///
/// Concurrency: like [Safetensors].
public final class ItemTable implements MappedTable {

  private static final ValueLayout.OfLong LONG =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfInt INT =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfFloat FLOAT =
      ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  /// Rows to be written, item ids ascending.
  ///
  /// @param items ids, statistics, features, z and codes
  /// @param contentHashes `[N]`, [io.saviorrec.content.ItemContent#hash]
  /// @param titles `[N]`
  public record Rows(ItemBatch items, long[] contentHashes, List<String> titles) implements Source {
    public Rows {
      int n = items.size();
      requireRows("titles", titles.size(), n, n);
      requireRows("content hashes", contentHashes.length, n, n);
      requireRows("statistics", items.stats().length, n, 0);
      requireRows("features", items.features().length, n, 0);
      requireRows("z", items.z().length, n, 0);
      requireRows("codes", items.codes().length, n, 0);
    }

    /// @param wanted 0: any number that makes rows of one width
    private static void requireRows(String what, int count, int rows, int wanted) {
      if (wanted > 0 ? count != wanted : rows > 0 && count % rows != 0) {
        throw new IllegalArgumentException(
            "%d values of %s for %d items do not fill the shape".formatted(count, what, rows));
      }
    }

    @Override
    public int size() {
      return items.size();
    }

    @Override
    public void copy(int row, ItemBatch out, int at) {
      items.copy(row, out, at);
    }

    @Override
    public ItemBatch room(int rows) {
      return items.room(rows);
    }

    @Override
    public long contentHash(int row) {
      return contentHashes[row];
    }

    @Override
    public String title(int row) {
      return titles.get(row);
    }
  }

  /// Rows to be written that need not be in memory at once, item ids ascending. Each is asked for
  /// several times.
  public interface Source {
    int size();

    /// Copies all that the ranker is told of the item in this row.
    ///
    /// @param out a batch of [#room]
    /// @param at where in the batch
    void copy(int row, ItemBatch out, int at);

    /// Room for so many rows.
    ItemBatch room(int rows);

    /// [io.saviorrec.content.ItemContent#hash]
    long contentHash(int row);

    String title(int row);
  }

  /// Rows between two ids of the coarse index: as many as fill a few lines of the processor's
  /// cache.
  private static final int STRIDE = 32;

  private static final int CHUNK_BYTES = 1 << 16;

  private final Safetensors file;
  private final int size;

  /// Every [#STRIDE]th id: small enough to stay in the processor's cache, so that finding an item
  /// touches the mapped ids in one place only.
  private final long[] coarse;

  private final int zDim;
  private final int levels;
  private final int statCount;
  private final int featureCount;
  private final MemorySegment itemIds;
  private final MemorySegment z;
  private final MemorySegment codes;
  private final MemorySegment stats;
  private final MemorySegment features;
  private final MemorySegment contentHashes;
  private final MemorySegment titleOffsets;
  private final MemorySegment titleBytes;

  private ItemTable(Path path, Safetensors file) {
    this.file = file;
    Tensor ids = file.require("item_id", DType.I64, 1);
    long rows = ids.shape().get(0);
    if (rows < 1 || rows > Integer.MAX_VALUE - 1) {
      throw new BundleException("%s: %d items are not supported".formatted(path, rows));
    }
    this.size = (int) rows;
    this.itemIds = ids.data();
    Tensor zTensor = matrix(path, "z", DType.F32, rows);
    Tensor codesTensor = matrix(path, "codes", DType.I32, rows);
    Tensor statsTensor = matrix(path, "stats", DType.F32, rows);
    this.zDim = Math.toIntExact(zTensor.shape().get(1));
    this.levels = Math.toIntExact(codesTensor.shape().get(1));
    this.statCount = Math.toIntExact(statsTensor.shape().get(1));
    this.z = zTensor.data();
    this.codes = codesTensor.data();
    this.stats = statsTensor.data();
    if (file.tensors().containsKey("features")) {
      Tensor featuresTensor = matrix(path, "features", DType.I64, rows);
      this.featureCount = Math.toIntExact(featuresTensor.shape().get(1));
      this.features = featuresTensor.data();
    } else {
      this.featureCount = 0;
      this.features = MemorySegment.NULL;
    }
    this.contentHashes = vector(path, "content_hash", rows);
    this.titleOffsets = vector(path, "title_offsets", rows + 1);
    this.titleBytes = file.require("title_bytes", DType.U8, 1).data();
    checkOrder(path);
    this.coarse = new long[(size - 1) / STRIDE + 1];
    for (int i = 0; i < coarse.length; i++) {
      coarse[i] = itemId(i * STRIDE);
    }
  }

  /// Maps an item table.
  ///
  /// @throws BundleException when it is missing, truncated or malformed
  public static ItemTable open(Path path) {
    return open(path, null);
  }

  /// Maps an item table and verifies the file.
  ///
  /// @param verifier is given the SHA-256 of the file that is mapped and throws when it is
  ///   another's; null: not asked for
  static ItemTable open(Path path, @Nullable Consumer<String> verifier) {
    Safetensors file = Safetensors.open(path, verifier);
    try {
      return new ItemTable(path, file);
    } catch (RuntimeException e) {
      file.close();
      throw e;
    }
  }

  /// Writes an item table.
  ///
  /// @throws IllegalArgumentException when the rows are empty, unsorted or of uneven lengths
  public static void write(Path path, Source rows) {
    int n = rows.size();
    if (n == 0) {
      throw new IllegalArgumentException("An item table needs at least one item");
    }
    ItemBatch one = rows.room(1);
    requireAscending(rows, one);
    long[] offsets = new long[n + 1];
    for (int i = 0; i < n; i++) {
      offsets[i + 1] = offsets[i] + utf8(rows.title(i)).length;
    }
    Map<String, TensorSource> tensors = new TreeMap<>();
    put(tensors, "item_id", DType.I64, n, 0, (i, out) -> out.putLong(itemId(rows, one, i)));
    put(
        tensors,
        "z",
        DType.F32,
        n,
        one.z().length,
        (i, out) -> out.asFloatBuffer().put(copied(rows, one, i).z()));
    put(
        tensors,
        "codes",
        DType.I32,
        n,
        one.codes().length,
        (i, out) -> out.asIntBuffer().put(copied(rows, one, i).codes()));
    put(
        tensors,
        "stats",
        DType.F32,
        n,
        one.stats().length,
        (i, out) -> out.asFloatBuffer().put(copied(rows, one, i).stats()));
    if (one.features().length > 0) {
      put(
          tensors,
          "features",
          DType.I64,
          n,
          one.features().length,
          (i, out) -> out.asLongBuffer().put(copied(rows, one, i).features()));
    }
    put(tensors, "content_hash", DType.I64, n, 0, (i, out) -> out.putLong(rows.contentHash(i)));
    tensors.put("title_offsets", TensorSource.of(offsets, n + 1));
    tensors.put(
        "title_bytes",
        new TensorSource(DType.U8, new long[] {offsets[n]}, channel -> writeTitles(rows, channel)));
    Safetensors.write(path, tensors);
  }

  private static void requireAscending(Source rows, ItemBatch one) {
    long before = itemId(rows, one, 0);
    for (int i = 1; i < rows.size(); i++) {
      long id = itemId(rows, one, i);
      if (id <= before) {
        throw new IllegalArgumentException(
            "Item ids must ascend but %d is followed by %d".formatted(before, id));
      }
      before = id;
    }
  }

  private static long itemId(Source rows, ItemBatch one, int row) {
    return copied(rows, one, row).itemIds()[0];
  }

  private static ItemBatch copied(Source rows, ItemBatch one, int row) {
    rows.copy(row, one, 0);
    return one;
  }

  /// Puts the elements of a row at the beginning of the buffer.
  @FunctionalInterface
  private interface RowPart {
    void put(int row, ByteBuffer out);
  }

  /// @param width elements of a row; 0: one, in a tensor of one dimension
  private static void put(
      Map<String, TensorSource> tensors,
      String name,
      DType dtype,
      int rows,
      int width,
      RowPart part) {
    ByteBuffer row =
        ByteBuffer.allocate(Math.max(1, width) * dtype.bytes()).order(ByteOrder.LITTLE_ENDIAN);
    tensors.put(
        name,
        new TensorSource(
            dtype,
            width == 0 ? new long[] {rows} : new long[] {rows, width},
            channel -> {
              ByteBuffer chunk = ByteBuffer.allocateDirect(Math.max(CHUNK_BYTES, row.capacity()));
              for (int i = 0; i < rows; i++) {
                row.clear();
                part.put(i, row);
                if (chunk.remaining() < row.capacity()) {
                  TensorSource.writeAll(channel, chunk.flip());
                  chunk.clear();
                }
                chunk.put(row.clear());
              }
              TensorSource.writeAll(channel, chunk.flip());
            }));
  }

  private static void writeTitles(Source rows, WritableByteChannel channel) throws IOException {
    ByteArrayOutputStream chunk = new ByteArrayOutputStream(CHUNK_BYTES);
    for (int i = 0; i < rows.size(); i++) {
      chunk.writeBytes(utf8(rows.title(i)));
      if (chunk.size() >= CHUNK_BYTES) {
        TensorSource.writeAll(channel, ByteBuffer.wrap(chunk.toByteArray()));
        chunk.reset();
      }
    }
    TensorSource.writeAll(channel, ByteBuffer.wrap(chunk.toByteArray()));
  }

  /// Number of items.
  public int size() {
    return size;
  }

  /// Width D of z.
  public int zDim() {
    return zDim;
  }

  /// Codes L of an item.
  public int levels() {
    return levels;
  }

  /// Statistics S of an item.
  public int statCount() {
    return statCount;
  }

  /// Item columns F.
  public int featureCount() {
    return featureCount;
  }

  /// The row of an item, or -1.
  public int find(long itemId) {
    int block = Arrays.binarySearch(coarse, itemId);
    if (block >= 0) {
      return block * STRIDE;
    }
    // The block that begins before it; none: -1.
    block = -block - 2;
    int low = block * STRIDE + 1;
    int high = (int) Math.min(size, (block + 1L) * STRIDE) - 1;
    while (low <= high && block >= 0) {
      int middle = (low + high) >>> 1;
      int order = Long.compare(itemId(middle), itemId);
      if (order == 0) {
        return middle;
      }
      if (order < 0) {
        low = middle + 1;
      } else {
        high = middle - 1;
      }
    }
    return -1;
  }

  public long itemId(int row) {
    return itemIds.getAtIndex(LONG, row);
  }

  /// Copies the row's z to `out[at .. at + D)`.
  public void z(int row, float[] out, int at) {
    MemorySegment.copy(z, FLOAT, (long) row * zDim * Float.BYTES, out, at, zDim);
  }

  /// Copies the row's codes to `out[at .. at + L)`.
  public void codes(int row, int[] out, int at) {
    MemorySegment.copy(codes, INT, (long) row * levels * Integer.BYTES, out, at, levels);
  }

  /// Copies the row's raw statistics to `out[at .. at + S)`.
  public void stats(int row, float[] out, int at) {
    MemorySegment.copy(stats, FLOAT, (long) row * statCount * Float.BYTES, out, at, statCount);
  }

  /// Copies the row's rows of the item columns to `out[at .. at + F)`.
  public void features(int row, long[] out, int at) {
    MemorySegment.copy(
        features, LONG, (long) row * featureCount * Long.BYTES, out, at, featureCount);
  }

  /// The row's row of one item column.
  public long feature(int row, int column) {
    return features.getAtIndex(LONG, (long) row * featureCount + column);
  }

  /// Copies all that the ranker is told of the item in this row.
  ///
  /// @param out a batch of as wide rows
  /// @param at where in the batch
  public void copy(int row, ItemBatch out, int at) {
    out.itemIds()[at] = itemId(row);
    stats(row, out.stats(), at * statCount);
    features(row, out.features(), at * featureCount);
    z(row, out.z(), at * zDim);
    codes(row, out.codes(), at * levels);
  }

  /// All that the ranker is told of the items in these rows.
  public ItemBatch batch(int[] rows) {
    ItemBatch batch =
        new ItemBatch(
            new long[rows.length],
            new float[rows.length * statCount],
            new long[rows.length * featureCount],
            new float[rows.length * zDim],
            new int[rows.length * levels]);
    for (int i = 0; i < rows.length; i++) {
      copy(rows[i], batch, i);
    }
    return batch;
  }

  /// The hash of the content that z was computed from.
  public long contentHash(int row) {
    return contentHashes.getAtIndex(LONG, row);
  }

  public String title(int row) {
    long from = titleOffsets.getAtIndex(LONG, row);
    long to = titleOffsets.getAtIndex(LONG, row + 1L);
    return new String(
        titleBytes.asSlice(from, to - from).toArray(ValueLayout.JAVA_BYTE), StandardCharsets.UTF_8);
  }

  /// Unmaps the file.
  @Override
  public void close() {
    file.close();
  }

  private Tensor matrix(Path path, String name, DType dtype, long rows) {
    Tensor tensor = file.require(name, dtype, 2);
    if (tensor.shape().get(0) != rows || tensor.shape().get(1) < 1) {
      throw new BundleException(
          "%s: tensor '%s' has shape %s but there are %d items"
              .formatted(path, name, tensor.shape(), rows));
    }
    return tensor;
  }

  private MemorySegment vector(Path path, String name, long length) {
    Tensor tensor = file.require(name, DType.I64, 1);
    if (tensor.shape().get(0) != length) {
      throw new BundleException(
          "%s: tensor '%s' has %d elements instead of %d"
              .formatted(path, name, tensor.shape().get(0), length));
    }
    return tensor.data();
  }

  private void checkOrder(Path path) {
    for (int row = 1; row < size; row++) {
      if (itemId(row) <= itemId(row - 1)) {
        throw new BundleException(
            "%s: item ids must ascend but %d is followed by %d"
                .formatted(path, itemId(row - 1), itemId(row)));
      }
    }
    long previous = 0;
    for (int row = 0; row <= size; row++) {
      long offset = titleOffsets.getAtIndex(LONG, row);
      if (offset < previous || offset > titleBytes.byteSize()) {
        throw new BundleException(
            "%s: title_offsets has %d at %d, which is outside of title_bytes or descends"
                .formatted(path, offset, row));
      }
      previous = offset;
    }
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
