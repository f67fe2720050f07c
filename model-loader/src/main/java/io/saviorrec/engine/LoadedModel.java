package io.saviorrec.engine;

import ai.djl.Device;
import ai.djl.engine.Engine;
import ai.djl.ndarray.types.DataType;
import ai.djl.util.cuda.CudaUtils;
import com.sun.management.OperatingSystemMXBean;
import io.saviorrec.bundle.Bundle;
import io.saviorrec.bundle.BundleException;
import io.saviorrec.bundle.ItemBatch;
import io.saviorrec.bundle.Manifest;
import io.saviorrec.content.ContentException;
import io.saviorrec.content.TextTokenizer;
import io.saviorrec.contract.Precision;
import io.saviorrec.contract.RankerContract;
import io.saviorrec.contract.ScoreBatch;
import io.saviorrec.contract.UserBatch;
import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryUsage;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SequencedMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// One version of a model on one device: its four archives and the ranker's tables of item and user
/// states.
/*
 * Concurrency: all methods but prepare and close may run on many threads at once. The tables are
 * written without a lock, so a slot may be given new content only when no call that names it is
 * running; the owner of the slots sees to that. Prepare and close may overlap with nothing.
 *
 * Memory: tensors live outside of the Java heap. Each call opens a scope of its own, creates its
 * inputs in it, to which the engine attaches the outputs, and closes it.
 */
public final class LoadedModel implements AutoCloseable {

  private static final String CPU = "cpu";
  private static final int CHANNELS = 3;

  private final Manifest manifest;
  private final RankerContract contract;
  private final EngineConfig config;
  private final ThreadLocal<Scratch> scratch = ThreadLocal.withInitial(Scratch::new);
  private final @Nullable InferenceMode inference = InferenceMode.ofEngine().orElse(null);
  private final Archive encoder;
  private final Archive rq;
  private final Archive mba;
  private final Archive ranker;

  private LoadedModel(Manifest manifest, EngineConfig config, List<Archive> archives) {
    this.manifest = manifest;
    this.contract = RankerContract.of(manifest);
    this.config = config;
    this.encoder = archives.get(0);
    this.rq = archives.get(1);
    this.mba = archives.get(2);
    this.ranker = archives.get(3);
  }

  /// Loads a bundle's archives, allocates the tables and runs every method once, so that an archive
  /// that does not keep its contract fails here.
  ///
  /// @throws io.saviorrec.bundle.BundleException when an archive cannot be loaded or run
  /// @throws ItemTableException when the tables do not fit into the device's memory
  public static LoadedModel load(Bundle bundle, EngineConfig config) {
    return Objects.requireNonNull(
        load(
            bundle,
            config,
            problem -> {
              throw problem;
            }));
  }

  /// Like [#load(Bundle, EngineConfig)], but goes on after what is wrong, as far as it can.
  ///
  /// @param problems each thing that is wrong with the archives
  /// @return null where something is
  static @Nullable LoadedModel load(
      Bundle bundle, EngineConfig config, Consumer<BundleException> problems) {
    Device device = device(config.device());
    List<Archive> archives = new ArrayList<>();
    try {
      var methods = methods(bundle.manifest());
      for (Map.Entry<String, List<String>> each : methods.entrySet()) {
        try {
          archives.add(Archive.load(bundle, each.getKey(), device, each.getValue()));
        } catch (BundleException e) {
          problems.accept(e);
        }
      }
      if (archives.size() == methods.size()) {
        LoadedModel model = new LoadedModel(bundle.manifest(), config, archives);
        if (model.keepsContract(bundle, archives, problems)) {
          return model;
        }
      }
    } catch (RuntimeException e) {
      archives.forEach(Archive::close);
      throw e;
    }
    archives.forEach(Archive::close);
    return null;
  }

  /// The archives in the order in which they are loaded, and every method that is called.
  private static SequencedMap<String, List<String>> methods(Manifest manifest) {
    SequencedMap<String, List<String>> methods = new LinkedHashMap<>();
    methods.put(Bundle.ENCODER, List.of("forward"));
    methods.put(Bundle.RQ, List.of("quantize"));
    methods.put(Bundle.MBA, List.of("align"));
    methods.put(Bundle.RANKER, RankerContract.of(manifest).methods());
    return methods;
  }

  /// The tokenizer of a bundle, made of the very bytes that were verified.
  ///
  /// @throws BundleException when it is none
  public static TextTokenizer tokenizer(Bundle bundle) {
    byte[] json;
    try (Arena arena = Arena.ofConfined()) {
      json = bundle.read(Bundle.TOKENIZER, arena).toArray(ValueLayout.JAVA_BYTE);
    }
    try {
      return TextTokenizer.of(json, Bundle.TOKENIZER, bundle.manifest().text().maxTokens());
    } catch (ContentException e) {
      throw bundle.broken(
          Bundle.TOKENIZER, "is not a usable tokenizer file; export the model again", e);
    }
  }

  /// Whether the engine can use a device of this name.
  public static boolean hasDevice(String name) {
    return name.equals(CPU) || number(name) < gpus();
  }

  private static int number(String gpu) {
    return Integer.parseInt(gpu.substring("gpu:".length()));
  }

  /// Memory of a GPU that the engine can use, by whomever it is taken.
  public static MemoryUsage gpuMemory(String name) {
    return CudaUtils.getGpuMemory(Device.gpu(number(name)));
  }

  /// GPUs that the engine sees.
  public static int gpus() {
    return Engine.getEngine("PyTorch").getGpuCount();
  }

  public Manifest manifest() {
    return manifest;
  }

  /// Slots of the item table; [RankerContract#UNKNOWN_SLOT] is one of them.
  public int itemCapacity() {
    return config.itemCapacity();
  }

  /// Slots of the user table; [RankerContract#NO_USER] is one of them.
  public int userCapacity() {
    return config.userCapacity();
  }

  /// Scores in another type from now on. The tables are empty after it.
  public void use(Precision precision) {
    try (DjlSession session = session(ranker)) {
      allocate(session, precision);
    }
  }

  /// Encodes items from their content.
  ///
  /// @param pixels one entry an item, by an image preprocessor; null: no image
  /// @param ids token ids `[B · T]`
  /// @param mask token mask `[B · T]`
  public Representations encode(byte[] @Nullable [] pixels, long[] ids, boolean[] mask) {
    float[] z = embed(pixels, ids, mask);
    return new Representations(z, quantize(z));
  }

  private float[] embed(byte[] @Nullable [] pixels, long[] ids, boolean[] mask) {
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
    int tokens = manifest.text().maxTokens();
    try (DjlSession session = session(encoder)) {
      return session
          .callOne(
              "forward",
              List.of(
                  session.bytes(images, batch, CHANNELS, size, size),
                  session.booleans(present, batch),
                  session.longs(ids, batch, tokens),
                  session.booleans(mask, batch, tokens)),
              DataType.FLOAT32,
              batch,
              manifest.dims().zDim())
          .toFloatArray();
    }
  }

  /// The semantic IDs `[B · L]` of embeddings `[B · D]`.
  public int[] quantize(float[] z) {
    int batch = rows("z", z.length, manifest.dims().zDim());
    long[] codes;
    try (DjlSession session = session(rq)) {
      codes =
          session
              .callOne(
                  "quantize",
                  List.of(session.floats(z, batch, manifest.dims().zDim())),
                  DataType.INT64,
                  batch,
                  manifest.dims().levels())
              .toLongArray();
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
    long[] wideCodes = Arrays.stream(codes).asLongStream().toArray();
    float[] aligned;
    try (DjlSession session = session(mba)) {
      aligned =
          session
              .callOne(
                  "align",
                  List.of(
                      session.floats(z, batch, zDim),
                      session.longs(wideCodes, batch, manifest.dims().levels())),
                  DataType.FLOAT32,
                  batch,
                  zDim)
              .toFloatArray();
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
  /// @param slots `[B]`, all different, none of them [RankerContract#UNKNOWN_SLOT]
  public void putItems(int[] slots, ItemBatch items) {
    checkSlots(slots);
    try (DjlSession session = session(ranker)) {
      contract.putItems(session, slots, items);
    }
  }

  /// Computes the states of users and stores them in slots; see the class for when a slot may be
  /// written.
  public void putUsers(UserBatch batch) {
    for (UserBatch.User user : batch.users()) {
      checkUser(user.slot());
      checkUser(user.previous());
      checkSlots(user.added());
      checkSlots(user.removed());
    }
    try (DjlSession session = session(ranker)) {
      contract.putUsers(session, batch);
    }
  }

  /// The predicted click probability of each candidate of each request.
  public float[][] score(ScoreBatch batch) {
    for (ScoreBatch.Request request : batch.requests()) {
      checkUser(request.userSlot());
      checkSlots(request.historySlots());
      checkSlots(request.candidateSlots());
    }
    try (DjlSession session = session(ranker)) {
      return contract.score(session, batch);
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
  private void allocate() {
    TableSizes sizes =
        new TableSizes(
            config.itemCapacity(),
            manifest.dims().stateWidth(),
            config.userCapacity(),
            manifest.dims().userWidth());
    if (config.device().equals(CPU)) {
      sizes.requireFit(memoryBytes());
    }
    try {
      use(config.precision());
    } catch (InferenceException e) {
      if (lacksMemory(e)) {
        throw new ItemTableException(sizes.tooLarge(config.device()), e);
      }
      throw e;
    }
  }

  private void allocate(DjlSession session, Precision precision) {
    contract.prepare(session, precision);
    contract.resizeUsers(session, config.userCapacity());
    contract.resizeItems(session, config.itemCapacity());
  }

  /// Whether something failed for want of a device's memory, which the allocators of CPU and CUDA
  /// say in their messages.
  public static boolean lacksMemory(Throwable e) {
    for (Throwable each = e; each != null; each = each.getCause()) {
      String message = String.valueOf(each.getMessage());
      if (each instanceof ItemTableException
          || message.contains("allocate memory")
          || message.contains("out of memory")) {
        return true;
      }
    }
    return false;
  }

  static BundleException contractBroken(
      Bundle bundle, String file, String problem, @Nullable Throwable cause) {
    String text = "does not keep its contract: " + problem + "; export the model again";
    return cause == null ? bundle.broken(file, text) : bundle.broken(file, text, cause);
  }

  private static long memoryBytes() {
    return ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class).getTotalMemorySize();
  }

  /// Runs every method once.
  private boolean keepsContract(
      Bundle bundle, List<Archive> archives, Consumer<BundleException> problems) {
    ItemBatch unknown = contract.unknownItem();
    int tokens = manifest.text().maxTokens();
    byte[] @Nullable [] noImage = {null};
    Map<String, Runnable> trials = new LinkedHashMap<>();
    trials.put(
        Bundle.ENCODER,
        () -> requireFinite("forward", embed(noImage, new long[tokens], new boolean[tokens])));
    trials.put(Bundle.RQ, () -> quantize(unknown.z()));
    trials.put(
        Bundle.MBA, () -> requireFinite("align", alignmentRatio(unknown.z(), unknown.codes())));
    trials.put(
        Bundle.RANKER,
        () -> {
          allocate();
          scoreTheUnknown();
        });
    boolean[] kept = {true};
    Iterator<Archive> each = archives.iterator();
    trials.forEach(
        (file, trial) -> {
          List<String> missing = each.next().missing();
          missing.forEach(text -> problems.accept(contractBroken(bundle, file, text, null)));
          kept[0] &= missing.isEmpty() && succeeds(bundle, file, trial, problems);
        });
    return kept[0];
  }

  private static boolean succeeds(
      Bundle bundle, String file, Runnable trial, Consumer<BundleException> problems) {
    try {
      trial.run();
      return true;
    } catch (BundleException e) {
      problems.accept(e);
    } catch (InferenceException | IllegalStateException e) {
      problems.accept(contractBroken(bundle, file, String.valueOf(e.getMessage()), e));
    }
    return false;
  }

  private void scoreTheUnknown() {
    int slot = RankerContract.NO_USER + 1;
    putUsers(
        UserBatch.of(
            new UserBatch.User(
                slot,
                RankerContract.NO_USER,
                0,
                new long[manifest.features().profile().size()],
                new long[manifest.features().context().size()],
                new int[0],
                new int[0],
                0,
                new float[contract.tasteWidth()])));
    requireProbabilities(
        score(
            ScoreBatch.of(
                new ScoreBatch.Request(
                    slot,
                    new int[0],
                    new int[] {RankerContract.UNKNOWN_SLOT},
                    new float[] {Float.NaN})))[0]);
  }

  /// @throws IllegalStateException when one of them is none
  static void requireProbabilities(float[] scores) {
    for (float score : scores) {
      // Also false for NaN.
      if (!(score >= 0 && score <= 1)) {
        throw new IllegalStateException(
            "score gave %s, which is no probability; are all weights finite?".formatted(score));
      }
    }
  }

  private static void requireFinite(String method, float[] values) {
    for (float value : values) {
      if (!Float.isFinite(value)) {
        throw new IllegalStateException(
            "%s gave %s; are all weights finite?".formatted(method, value));
      }
    }
  }

  private DjlSession session(Archive archive) {
    return new DjlSession(archive, scratch.get(), inference);
  }

  private void checkSlots(int[] slots) {
    for (int slot : slots) {
      if (slot < 0 || slot >= config.itemCapacity()) {
        throw new IllegalArgumentException(
            "A slot must be in [0, %d), was %d".formatted(config.itemCapacity(), slot));
      }
    }
  }

  private void checkUser(int slot) {
    if (slot < 0 || slot >= config.userCapacity()) {
      throw new IllegalArgumentException(
          "A user slot must be in [0, %d), was %d".formatted(config.userCapacity(), slot));
    }
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

  private static Device device(String name) {
    if (!hasDevice(name)) {
      throw new IllegalArgumentException(
          "There is no device '%s': the engine sees %d GPUs".formatted(name, gpus()));
    }
    return name.equals(CPU) ? Device.cpu() : Device.gpu(number(name));
  }
}
