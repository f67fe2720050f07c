package io.saviorrec.server.oip;

import com.google.protobuf.ByteString;
import io.saviorrec.proto.oip.InferTensorContents;
import io.saviorrec.proto.oip.ModelInferRequest.InferInputTensor;
import io.saviorrec.server.request.ErrorText;
import io.saviorrec.server.request.RequestException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// One tensor of a request, its elements in either form.
///
/// Its shape is checked before an element is read, and must say exactly what there is.
///
/// @param raw its elements as bytes; null: they are in its contents
record InputTensor(InferInputTensor tensor, @Nullable ByteString raw) {
  static final String INT64 = "INT64";
  static final String FP32 = "FP32";
  static final String FP64 = "FP64";
  static final String BYTES = "BYTES";

  InputTensor {
    if (tensor.getParametersCount() > 0) {
      throw RequestException.invalid(
          "input %s has parameters, such as those of shared memory; send its elements in the message"
              .formatted(ErrorText.quote(tensor.getName())));
    }
    if (raw != null && tensor.hasContents()) {
      throw RequestException.invalid(
          "input %s has contents beside raw_input_contents; use one of them"
              .formatted(ErrorText.quote(tensor.getName())));
    }
  }

  String name() {
    return tensor.getName();
  }

  boolean texts() {
    return tensor.getDatatype().equals(BYTES);
  }

  /// Whether its shape has a leading 1.
  boolean rowed() {
    return tensor.getShapeCount() == 2;
  }

  /// How many elements its shape says it has.
  ///
  /// @param most that there may be, by the setting `key`
  int length(int most, String key, String expected) {
    List<Long> shape = tensor.getShapeList();
    boolean row = shape.size() == 1 || (shape.size() == 2 && shape.getFirst() == 1);
    if (!row || shape.getLast() < 0) {
      throw unexpected(expected + "; several users go in several calls");
    }
    long length = shape.getLast();
    if (length > most) {
      throw RequestException.invalid(
          "input %s has %d elements; the most is %s = %d"
              .formatted(ErrorText.quote(name()), length, key, most));
    }
    return (int) length;
  }

  /// Rows of equal width, one after the other.
  record Rows(int count, int width) {
    int elements() {
      return count * width;
    }
  }

  /// How many rows its shape says it has, and how wide they are.
  ///
  /// @param most that there may be, by the setting `key`
  Rows rows(int most, String key, String expected) {
    List<Long> shape = tensor.getShapeList();
    boolean plain = shape.size() == 2 || (shape.size() == 3 && shape.getFirst() == 1);
    long count = plain ? shape.get(shape.size() - 2) : -1;
    long width = plain ? shape.getLast() : -1;
    if (count < 0 || width < 0 || width > InferRequest.MOST_CODES) {
      throw unexpected(expected + "; several users go in several calls");
    }
    if (count > most) {
      throw RequestException.invalid(
          "input %s has %d rows; the most is %s = %d"
              .formatted(ErrorText.quote(name()), count, key, most));
    }
    return new Rows((int) count, (int) width);
  }

  /// What is wrong with it as a whole.
  RequestException unexpected(String expected) {
    List<Long> shape = tensor.getShapeList();
    String shown = shape.size() <= 4 ? shape.toString() : shape.size() + " dimensions";
    return RequestException.invalid(
        "input %s is %s of shape %s; expected %s"
            .formatted(
                ErrorText.quote(name()), ErrorText.quote(tensor.getDatatype()), shown, expected));
  }

  long[] longs(int length) {
    if (raw != null) {
      ByteBuffer bytes = raw(length, Long.BYTES);
      long[] values = new long[length];
      bytes.asLongBuffer().get(values);
      return values;
    }
    InferTensorContents contents = contents(length, tensor.getContents().getInt64ContentsCount());
    return contents.getInt64ContentsList().stream().mapToLong(Long::longValue).toArray();
  }

  float[] floats(int length) {
    float[] values = new float[length];
    if (raw != null) {
      raw(length, Float.BYTES).asFloatBuffer().get(values);
      return values;
    }
    InferTensorContents contents = contents(length, tensor.getContents().getFp32ContentsCount());
    for (int i = 0; i < length; i++) {
      values[i] = contents.getFp32Contents(i);
    }
    return values;
  }

  double[] doubles(int length) {
    double[] values = new double[length];
    if (raw != null) {
      raw(length, Double.BYTES).asDoubleBuffer().get(values);
      return values;
    }
    InferTensorContents contents = contents(length, tensor.getContents().getFp64ContentsCount());
    for (int i = 0; i < length; i++) {
      values[i] = contents.getFp64Contents(i);
    }
    return values;
  }

  List<String> strings(int length) {
    List<ByteString> values =
        raw != null
            ? rawStrings(raw, length)
            : contents(length, tensor.getContents().getBytesContentsCount()).getBytesContentsList();
    List<String> texts = new ArrayList<>(length);
    for (ByteString value : values) {
      if (!value.isValidUtf8()) {
        throw RequestException.invalid(
            "input %s has an element that is no UTF-8".formatted(ErrorText.quote(name())));
      }
      texts.add(value.toStringUtf8());
    }
    return texts;
  }

  private ByteBuffer raw(int length, int width) {
    ByteString bytes = raw == null ? ByteString.EMPTY : raw;
    if (bytes.size() != (long) length * width) {
      throw RequestException.invalid(
          "input %s has %d raw bytes; its shape needs %d"
              .formatted(ErrorText.quote(name()), bytes.size(), (long) length * width));
    }
    return bytes.asReadOnlyByteBuffer().order(ByteOrder.LITTLE_ENDIAN);
  }

  private InferTensorContents contents(int length, int present) {
    InferTensorContents contents = tensor.getContents();
    int all =
        contents.getBoolContentsCount()
            + contents.getIntContentsCount()
            + contents.getInt64ContentsCount()
            + contents.getUintContentsCount()
            + contents.getUint64ContentsCount()
            + contents.getFp32ContentsCount()
            + contents.getFp64ContentsCount()
            + contents.getBytesContentsCount();
    if (present != length || all != length) {
      throw RequestException.invalid(
          "input %s has %d elements of %s and %d of other types in its contents; its shape needs %d"
              .formatted(
                  ErrorText.quote(name()), present, tensor.getDatatype(), all - present, length));
    }
    return contents;
  }

  private List<ByteString> rawStrings(ByteString bytes, int length) {
    // A part of the message does not begin at 0 of its buffer.
    ByteBuffer lengths = bytes.asReadOnlyByteBuffer().slice().order(ByteOrder.LITTLE_ENDIAN);
    List<ByteString> values = new ArrayList<>();
    int at = 0;
    for (int i = 0; i < length; i++) {
      if (bytes.size() - at < Integer.BYTES) {
        throw cut(i, length);
      }
      int size = lengths.getInt(at);
      at += Integer.BYTES;
      if (size < 0 || size > bytes.size() - at) {
        throw cut(i, length);
      }
      values.add(bytes.substring(at, at + size));
      at += size;
    }
    if (at != bytes.size()) {
      throw RequestException.invalid(
          "input %s has %d raw bytes after the %d elements of its shape"
              .formatted(ErrorText.quote(name()), bytes.size() - at, length));
    }
    return values;
  }

  private RequestException cut(int element, int length) {
    return RequestException.invalid(
        "input %s ends within element %d of the %d of its shape; each is a length in four bytes, lowest first, and its bytes"
            .formatted(ErrorText.quote(name()), element, length));
  }
}
