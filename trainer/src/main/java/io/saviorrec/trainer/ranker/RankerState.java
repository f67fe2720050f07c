package io.saviorrec.trainer.ranker;

import io.saviorrec.bundle.Safetensors;
import io.saviorrec.bundle.Safetensors.DType;
import io.saviorrec.bundle.TensorSource;
import io.saviorrec.trainer.torch.Tensors;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.LongStream;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/// What a later training needs to go on from a trained ranker: what the data decided about its
/// shape, its weights, and what the optimisers remember of their gradients. A safetensors file.
///
/// Tables with a row for each id go on by id: an id that is new starts at the row of unknown ids,
/// by which it was scored until then.
public final class RankerState implements AutoCloseable {
  private static final String SIZES = "spec.sizes";
  private static final String NUMBERS = "spec.numbers";
  private static final String ITEMS = "spec.item_vocabulary";
  private static final String USERS = "spec.user_vocabulary";
  private static final String STAT_BOUNDARIES = "spec.stat_boundaries";
  private static final String STAT_MEANS = "spec.stat_means";
  private static final String STAT_DEVIATIONS = "spec.stat_deviations";
  private static final String BASE_BOUNDARIES = "spec.base_boundaries";
  private static final String COUNTS = "counts.";
  private static final String MEMORY = "memory.";

  private static final ValueLayout.OfFloat FLOAT =
      ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private final Safetensors file;
  private final RankerSpec spec;

  private RankerState(Safetensors file) {
    this.file = file;
    this.spec = readSpec(file);
  }

  /// Writes the state after a training.
  static void write(Path file, RankerSpec spec, NamedOptimizers optimizers) {
    Map<String, TensorSource> content = new TreeMap<>();
    put(
        content,
        SIZES,
        spec.zDim(),
        spec.levels(),
        spec.codebookSize(),
        spec.profileColumns(),
        spec.profileTableSize(),
        spec.contextColumns(),
        spec.contextTableSize(),
        spec.itemColumns(),
        spec.itemTableSize());
    // As bits, for they are doubles.
    put(
        content,
        NUMBERS,
        Double.doubleToLongBits(spec.baseMean()),
        Double.doubleToLongBits(spec.baseDeviation()),
        Double.doubleToLongBits(spec.clickRate()));
    put(content, ITEMS, spec.itemVocabulary());
    put(content, USERS, spec.userVocabulary());
    float[][] boundaries = spec.statBoundaries();
    float[] flat = new float[boundaries.length * boundaries[0].length];
    for (int s = 0; s < boundaries.length; s++) {
      System.arraycopy(boundaries[s], 0, flat, s * boundaries[s].length, boundaries[s].length);
    }
    content.put(STAT_BOUNDARIES, TensorSource.of(flat, boundaries.length, boundaries[0].length));
    put(content, STAT_MEANS, spec.statMeans());
    put(content, STAT_DEVIATIONS, spec.statDeviations());
    put(content, BASE_BOUNDARIES, spec.baseBoundaries());
    try (var _ = new PointerScope()) {
      optimizers.counts().forEach((name, counts) -> put(content, COUNTS + name, counts));
      optimizers
          .memory()
          .forEach((name, tensor) -> content.put(MEMORY + name, Tensors.source(tensor)));
      Safetensors.write(file, content);
    }
  }

  /// Opens what [#write] has left.
  ///
  /// @throws io.saviorrec.bundle.BundleException when it is missing or malformed
  public static RankerState open(Path file) {
    Safetensors tensors = Safetensors.open(file);
    try {
      return new RankerState(tensors);
    } catch (RuntimeException e) {
      tensors.close();
      throw e;
    }
  }

  /// The spec of the ranker that it is the state of.
  public RankerSpec spec() {
    return spec;
  }

  /// The spec of one that goes on with more ids: all boundaries stay where they are.
  ///
  /// @param items that are to have an ID embedding, beside those that have one
  /// @param users likewise; they are not taken where the user's ID is not an input
  public RankerSpec grown(long[] items, long[] users) {
    return new RankerSpec(
        spec.zDim(),
        spec.levels(),
        spec.codebookSize(),
        spec.profileColumns(),
        spec.profileTableSize(),
        spec.contextColumns(),
        spec.contextTableSize(),
        spec.itemColumns(),
        spec.itemTableSize(),
        union(spec.itemVocabulary(), items),
        spec.userVocabulary().length == 0 ? new long[0] : union(spec.userVocabulary(), users),
        spec.statBoundaries(),
        spec.statMeans(),
        spec.statDeviations(),
        spec.baseBoundaries(),
        spec.baseMean(),
        spec.baseDeviation(),
        spec.clickRate());
  }

  /// Fills the weights of a fresh ranker of [#grown] ids and its optimisers' memory.
  void restore(RankerSpec grown, NamedOptimizers optimizers) {
    try (var _ = new PointerScope();
        var _ = new NoGradGuard()) {
      long[] items = sources(spec.itemVocabulary(), grown.itemVocabulary());
      long[] users = sources(spec.userVocabulary(), grown.userVocabulary());
      optimizers
          .memory()
          .forEach(
              (name, tensor) -> {
                long @Nullable [] rows =
                    name.startsWith("item_table.")
                        ? items
                        : name.startsWith("user_table.") ? users : null;
                fill(name, tensor, rows);
              });
      optimizers.resume(name -> longs(file, COUNTS + name));
    }
  }

  /// @param rows which row each row of the tensor is filled from; null: it has the same rows
  private void fill(String name, Tensor tensor, long @Nullable [] rows) {
    int rank = Math.toIntExact(tensor.dim());
    Safetensors.Tensor saved = file.require(MEMORY + name, DType.F32, rank);
    if (rows == null) {
      Tensors.fill(tensor, saved.data());
      return;
    }
    long width = rank == 1 ? 1 : tensor.size(1);
    float[] values = new float[Math.toIntExact(rows.length * width)];
    boolean weights = name.endsWith(".values");
    float[] fresh = Tensors.toFloats(tensor);
    MemorySegment data = saved.data();
    for (int row = 0; row < rows.length; row++) {
      // An id that is new has no gradients behind it yet.
      boolean known = rows[row] > 0 || row == 0;
      for (int i = 0; i < width; i++) {
        int at = Math.toIntExact(row * width + i);
        values[at] =
            known || weights ? data.get(FLOAT, (rows[row] * width + i) * Float.BYTES) : fresh[at];
      }
    }
    tensor.copy_(Tensors.floats(values, tensor.shape()));
  }

  /// Which row of a table each row of its successor comes from: row 0 is of unknown ids, and the
  /// last of a sentinel.
  private static long[] sources(long[] before, long[] after) {
    long[] rows = new long[after.length + 2];
    for (int i = 0; i < after.length; i++) {
      int at = Arrays.binarySearch(before, after[i]);
      rows[i + 1] = at < 0 ? 0 : at + 1;
    }
    rows[after.length + 1] = before.length + 1L;
    return rows;
  }

  private static RankerSpec readSpec(Safetensors file) {
    int[] sizes = LongStream.of(longs(file, SIZES)).mapToInt(Math::toIntExact).toArray();
    long[] numbers = longs(file, NUMBERS);
    Safetensors.Tensor boundaries = file.require(STAT_BOUNDARIES, DType.F32, 2);
    float[] flat = floats(boundaries);
    int stats = Math.toIntExact(boundaries.shape().get(0));
    int each = flat.length / stats;
    float[][] rows = new float[stats][];
    for (int s = 0; s < stats; s++) {
      rows[s] = Arrays.copyOfRange(flat, s * each, (s + 1) * each);
    }
    return new RankerSpec(
        sizes[0],
        sizes[1],
        sizes[2],
        sizes[3],
        sizes[4],
        sizes[5],
        sizes[6],
        sizes[7],
        sizes[8],
        longs(file, ITEMS),
        longs(file, USERS),
        rows,
        floats(file.require(STAT_MEANS, DType.F32, 1)),
        floats(file.require(STAT_DEVIATIONS, DType.F32, 1)),
        floats(file.require(BASE_BOUNDARIES, DType.F32, 1)),
        Double.longBitsToDouble(numbers[0]),
        Double.longBitsToDouble(numbers[1]),
        Double.longBitsToDouble(numbers[2]));
  }

  private static long[] union(long[] ascending, long[] others) {
    return LongStream.concat(LongStream.of(ascending), LongStream.of(others))
        .sorted()
        .distinct()
        .toArray();
  }

  private static float[] floats(Safetensors.Tensor view) {
    return view.data().toArray(FLOAT);
  }

  private static long[] longs(Safetensors file, String name) {
    return file.require(name, DType.I64, 1)
        .data()
        .toArray(ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN));
  }

  private static void put(Map<String, TensorSource> content, String name, long... values) {
    content.put(name, TensorSource.of(values, values.length));
  }

  private static void put(Map<String, TensorSource> content, String name, float[] values) {
    content.put(name, TensorSource.of(values, values.length));
  }

  @Override
  public void close() {
    file.close();
  }
}
