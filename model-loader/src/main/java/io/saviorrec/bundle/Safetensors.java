package io.saviorrec.bundle;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// A safetensors file mapped into memory: a JSON header and raw little-endian tensors.
///
/// Concurrency: reading is safe from any thread; after [#close] every access fails with an
/// IllegalStateException.
public final class Safetensors implements AutoCloseable {

  /// The element types in use; half-precision ones are in checkpoints of others.
  public enum DType {
    F32(Float.BYTES),
    F16(Short.BYTES),
    BF16(Short.BYTES),
    I64(Long.BYTES),
    I32(Integer.BYTES),
    U8(1);

    private final int bytes;

    DType(int bytes) {
      this.bytes = bytes;
    }

    /// Bytes of one element.
    public int bytes() {
      return bytes;
    }
  }

  /// A tensor of the file.
  ///
  /// @param dtype its element type
  /// @param shape its shape, row-major
  /// @param data its elements, little-endian
  public record Tensor(DType dtype, List<Long> shape, MemorySegment data) {

    public Tensor {
      shape = List.copyOf(shape);
    }
  }

  /// The limit that the format's reference implementation sets.
  private static final long MAX_HEADER_BYTES = 100_000_000;

  private static final int ALIGNMENT = 8;

  private static final JsonMapper JSON =
      JsonMapper.builder().enable(JsonParser.Feature.STRICT_DUPLICATE_DETECTION).build();

  private final Path file;
  private final Arena arena;
  private final SortedMap<String, Tensor> tensors;

  private Safetensors(Path file, Arena arena, SortedMap<String, Tensor> tensors) {
    this.file = file;
    this.arena = arena;
    this.tensors = Collections.unmodifiableSortedMap(tensors);
  }

  /// Maps a file.
  ///
  /// @throws BundleException when it is missing, truncated or malformed
  public static Safetensors open(Path file) {
    return open(file, null);
  }

  /// Maps a file and verifies it before anything of it is believed.
  ///
  /// @param verifier is given the SHA-256 of the file that is mapped; null: not asked for
  static Safetensors open(Path file, @Nullable Consumer<String> verifier) {
    Arena arena = Arena.ofShared();
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      long size = channel.size();
      if (size < Long.BYTES) {
        throw new BundleException("%s is truncated: %d bytes".formatted(file, size));
      }
      MemorySegment bytes = channel.map(FileChannel.MapMode.READ_ONLY, 0, size, arena);
      if (verifier != null) {
        verifier.accept(FileHash.sha256(channel));
      }
      return new Safetensors(file, arena, readHeader(file, bytes));
    } catch (IOException e) {
      arena.close();
      throw new BundleException("%s cannot be read: %s".formatted(file, e), e);
    } catch (RuntimeException | InternalError e) {
      arena.close();
      throw e;
    }
  }

  public SortedMap<String, Tensor> tensors() {
    return tensors;
  }

  /// A tensor that must be there with this type and number of dimensions.
  ///
  /// @throws BundleException when it is not
  public Tensor require(String name, DType dtype, int rank) {
    Tensor tensor = tensors.get(name);
    if (tensor == null) {
      throw new BundleException("%s has no tensor '%s'".formatted(file, name));
    }
    if (tensor.dtype() != dtype || tensor.shape().size() != rank) {
      throw new BundleException(
          "%s: tensor '%s' must be %s of %d dimensions but is %s of shape %s"
              .formatted(file, name, dtype, rank, tensor.dtype(), tensor.shape()));
    }
    return tensor;
  }

  /// Unmaps the file.
  @Override
  public void close() {
    arena.close();
  }

  /// Writes tensors to a file, the ones with the widest elements first so that all are aligned.
  ///
  /// @throws BundleException when the file cannot be written
  public static void write(Path file, Map<String, TensorSource> tensors) {
    List<Map.Entry<String, TensorSource>> ordered = new ArrayList<>(tensors.entrySet());
    ordered.sort(
        Comparator.<Map.Entry<String, TensorSource>>comparingInt(e -> -e.getValue().dtype().bytes())
            .thenComparing(Map.Entry::getKey));
    ObjectNode header = JSON.createObjectNode();
    long end = 0;
    for (Map.Entry<String, TensorSource> entry : ordered) {
      TensorSource source = entry.getValue();
      ObjectNode node = header.putObject(entry.getKey()).put("dtype", source.dtype().name());
      ArrayNode shape = node.putArray("shape");
      Arrays.stream(source.shape()).forEach(shape::add);
      ArrayNode offsets = node.putArray("data_offsets").add(end);
      end = Math.addExact(end, byteSize(source.dtype(), source.shape()));
      offsets.add(end);
    }
    try (FileChannel channel =
        FileChannel.open(
            file,
            StandardOpenOption.CREATE,
            StandardOpenOption.TRUNCATE_EXISTING,
            StandardOpenOption.WRITE)) {
      TensorSource.writeAll(channel, headerBytes(header));
      for (Map.Entry<String, TensorSource> entry : ordered) {
        TensorSource source = entry.getValue();
        long start = channel.position();
        source.content().writeTo(channel);
        long written = channel.position() - start;
        if (written != byteSize(source.dtype(), source.shape())) {
          throw new IllegalStateException(
              "Tensor '%s' of shape %s wrote %d bytes"
                  .formatted(entry.getKey(), Arrays.toString(source.shape()), written));
        }
      }
    } catch (IOException e) {
      throw new BundleException("%s cannot be written: %s".formatted(file, e), e);
    }
  }

  private static ByteBuffer headerBytes(ObjectNode header) {
    byte[] json = header.toString().getBytes(StandardCharsets.UTF_8);
    int padded = (json.length + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    ByteBuffer bytes = ByteBuffer.allocate(Long.BYTES + padded).order(ByteOrder.LITTLE_ENDIAN);
    bytes.putLong(padded).put(json);
    while (bytes.hasRemaining()) {
      bytes.put((byte) ' ');
    }
    return bytes.flip();
  }

  private static SortedMap<String, Tensor> readHeader(Path file, MemorySegment bytes) {
    long length = bytes.get(ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN), 0);
    if (length < 2 || length > MAX_HEADER_BYTES || length > bytes.byteSize() - Long.BYTES) {
      throw new BundleException(
          "%s is truncated or not a safetensors file: a header of %d bytes in a file of %d"
              .formatted(file, length, bytes.byteSize()));
    }
    byte[] json = bytes.asSlice(Long.BYTES, length).toArray(ValueLayout.JAVA_BYTE);
    MemorySegment data = bytes.asSlice(Long.BYTES + length);
    SortedMap<String, Tensor> tensors = new TreeMap<>();
    List<long[]> ranges = new ArrayList<>();
    try {
      for (Map.Entry<String, JsonNode> entry : JSON.readTree(json).properties()) {
        if (entry.getKey().equals("__metadata__")) {
          continue;
        }
        long[] range = longs(entry.getValue().required("data_offsets"));
        tensors.put(entry.getKey(), tensor(entry.getValue(), range, data));
        ranges.add(range);
      }
    } catch (JsonProcessingException e) {
      throw new BundleException(
          "%s has a malformed header: %s".formatted(file, e.getOriginalMessage()), e);
    } catch (IllegalArgumentException | ArithmeticException e) {
      throw new BundleException("%s has a bad header: %s".formatted(file, e.getMessage()), e);
    } catch (IOException e) {
      throw new BundleException("%s cannot be read: %s".formatted(file, e), e);
    }
    checkRanges(file, ranges, data.byteSize());
    return tensors;
  }

  private static Tensor tensor(JsonNode node, long[] range, MemorySegment data) {
    DType dtype = dtype(node.required("dtype").asText());
    long[] shape = longs(node.required("shape"));
    if (range.length != 2 || range[0] < 0 || range[1] < range[0] || range[1] > data.byteSize()) {
      throw new IllegalArgumentException(
          "data_offsets %s are not within the %d bytes of data; the file may be truncated"
              .formatted(Arrays.toString(range), data.byteSize()));
    }
    if (byteSize(dtype, shape) != range[1] - range[0]) {
      throw new IllegalArgumentException(
          "data_offsets %s do not fit the shape %s of %s"
              .formatted(Arrays.toString(range), Arrays.toString(shape), dtype));
    }
    return new Tensor(
        dtype, Arrays.stream(shape).boxed().toList(), data.asSlice(range[0], range[1] - range[0]));
  }

  private static DType dtype(String name) {
    return Arrays.stream(DType.values())
        .filter(dtype -> dtype.name().equals(name))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "element type %s is none of %s"
                        .formatted(name, Arrays.toString(DType.values()))));
  }

  /// The format allows neither holes nor overlaps.
  private static void checkRanges(Path file, List<long[]> ranges, long dataBytes) {
    ranges.sort(Comparator.<long[]>comparingLong(r -> r[0]).thenComparingLong(r -> r[1]));
    long end = 0;
    for (long[] range : ranges) {
      if (range[0] != end) {
        throw new BundleException(
            "%s: tensors overlap or leave a hole at byte %d of the data".formatted(file, end));
      }
      end = range[1];
    }
    if (end != dataBytes) {
      throw new BundleException(
          "%s: tensors end at byte %d of %d bytes of data".formatted(file, end, dataBytes));
    }
  }

  private static long[] longs(JsonNode array) {
    long[] values = new long[array.size()];
    for (int i = 0; i < values.length; i++) {
      JsonNode value = array.get(i);
      if (!value.isIntegralNumber() || !value.canConvertToLong()) {
        throw new IllegalArgumentException("'%s' is not a whole number".formatted(value));
      }
      values[i] = value.asLong();
    }
    return values;
  }

  private static long byteSize(DType dtype, long... shape) {
    long bytes = dtype.bytes();
    for (long side : shape) {
      if (side < 0) {
        throw new IllegalArgumentException("Negative shape " + Arrays.toString(shape));
      }
      bytes = Math.multiplyExact(bytes, side);
    }
    return bytes;
  }
}
