package io.saviorrec.server.store;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.DiscardUnknownFieldsParser;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Parser;
import io.saviorrec.proto.v1.Item;
import io.saviorrec.proto.v1.StoredStatTimes;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.SortedMap;
import java.util.TreeMap;

/// The bytes of the item store's keys and values.
///
/// An item is a format byte, its version, its kind, the times of its content and its statistics,
/// its content hash, its picture's length, the encoder that its z is of with whether that is all of
/// it (a byte each, and the encoder's name; no name without z), and a protobuf `Item` without image
/// together with the [StoredStatTimes] of statistics that have times of their own, the newest of
/// which is the one beside the content's; a representation is a format byte, D, L, D floats and L
/// codes; a change is the version as key and the item's id as value. Numbers are big-endian, so
/// that keys sort as they count.
///
/// Items of format 1 have no version, and those of formats 1 and 2 neither kind nor times nor z.
final class StoreFormat {
  static final byte FORMAT = 3;
  static final byte FORMAT_WITHOUT_TIMES = 2;
  static final byte FORMAT_WITHOUT_VERSIONS = 1;
  private static final byte REPRESENTATION_FORMAT = 1;
  private static final Parser<StoredStatTimes> STAT_TIMES =
      DiscardUnknownFieldsParser.wrap(StoredStatTimes.parser());
  private static final int ITEM_HEADER_BYTES = 4 + Integer.BYTES + 4 * Long.BYTES;
  private static final int REPRESENTATION_HEADER_BYTES = 1 + 2 * Integer.BYTES;

  private StoreFormat() {}

  static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  static boolean startsWith(byte[] key, byte[] prefix) {
    return key.length >= prefix.length
        && Arrays.equals(key, 0, prefix.length, prefix, 0, prefix.length);
  }

  static byte[] concat(byte[] first, byte[] second) {
    return ByteBuffer.allocate(first.length + second.length).put(first).put(second).array();
  }

  /// A key that is after those of an item, whose other keys go on with a hash.
  static byte[] after(byte[] key) {
    byte[] ones = new byte[Long.BYTES + 1];
    Arrays.fill(ones, (byte) 0xff);
    return concat(key, ones);
  }

  static byte[] itemKey(long itemId) {
    return ByteBuffer.allocate(Long.BYTES).putLong(itemId).array();
  }

  static byte[] changeKey(long version) {
    return ByteBuffer.allocate(Long.BYTES).putLong(version).array();
  }

  static long readLong(byte[] bytes) {
    return ByteBuffer.wrap(bytes).getLong();
  }

  static byte[] representationKey(ItemStore.RepresentationId id) {
    return concat(
        contentKey(id.itemId(), id.contentHash()),
        utf8(id.key().encoderSha() + ":" + id.key().rqSha()));
  }

  /// What the keys of all representations of one content begin with.
  static byte[] contentKey(long itemId, long contentHash) {
    return ByteBuffer.allocate(2 * Long.BYTES).putLong(itemId).putLong(contentHash).array();
  }

  static byte[] encodeItem(StoredItem item) {
    Item.Builder proto =
        Item.newBuilder().setTitle(item.title()).setCategory(item.category()).setText(item.text());
    item.stats().forEach((name, value) -> proto.putStats(name, value));
    proto.putAllFeatures(item.features());
    ReadyZ z = item.z();
    if (z != null) {
      proto.addAllZ(z.values());
    }
    byte[] encoder = z == null ? new byte[0] : utf8(z.encoderSha());
    byte[] body = concat(proto.build().toByteArray(), statTimes(item.times()).toByteArray());
    return ByteBuffer.allocate(ITEM_HEADER_BYTES + encoder.length + body.length)
        .put(FORMAT)
        .putLong(item.version())
        .put(code(item.kind()))
        .putLong(item.times().content())
        .putLong(item.times().newestStats())
        .putLong(item.contentHash())
        .putInt(item.imageBytes())
        .put((byte) (z != null && z.alone() ? 1 : 0))
        .put((byte) encoder.length)
        .put(encoder)
        .put(body)
        .array();
  }

  private static StoredStatTimes statTimes(StoredItem.Times times) {
    return times.refreshed().isEmpty()
        ? StoredStatTimes.getDefaultInstance()
        : StoredStatTimes.newBuilder()
            .setStatsMs(times.stats())
            .putAllRefreshedMs(times.refreshed())
            .build();
  }

  private static StoredItem.Times times(StoredItem.Times newest, ByteBuffer body)
      throws InvalidProtocolBufferException {
    StoredStatTimes single = STAT_TIMES.parseFrom(CodedInputStream.newInstance(body));
    return single.getRefreshedMsCount() == 0
        ? newest
        : new StoredItem.Times(
            newest.content(), single.getStatsMs(), new TreeMap<>(single.getRefreshedMsMap()));
  }

  private static byte code(StoredItem.Kind kind) {
    return switch (kind) {
      case SENT -> 0;
      case STATISTICS -> 1;
      case DELETED -> 2;
    };
  }

  private static StoredItem.Kind kind(byte code) {
    return switch (code) {
      case 0 -> StoredItem.Kind.SENT;
      case 1 -> StoredItem.Kind.STATISTICS;
      case 2 -> StoredItem.Kind.DELETED;
      default -> throw new IndexOutOfBoundsException(code);
    };
  }

  /// Whether an item was written by an earlier release.
  static boolean old(byte[] value) {
    return value[0] != FORMAT;
  }

  static StoredItem decodeItem(long itemId, byte[] value) {
    try {
      return decode(itemId, ByteBuffer.wrap(value));
    } catch (InvalidProtocolBufferException
        | BufferUnderflowException
        | IndexOutOfBoundsException
        | NegativeArraySizeException e) {
      throw new StoreException("item " + itemId + " in the item store is damaged", e);
    }
  }

  private static StoredItem decode(long itemId, ByteBuffer in)
      throws InvalidProtocolBufferException {
    byte format = in.get();
    if (!readable(format)) {
      throw new StoreException(
          "item " + itemId + " in the item store " + tooNew(format) + "; use the matching release");
    }
    long version = format == FORMAT_WITHOUT_VERSIONS ? StoredItem.UNSTORED : in.getLong();
    StoredItem.Kind kind = StoredItem.Kind.SENT;
    StoredItem.Times times = StoredItem.Times.NOW;
    if (format == FORMAT) {
      kind = kind(in.get());
      times = new StoredItem.Times(in.getLong(), in.getLong());
    }
    long contentHash = in.getLong();
    int imageBytes = 0;
    boolean alone = false;
    byte[] encoder = {};
    if (format == FORMAT) {
      imageBytes = in.getInt();
      alone = in.get() != 0;
      encoder = new byte[in.get()];
      in.get(encoder);
    }
    ByteBuffer body = in.slice();
    Item proto = Item.parseFrom(body.duplicate());
    SortedMap<String, Float> stats = new TreeMap<>();
    proto.getStatsMap().forEach((name, stat) -> stats.put(name, stat.floatValue()));
    return new StoredItem(
        itemId,
        version,
        kind,
        times(times, body),
        contentHash,
        proto.getTitle(),
        proto.getCategory(),
        proto.getText(),
        stats,
        new TreeMap<>(proto.getFeaturesMap()),
        imageBytes,
        encoder.length == 0
            ? null
            : new ReadyZ(new String(encoder, StandardCharsets.UTF_8), proto.getZList(), alone));
  }

  static byte[] encodeRepresentation(ItemRepresentation representation) {
    float[] z = representation.z();
    int[] codes = representation.codes();
    ByteBuffer out =
        ByteBuffer.allocate(
            REPRESENTATION_HEADER_BYTES + Float.BYTES * z.length + Integer.BYTES * codes.length);
    out.put(REPRESENTATION_FORMAT).putInt(z.length).putInt(codes.length);
    for (float value : z) {
      out.putFloat(value);
    }
    for (int code : codes) {
      out.putInt(code);
    }
    return out.array();
  }

  static ItemRepresentation decodeRepresentation(byte[] value) {
    ByteBuffer in = ByteBuffer.wrap(value).position(1);
    float[] z = new float[in.getInt()];
    int[] codes = new int[in.getInt()];
    for (int i = 0; i < z.length; i++) {
      z[i] = in.getFloat();
    }
    for (int i = 0; i < codes.length; i++) {
      codes[i] = in.getInt();
    }
    return new ItemRepresentation(z, codes);
  }

  /// Refuses a store that a later release wrote.
  static void requireReadable(byte format) {
    if (!readable(format)) {
      throw new StoreException(
          "the item store "
              + tooNew(format)
              + "; use the matching release or another items.storeDirectory");
    }
  }

  private static boolean readable(byte format) {
    return format >= FORMAT_WITHOUT_VERSIONS && format <= FORMAT;
  }

  private static String tooNew(byte format) {
    return "was written in format " + format + "; this server reads formats 1 to " + FORMAT;
  }
}
