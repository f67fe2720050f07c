package io.saviorrec.contract;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.WireFormat;
import io.saviorrec.proto.v1.FeatureValue;
import java.io.IOException;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The bytes of a request as they are read, field by field and message in message, with what was
/// found wrong with them that protobuf lets pass.
final class WireReader {
  static final int VARINT = WireFormat.WIRETYPE_VARINT;
  static final int FIXED64 = WireFormat.WIRETYPE_FIXED64;
  static final int FIXED32 = WireFormat.WIRETYPE_FIXED32;
  static final int LENGTH = WireFormat.WIRETYPE_LENGTH_DELIMITED;
  static final int TAG_BITS = 3;
  static final int ENTRY_KEY = 1 << TAG_BITS | LENGTH;

  private static final int ENTRY_VALUE = 2 << TAG_BITS | LENGTH;
  private static final int TEXT = FeatureValue.TEXT_FIELD_NUMBER << TAG_BITS | LENGTH;
  private static final int NUMBER = FeatureValue.NUMBER_FIELD_NUMBER << TAG_BITS | FIXED64;

  /// Of messages and groups in each other, as protobuf has it.
  private static final int MOST_DEPTH = 100;

  private static final int FIRST_LENGTH = 16;

  final CodedInputStream in;
  private @Nullable String fault;
  private int depth;

  WireReader(byte[] message) {
    this.in = CodedInputStream.newInstance(message);
  }

  /// What is wrong; null: nothing that was found.
  @Nullable String fault() {
    return fault;
  }

  boolean sound() {
    return fault == null;
  }

  /// Notes what is wrong, in the place of what was noted before.
  void fault(String what) {
    fault = what;
  }

  /// Begins a message inside this one.
  int enter() throws IOException {
    int outer = in.pushLimit(in.readRawVarint32());
    depth++;
    var _ = in.setRecursionLimit(MOST_DEPTH - depth);
    return outer;
  }

  void leave(int outer) {
    in.popLimit(outer);
    depth--;
    var _ = in.setRecursionLimit(MOST_DEPTH - depth);
  }

  /// Begins numbers that follow each other without tags.
  int enterNumbers() throws IOException {
    return in.pushLimit(in.readRawVarint32());
  }

  boolean moreNumbers() {
    return in.getBytesUntilLimit() > 0;
  }

  void leaveNumbers(int outer) {
    in.popLimit(outer);
  }

  void skip(int tag) throws IOException {
    if (!in.skipField(tag)) {
      throw new InvalidProtocolBufferException("the end of a group that did not begin");
    }
  }

  /// The id of an item by its text.
  ///
  /// @param field that it is an element of, for the error where it is empty
  long itemId(String field, int place) throws IOException {
    String key = in.readStringRequireUtf8();
    if (key.isEmpty() && sound()) {
      fault(field + "[" + place + "] is empty");
    }
    return StringId.of(key);
  }

  /// One more flag.
  Map<String, String> flag(@Nullable Map<String, String> before) throws IOException {
    int outer = enter();
    String key = "";
    String value = "";
    for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
      switch (tag) {
        case ENTRY_KEY -> key = in.readStringRequireUtf8();
        case ENTRY_VALUE -> value = in.readStringRequireUtf8();
        default -> skip(tag);
      }
    }
    leave(outer);
    Map<String, String> map = before == null ? new HashMap<>() : before;
    map.put(key, value);
    return map;
  }

  /// One more feature.
  Map<String, FeatureValue> feature(@Nullable Map<String, FeatureValue> before) throws IOException {
    int outer = enter();
    String key = "";
    FeatureValue value = FeatureValue.getDefaultInstance();
    for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
      switch (tag) {
        case ENTRY_KEY -> key = in.readStringRequireUtf8();
        case ENTRY_VALUE -> value = value(value);
        default -> skip(tag);
      }
    }
    leave(outer);
    Map<String, FeatureValue> map = before == null ? new HashMap<>() : before;
    map.put(key, value);
    return map;
  }

  /// A value; one that says nothing leaves what was there before.
  private FeatureValue value(FeatureValue before) throws IOException {
    int outer = enter();
    FeatureValue value = before;
    for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
      switch (tag) {
        case TEXT -> value = FeatureValue.newBuilder().setText(in.readStringRequireUtf8()).build();
        case NUMBER -> value = FeatureValue.newBuilder().setNumber(in.readDouble()).build();
        default -> skip(tag);
      }
    }
    leave(outer);
    return value;
  }

  /// The next length of an array that grows.
  static int roomier(int length) {
    return Math.max(FIRST_LENGTH, 2 * length);
  }

  /// An array without room for more.
  static long[] fitted(long[] numbers, int length) {
    return numbers.length == length ? numbers : Arrays.copyOf(numbers, length);
  }
}
