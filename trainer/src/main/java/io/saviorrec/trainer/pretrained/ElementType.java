package io.saviorrec.trainer.pretrained;

import io.saviorrec.bundle.Safetensors;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Optional;

/// How the numbers of a stored tensor are written, little-endian.
enum ElementType {
  FLOAT64("DoubleStorage", Double.BYTES),
  FLOAT32("FloatStorage", Float.BYTES),
  FLOAT16("HalfStorage", Short.BYTES),
  BFLOAT16("BFloat16Storage", Short.BYTES),
  INT64("LongStorage", Long.BYTES),
  INT32("IntStorage", Integer.BYTES),
  UINT8("ByteStorage", Byte.BYTES);

  private static final ValueLayout.OfDouble DOUBLE =
      ValueLayout.JAVA_DOUBLE_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfFloat FLOAT =
      ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfShort SHORT =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfLong LONG =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfInt INT =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private final String storageClass;
  private final int bytes;

  ElementType(String storageClass, int bytes) {
    this.storageClass = storageClass;
    this.bytes = bytes;
  }

  /// The type of PyTorch's storage class of this name.
  static Optional<ElementType> ofStorageClass(String name) {
    return Arrays.stream(values()).filter(type -> type.storageClass.equals(name)).findFirst();
  }

  static ElementType of(Safetensors.DType dtype) {
    return switch (dtype) {
      case F32 -> FLOAT32;
      case F16 -> FLOAT16;
      case BF16 -> BFLOAT16;
      case I64 -> INT64;
      case I32 -> INT32;
      case U8 -> UINT8;
    };
  }

  /// Bytes of one element.
  int bytes() {
    return bytes;
  }

  float at(MemorySegment data, long index) {
    long offset = index * bytes;
    return switch (this) {
      case FLOAT64 -> (float) data.get(DOUBLE, offset);
      case FLOAT32 -> data.get(FLOAT, offset);
      case FLOAT16 -> Float.float16ToFloat(data.get(SHORT, offset));
      // The upper half of a float32.
      case BFLOAT16 -> Float.intBitsToFloat(data.get(SHORT, offset) << Short.SIZE);
      case INT64 -> data.get(LONG, offset);
      case INT32 -> data.get(INT, offset);
      case UINT8 -> Byte.toUnsignedInt(data.get(ValueLayout.JAVA_BYTE, offset));
    };
  }
}
