package io.saviorrec.server.store;

import com.google.protobuf.InvalidProtocolBufferException;
import io.saviorrec.proto.v1.Item;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.SortedMap;
import java.util.TreeMap;

/// The bytes of the item store's keys and values.
///
/// An item is a format byte, its version, its content hash and a protobuf `Item` without image; a
/// representation is a format byte, D, L, D floats and L codes; a change is the version as key and
/// the item's id as value. Numbers are big-endian, so that keys sort as they count.
///
/// Items of format 1 have no version.
final class StoreFormat {
  static final byte FORMAT = 2;
  static final byte FORMAT_WITHOUT_VERSIONS = 1;
  private static final byte REPRESENTATION_FORMAT = 1;
  private static final int ITEM_HEADER_BYTES = 1 + 2 * Long.BYTES;
  private static final int REPRESENTATION_HEADER_BYTES = 1 + 2 * Integer.BYTES;

  private StoreFormat() {}

  static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  static boolean startsWith(byte[] key, byte[] prefix) {
    return key.length >= prefix.length
        && Arrays.equals(key, 0, prefix.length, prefix, 0, prefix.length);
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
    byte[] archives = utf8(id.key().encoderSha() + ":" + id.key().rqSha());
    return ByteBuffer.allocate(2 * Long.BYTES + archives.length)
        .putLong(id.itemId())
        .putLong(id.contentHash())
        .put(archives)
        .array();
  }

  static byte[] encodeItem(StoredItem item) {
    Item.Builder proto =
        Item.newBuilder().setTitle(item.title()).setCategory(item.category()).setText(item.text());
    item.stats().forEach((name, value) -> proto.putStats(name, value));
    proto.putAllFeatures(item.features());
    byte[] body = proto.build().toByteArray();
    return ByteBuffer.allocate(ITEM_HEADER_BYTES + body.length)
        .put(FORMAT)
        .putLong(item.version())
        .putLong(item.contentHash())
        .put(body)
        .array();
  }

  static StoredItem decodeItem(long itemId, byte[] value) {
    ByteBuffer in = ByteBuffer.wrap(value);
    long version = in.get() == FORMAT_WITHOUT_VERSIONS ? StoredItem.UNSTORED : in.getLong();
    long contentHash = in.getLong();
    try {
      Item proto = Item.parseFrom(in);
      SortedMap<String, Float> stats = new TreeMap<>();
      proto.getStatsMap().forEach((name, stat) -> stats.put(name, stat.floatValue()));
      return new StoredItem(
          itemId,
          version,
          contentHash,
          proto.getTitle(),
          proto.getCategory(),
          proto.getText(),
          stats,
          new TreeMap<>(proto.getFeaturesMap()));
    } catch (InvalidProtocolBufferException e) {
      throw new StoreException("item " + itemId + " in the item store is damaged", e);
    }
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
    if (format != FORMAT && format != FORMAT_WITHOUT_VERSIONS) {
      throw new StoreException(
          "the item store was written in format "
              + format
              + "; this server reads formats 1 and "
              + FORMAT
              + "; use the matching release or another items.storeDirectory");
    }
  }
}
