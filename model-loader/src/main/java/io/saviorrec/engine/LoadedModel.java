package io.saviorrec.engine;

import ai.djl.Device;
import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import com.sun.management.OperatingSystemMXBean;
import io.saviorrec.bundle.Bundle;
import io.saviorrec.bundle.BundleException;
import io.saviorrec.bundle.Manifest;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// One version of a model on one device: its four archives and the ranker's table of item states.
/*
 * Concurrency: all methods but close may run on many threads at once. The item table is written
 * without a lock, so a slot may be given new content only when no call that names it is running;
 * the owner of the slots sees to that. Close may overlap with nothing.
 *
 * Memory: tensors live outside of the Java heap. Each call opens a scope of its own, creates its
 * inputs in it, to which the engine attaches the outputs, and closes it.
 */
public final class LoadedModel implements AutoCloseable {

  /// The slot that always holds an item of which nothing is known.
  public static final int UNKNOWN_SLOT = 0;

  /// The item id that stands for an item of which nothing is known.
  public static final long UNKNOWN_ITEM = Long.MIN_VALUE;

  private static final String CPU = "cpu";
  private static final int CHANNELS = 3;

  private final Manifest manifest;
  private final int itemCapacity;
  private final Archive encoder;
  private final Archive rq;
  private final Archive mba;
  private final Archive ranker;

  private LoadedModel(Manifest manifest, int itemCapacity, List<Archive> archives) {
    this.manifest = manifest;
    this.itemCapacity = itemCapacity;
    this.encoder = archives.get(0);
    this.rq = archives.get(1);
    this.mba = archives.get(2);
    this.ranker = archives.get(3);
  }

  /// Loads a bundle's archives, allocates the item table and runs every method once, so that an
  /// archive that does not keep its contract fails here.
  ///
  /// @throws io.saviorrec.bundle.BundleException when an archive cannot be loaded or run
  /// @throws ItemTableException when the item table does not fit into the device's memory
  public static LoadedModel load(Bundle bundle, EngineConfig config) {
    Device device = device(config.device());
    List<Archive> archives = new ArrayList<>();
    try {
      archives.add(Archive.load(bundle, Bundle.ENCODER, device, "forward"));
      archives.add(Archive.load(bundle, Bundle.RQ, device, "quantize"));
      archives.add(Archive.load(bundle, Bundle.MBA, device, "align"));
      archives.add(
          Archive.load(
              bundle,
              Bundle.RANKER,
              device,
              "resize_items",
              "item_state",
              "put_items",
              "user_state",
              "score"));
      LoadedModel model = new LoadedModel(bundle.manifest(), config.itemCapacity(), archives);
      model.allocateTable(bundle, config.device());
      model.prepare(bundle);
      return model;
    } catch (RuntimeException e) {
      archives.forEach(Archive::close);
      throw e;
    }
  }

  /// Whether the engine can use a device of this name.
  public static boolean hasDevice(String name) {
    return name.equals(CPU) || number(name) < gpus();
  }

  private static int number(String gpu) {
    return Integer.parseInt(gpu.substring("gpu:".length()));
  }

  /// GPUs that the engine sees.
  public static int gpus() {
    return Engine.getEngine("PyTorch").getGpuCount();
  }

  public Manifest manifest() {
    return manifest;
  }

  /// Slots of the item table; [#UNKNOWN_SLOT] is one of them.
  public int itemCapacity() {
    return itemCapacity;
  }

  /// Encodes items from their content.
  ///
  /// @param pixels one entry an item, by an image preprocessor; null: no image
  /// @param ids token ids `[B · T]`
  /// @param mask token mask `[B · T]`
  public Representations encode(byte[] @Nullable [] pixels, long[] ids, boolean[] mask) {
    int batch = pixels.length;
    int size = manifest.image().size();
    int bytes = CHANNELS * size * size;
    requireLength("ids", ids.length, batch * manifest.text().maxTokens());
    requireLength("mask", mask.length, ids.length);
    boolean[] present = new boolean[batch];
    ByteBuffer images = ByteBuffer.allocateDirect(batch * bytes);
    for (int i = 0; i < batch; i++) {
      byte[] image = pixels[i];
      if (image != null) {
        requireLength("pixels", image.length, bytes);
        present[i] = true;
        images.put(i * bytes, image);
      }
    }
    float[] z;
    try (NDManager scope = encoder.scope()) {
      Shape tokens = new Shape(batch, manifest.text().maxTokens());
      NDArray imagesArray =
          scope.create(images, new Shape(batch, CHANNELS, size, size), DataType.UINT8);
      NDArray output =
          encoder
              .call(
                  "forward",
                  imagesArray,
                  scope.create(present),
                  scope.create(ids, tokens),
                  scope.create(mask, tokens))
              .get(0);
      requireShape(Bundle.ENCODER, output, batch, manifest.dims().zDim());
      z = output.toFloatArray();
    }
    return new Representations(z, quantize(z));
  }

  /// The semantic IDs `[B · L]` of embeddings `[B · D]`.
  public int[] quantize(float[] z) {
    int batch = rows("z", z.length, manifest.dims().zDim());
    long[] codes;
    try (NDManager scope = rq.scope()) {
      NDArray output =
          rq.call("quantize", scope.create(z, new Shape(batch, manifest.dims().zDim()))).get(0);
      requireShape(Bundle.RQ, output, batch, manifest.dims().levels());
      codes = output.toLongArray();
    }
    int[] narrow = new int[codes.length];
    for (int i = 0; i < codes.length; i++) {
      if (codes[i] < 0 || codes[i] >= manifest.dims().codebookSize()) {
        throw new IllegalStateException(
            "%s gave the code %d but there are %d"
                .formatted(Bundle.RQ, codes[i], manifest.dims().codebookSize()));
      }
      narrow[i] = (int) codes[i];
    }
    return narrow;
  }

  /// How far alignment moves each item, `‖z_align − z‖ / ‖z‖` with `z_align` of eq. 9: `[B]`.
  public float[] alignmentRatio(float[] z, int[] codes) {
    int zDim = manifest.dims().zDim();
    int batch = rows("z", z.length, zDim);
    requireLength("codes", codes.length, batch * manifest.dims().levels());
    float[] aligned;
    try (NDManager scope = mba.scope()) {
      NDArray output =
          mba.call("align", scope.create(z, new Shape(batch, zDim)), codes(scope, codes, batch))
              .get(0);
      requireShape(Bundle.MBA, output, batch, zDim);
      aligned = output.toFloatArray();
    }
    float[] ratios = new float[batch];
    for (int i = 0; i < batch; i++) {
      double moved = 0;
      double length = 0;
      for (int d = i * zDim; d < (i + 1) * zDim; d++) {
        double difference = (double) aligned[d] - z[d];
        moved += difference * difference;
        length += (double) z[d] * z[d];
      }
      ratios[i] = length == 0 ? 0 : (float) Math.sqrt(moved / length);
    }
    return ratios;
  }

  /// Computes the states of items and stores them in slots; see the class for when a slot may be
  /// written.
  ///
  /// @param slots `[B]`, all different, none of them [#UNKNOWN_SLOT]
  /// @param itemIds `[B]`
  /// @param stats raw statistics `[B · S]`
  /// @param z `[B · D]`
  /// @param codes `[B · L]`
  public void putItems(int[] slots, long[] itemIds, float[] stats, float[] z, int[] codes) {
    for (int slot : slots) {
      if (slot == UNKNOWN_SLOT) {
        throw new IllegalArgumentException("Slot 0 is kept for the unknown item");
      }
    }
    put(slots, itemIds, stats, z, codes);
  }

  /// The predicted click probability of each candidate of one request.
  public float[] score(ScoreInput input) {
    checkSlots(input.historySlots());
    checkSlots(input.candidateSlots());
    requireLength("profile", input.profile().length, manifest.features().profile().size());
    requireLength("context", input.context().length, manifest.features().context().size());
    int history = input.historySlots().length;
    if (history > manifest.dims().historyLength()) {
      throw new IllegalArgumentException(
          "A history has at most %d items but had %d"
              .formatted(manifest.dims().historyLength(), history));
    }
    // The ranker wants at least one history item; a false mask says that it is none.
    int n = Math.max(history, 1);
    boolean[] mask = new boolean[n];
    Arrays.fill(mask, 0, history, true);
    try (NDManager scope = ranker.scope()) {
      NDList user =
          ranker.call(
              "user_state",
              scope.create(new long[] {input.userId()}),
              row(scope, input.profile()),
              row(scope, input.context()),
              row(scope, widen(Arrays.copyOf(input.historySlots(), n))),
              scope.create(mask, new Shape(1, n)));
      int candidates = input.candidateSlots().length;
      NDArray output =
          ranker
              .call(
                  "score",
                  user.get(0),
                  user.get(1),
                  row(scope, widen(input.candidateSlots())),
                  scope.create(input.pctrBase(), new Shape(1, candidates)))
              .get(0);
      requireShape(Bundle.RANKER, output, 1, candidates);
      return output.toFloatArray();
    }
  }

  /// Tensors that have not been freed, for tests.
  int liveTensors() {
    return encoder.liveTensors() + rq.liveTensors() + mba.liveTensors() + ranker.liveTensors();
  }

  /// Frees the model's memory.
  @Override
  public void close() {
    encoder.close();
    rq.close();
    mba.close();
    ranker.close();
  }

  /// A system that promises more memory than it has would end the process later, so a table that is
  /// larger than all of the memory is not even asked for.
  private void allocateTable(Bundle bundle, String device) {
    long width = manifest.dims().stateWidth();
    if (device.equals(CPU)) {
      requireFits(itemCapacity, width, memoryBytes());
    }
    try (NDManager scope = ranker.scope()) {
      ranker.call("resize_items", scope.create(new long[] {itemCapacity}));
    } catch (InferenceException e) {
      if (lacksMemory(e)) {
        throw new ItemTableException(ItemTableException.message(device, itemCapacity, width), e);
      }
      throw contractBroken(bundle, Bundle.RANKER, e);
    }
  }

  /// What the allocators of CPU and CUDA say.
  private static boolean lacksMemory(InferenceException e) {
    String message = e.getCause() == null ? "" : String.valueOf(e.getCause().getMessage());
    return message.contains("allocate memory") || message.contains("out of memory");
  }

  private static BundleException contractBroken(Bundle bundle, String file, RuntimeException e) {
    return bundle.broken(
        file, "does not keep its contract: " + e.getMessage() + "; export the model again", e);
  }

  static void requireFits(long rows, long width, long memoryBytes) {
    if (rows * width * Float.BYTES > memoryBytes) {
      throw new ItemTableException(ItemTableException.message(CPU, rows, width));
    }
  }

  private static long memoryBytes() {
    return ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class).getTotalMemorySize();
  }

  private void prepare(Bundle bundle) {
    Manifest.Dims dims = manifest.dims();
    String file = Bundle.RANKER;
    try {
      int[] padding = new int[dims.levels()];
      Arrays.fill(padding, dims.codebookSize());
      int[] unknown = {UNKNOWN_SLOT};
      int stats = manifest.features().itemStats().size();
      float[] zero = new float[dims.zDim()];
      put(unknown, new long[] {UNKNOWN_ITEM}, new float[stats], zero, padding);
      score(
          new ScoreInput(
              0,
              new long[manifest.features().profile().size()],
              new long[manifest.features().context().size()],
              new int[0],
              unknown,
              new float[] {Float.NaN}));
      file = Bundle.MBA;
      alignmentRatio(zero, padding);
      file = Bundle.RQ;
      quantize(zero);
      file = Bundle.ENCODER;
      int tokens = manifest.text().maxTokens();
      byte[] @Nullable [] noImage = {null};
      encode(noImage, new long[tokens], new boolean[tokens]);
    } catch (InferenceException | IllegalStateException e) {
      throw contractBroken(bundle, file, e);
    }
  }

  private void put(int[] slots, long[] itemIds, float[] stats, float[] z, int[] codes) {
    int batch = slots.length;
    int statCount = manifest.features().itemStats().size();
    int zDim = manifest.dims().zDim();
    checkSlots(slots);
    requireLength("itemIds", itemIds.length, batch);
    requireLength("stats", stats.length, batch * statCount);
    requireLength("z", z.length, batch * zDim);
    requireLength("codes", codes.length, batch * manifest.dims().levels());
    if (batch == 0) {
      return;
    }
    try (NDManager scope = ranker.scope()) {
      NDArray states =
          ranker
              .call(
                  "item_state",
                  scope.create(itemIds),
                  scope.create(stats, new Shape(batch, statCount)),
                  scope.create(z, new Shape(batch, zDim)),
                  codes(scope, codes, batch))
              .get(0);
      requireShape(Bundle.RANKER, states, batch, manifest.dims().stateWidth());
      ranker.call("put_items", scope.create(widen(slots)), states);
    }
  }

  private NDArray codes(NDManager scope, int[] codes, int batch) {
    return scope.create(widen(codes), new Shape(batch, manifest.dims().levels()));
  }

  private void checkSlots(int[] slots) {
    for (int slot : slots) {
      if (slot < 0 || slot >= itemCapacity) {
        throw new IllegalArgumentException(
            "A slot must be in [0, %d) but was %d".formatted(itemCapacity, slot));
      }
    }
  }

  private static NDArray row(NDManager scope, long[] values) {
    return scope.create(values, new Shape(1, values.length));
  }

  private static long[] widen(int[] values) {
    long[] wide = new long[values.length];
    for (int i = 0; i < wide.length; i++) {
      wide[i] = values[i];
    }
    return wide;
  }

  private static int rows(String name, int length, int width) {
    if (length == 0 || length % width != 0) {
      throw new IllegalArgumentException(
          "%s must hold rows of %d values but has %d".formatted(name, width, length));
    }
    return length / width;
  }

  private static void requireLength(String name, int actual, int expected) {
    if (actual != expected) {
      throw new IllegalArgumentException(
          "%s must have %d values but has %d".formatted(name, expected, actual));
    }
  }

  private static void requireShape(String file, NDArray output, long... shape) {
    if (!Arrays.equals(output.getShape().getShape(), shape)) {
      throw new IllegalStateException(
          "%s gave a tensor of shape %s instead of %s"
              .formatted(file, output.getShape(), Arrays.toString(shape)));
    }
  }

  private static Device device(String name) {
    if (!hasDevice(name)) {
      throw new IllegalArgumentException(
          "There is no device '%s': the engine sees %d GPUs".formatted(name, gpus()));
    }
    return name.equals(CPU) ? Device.cpu() : Device.gpu(number(name));
  }
}
