package io.saviorrec.trainer.pretrained;

import io.saviorrec.trainer.console.UserError;
import io.saviorrec.trainer.pretrained.StateDictPickle.Storage;
import io.saviorrec.trainer.pretrained.StateDictPickle.View;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.zip.ZipEntry;
import java.util.zip.ZipException;
import java.util.zip.ZipFile;

/// A `.pt` or `.bin` file: a state dict as `torch.save` writes it, alone or under `state_dict`
/// among what else a training keeps.
///
/// PyTorch 1.6 and newer write a zip archive with the pickle and a file of each storage; older ones
/// wrote five pickles, and behind them the storages one after the other.
final class StateDictFile implements WeightFile {
  private static final String PICKLE = "data.pkl";
  private static final int MAX_PICKLE_BYTES = 64 << 20;
  private static final String STATE_DICT = "state_dict";

  /// Of the five pickles of an older file: magic number, version, machine.
  private static final int HEAD_PICKLES = 3;

  /// An optimiser's memory lies this deep.
  private static final int DEEPEST = 8;

  private final Path file;
  private final Storages storages;
  private final SortedMap<String, Weight> weights = new TreeMap<>();

  private StateDictFile(Path file, Storages storages, Object saved) {
    this.file = file;
    this.storages = storages;
    Map<?, ?> top = dictionary(saved);
    Map<?, ?> state = top.containsKey(STATE_DICT) ? dictionary(top.get(STATE_DICT)) : top;
    state.forEach((name, value) -> weights.put(String.valueOf(name), weight(name, value)));
  }

  static StateDictFile open(Path file) {
    try {
      return isZip(file) ? openZip(file) : openOlder(file);
    } catch (IOException e) {
      throw unreadable(file, e);
    }
  }

  @Override
  public SortedMap<String, Weight> weights() {
    return Collections.unmodifiableSortedMap(weights);
  }

  @Override
  public void close() {
    try {
      storages.close();
    } catch (IOException e) {
      throw unreadable(file, e);
    }
  }

  private static boolean isZip(Path file) throws IOException {
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      ByteBuffer start = ByteBuffer.allocate(2);
      channel.read(start);
      return start.get(0) == 'P' && start.get(1) == 'K';
    }
  }

  private static StateDictFile openZip(Path file) throws IOException {
    ZipFile zip = new ZipFile(file.toFile());
    try {
      ZipEntry pickle = pickle(file, zip);
      String root = pickle.getName().substring(0, pickle.getName().length() - PICKLE.length());
      ZipEntry order = zip.getEntry(root + "byteorder");
      if (order != null) {
        requireLittleEndian(
            file, new String(content(zip, order), StandardCharsets.UTF_8).equals("little"));
      }
      Object saved = StateDictPickle.read(file.toString(), ByteBuffer.wrap(content(zip, pickle)));
      return new StateDictFile(file, new Storages.InZip(file, zip, root + "data/"), saved);
    } catch (IOException | RuntimeException e) {
      zip.close();
      throw e;
    }
  }

  /// In the archive's only folder.
  private static ZipEntry pickle(Path file, ZipFile zip) {
    return zip.stream()
        .filter(entry -> entry.getName().endsWith("/" + PICKLE))
        .filter(entry -> entry.getSize() <= MAX_PICKLE_BYTES)
        .findFirst()
        .map(ZipEntry.class::cast)
        .orElseThrow(() -> new UserError(file + " is a zip archive without PyTorch's weights"));
  }

  private static byte[] content(ZipFile zip, ZipEntry entry) throws IOException {
    try (InputStream in = zip.getInputStream(entry)) {
      return in.readNBytes(MAX_PICKLE_BYTES);
    }
  }

  private static StateDictFile openOlder(Path file) throws IOException {
    Arena arena = Arena.ofShared();
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      MemorySegment all = channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size(), arena);
      ByteBuffer pickles =
          all.asSlice(0, Math.min(all.byteSize(), MAX_PICKLE_BYTES)).asByteBuffer();
      for (int i = 0; i < HEAD_PICKLES; i++) {
        Object head = StateDictPickle.read(file.toString(), pickles);
        if (head instanceof Map<?, ?> machine) {
          requireLittleEndian(file, !Boolean.FALSE.equals(machine.get("little_endian")));
        }
      }
      Object saved = StateDictPickle.read(file.toString(), pickles);
      Object keys = StateDictPickle.read(file.toString(), pickles);
      if (!(keys instanceof List<?> order)) {
        throw new UserError(file + " is not a file of weights, or is damaged");
      }
      Map<String, Storage> known = new HashMap<>();
      gather(saved, known, DEEPEST);
      return new StateDictFile(
          file,
          Storages.InOrder.of(file, arena, all.asSlice(pickles.position()), order, known),
          saved);
    } catch (IOException | RuntimeException e) {
      arena.close();
      throw e;
    }
  }

  /// @param depth how deep to look; a damaged file may hold a list that holds itself
  private static void gather(Object value, Map<String, Storage> storages, int depth) {
    if (value instanceof View view) {
      storages.put(view.storage().key(), view.storage());
    } else if (depth > 0 && value instanceof Map<?, ?> map) {
      map.values().forEach(each -> gather(each, storages, depth - 1));
    } else if (depth > 0 && value instanceof List<?> list) {
      list.forEach(each -> gather(each, storages, depth - 1));
    }
  }

  private static void requireLittleEndian(Path file, boolean little) {
    if (!little) {
      throw new UserError(file + " was saved on a machine of another byte order");
    }
  }

  private Map<?, ?> dictionary(Object value) {
    if (value instanceof Map<?, ?> map) {
      return map;
    }
    throw new UserError(file + " holds no state dict");
  }

  private Weight weight(Object name, Object value) {
    if (!(value instanceof View view)) {
      throw new UserError("%s: %s is not a tensor".formatted(file, name));
    }
    if (!isSound(view)) {
      throw new UserError("%s: %s reaches beyond its numbers".formatted(file, name));
    }
    return new Weight(view.shape(), () -> read(view));
  }

  /// Whether every element lies within the storage.
  private static boolean isSound(View view) {
    if (view.offset() < 0 || view.shape().size() != view.strides().size()) {
      return false;
    }
    try {
      long last = view.offset();
      long count = 1;
      for (int i = 0; i < view.shape().size(); i++) {
        long side = view.shape().get(i);
        long stride = view.strides().get(i);
        if (side < 0 || stride < 0) {
          return false;
        }
        count = Math.multiplyExact(count, side);
        last = Math.addExact(last, Math.multiplyExact(side - 1, stride));
      }
      return count <= Integer.MAX_VALUE && (count == 0 || last < view.storage().elements());
    } catch (ArithmeticException e) {
      return false;
    }
  }

  private float[] read(View view) {
    long count = view.shape().stream().reduce(1L, Math::multiplyExact);
    float[] values = new float[Math.toIntExact(count)];
    try {
      MemorySegment data = storages.bytes(view.storage());
      ElementType type = view.storage().type();
      long[] index = new long[view.shape().size()];
      long at = view.offset();
      for (int i = 0; i < values.length; i++) {
        values[i] = type.at(data, at);
        at += step(view, index);
      }
      return values;
    } catch (IOException e) {
      throw unreadable(file, e);
    }
  }

  /// Moves the index to the next element, row by row, and returns how far that one lies away.
  private static long step(View view, long[] index) {
    long moved = 0;
    for (int d = index.length - 1; d >= 0; d--) {
      long stride = view.strides().get(d);
      if (++index[d] < view.shape().get(d)) {
        return moved + stride;
      }
      moved -= (index[d] - 1) * stride;
      index[d] = 0;
    }
    return moved;
  }

  private static UserError unreadable(Path file, IOException e) {
    return e instanceof ZipException
        ? new UserError(file + " is damaged or was not copied whole", e)
        : new UserError("%s cannot be read: %s".formatted(file, e), e);
  }
}
