package io.saviorrec.trainer.pretrained;

import io.saviorrec.bundle.Safetensors.DType;
import io.saviorrec.trainer.pretrained.TinyClip.Array;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/// Writes weights as PyTorch does, in both of its formats, by the second protocol of pickle.
final class StateDictWriter {
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final DType dtype;
  private final boolean older;
  private final List<Array> storages = new ArrayList<>();

  private StateDictWriter(DType dtype, boolean older) {
    this.dtype = dtype;
    this.older = older;
  }

  /// Writes a zip archive with the weights under `state_dict`, beside what else a training keeps.
  static Path zip(Path file, SortedMap<String, Array> weights, DType dtype) {
    StateDictWriter pickle = new StateDictWriter(dtype, false);
    pickle.start();
    pickle.code('}').code('(');
    pickle.text("epoch").integer(3);
    pickle.text("name").text("tiny");
    pickle.text("optimizer").code('}');
    pickle.text("state_dict").dictionary(weights);
    pickle.code('u').code('.');
    return pickle.writeZip(file);
  }

  /// Writes a zip archive with any pickle in it.
  static Path zipOf(Path file, byte[] pickle) {
    StateDictWriter writer = new StateDictWriter(DType.F32, false);
    writer.out.writeBytes(pickle);
    return writer.writeZip(file);
  }

  private Path writeZip(Path file) {
    try (ZipOutputStream zip = new ZipOutputStream(Files.newOutputStream(file))) {
      entry(zip, "archive/data.pkl", out.toByteArray());
      entry(zip, "archive/byteorder", "little".getBytes(StandardCharsets.UTF_8));
      for (int i = 0; i < storages.size(); i++) {
        entry(zip, "archive/data/" + i, TinyClip.encode(storages.get(i).values(), dtype));
      }
      return file;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void entry(ZipOutputStream zip, String name, byte[] content) throws IOException {
    zip.putNextEntry(new ZipEntry(name));
    zip.write(content);
    zip.closeEntry();
  }

  /// Writes what PyTorch wrote before 1.6: five pickles and the storages.
  static Path older(Path file, SortedMap<String, Array> weights, DType dtype) {
    try (OutputStream all = Files.newOutputStream(file)) {
      // The magic number, the version and the machine.
      all.write(
          bytes(
              0x80, 2, 0x8a, 10, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19, '.'));
      all.write(bytes(0x80, 2, 'M', 0xe9, 3, '.'));
      StateDictWriter machine = new StateDictWriter(dtype, true);
      machine.start();
      machine.code('}').code('(').text("little_endian").code(0x88).code('u').code('.');
      all.write(machine.out.toByteArray());
      StateDictWriter pickle = new StateDictWriter(dtype, true);
      pickle.start();
      pickle.dictionary(weights).code('.');
      all.write(pickle.out.toByteArray());
      StateDictWriter keys = new StateDictWriter(dtype, true);
      keys.start();
      keys.code(']').code('(');
      for (int i = 0; i < pickle.storages.size(); i++) {
        keys.text(Integer.toString(i));
      }
      all.write(keys.code('e').code('.').out.toByteArray());
      for (Array storage : pickle.storages) {
        byte[] content = TinyClip.encode(storage.values(), dtype);
        all.write(little(Long.BYTES).putLong(storage.values().length).array());
        all.write(content);
      }
      return file;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void start() {
    code(0x80).code(2);
  }

  /// An ordered dictionary with an attribute, as a module's state dict has it.
  private StateDictWriter dictionary(Map<String, Array> weights) {
    global("collections", "OrderedDict").code(')').code('R').code('(');
    weights.forEach((name, array) -> text(name).tensor(array));
    code('u');
    return code('}').text("_metadata").code('}').code('s').code('b');
  }

  private StateDictWriter tensor(Array array) {
    global("torch._utils", "_rebuild_tensor_v2").code('(');
    code('(').text("storage");
    global("torch", dtype == DType.F16 ? "HalfStorage" : "FloatStorage");
    text(Integer.toString(storages.size())).text("cpu").integer(array.values().length);
    if (older) {
      code('N');
    }
    code('t').code('Q').integer(0);
    storages.add(array);
    code('(');
    for (long side : array.shape()) {
      integer((int) side);
    }
    code('t').code('(');
    int stride = array.values().length;
    for (long side : array.shape()) {
      stride /= (int) side;
      integer(stride);
    }
    code('t').code(0x89);
    return global("collections", "OrderedDict").code(')').code('R').code('t').code('R');
  }

  private StateDictWriter global(String module, String name) {
    code('c');
    out.writeBytes((module + "\n" + name + "\n").getBytes(StandardCharsets.US_ASCII));
    return this;
  }

  private StateDictWriter text(String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    code('X');
    out.writeBytes(little(Integer.BYTES).putInt(bytes.length).array());
    out.writeBytes(bytes);
    return this;
  }

  private StateDictWriter integer(int value) {
    code('J');
    out.writeBytes(little(Integer.BYTES).putInt(value).array());
    return this;
  }

  private StateDictWriter code(int code) {
    out.write(code);
    return this;
  }

  private static ByteBuffer little(int bytes) {
    return ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }

  static byte[] bytes(int... values) {
    byte[] bytes = new byte[values.length];
    for (int i = 0; i < values.length; i++) {
      bytes[i] = (byte) values[i];
    }
    return bytes;
  }
}
