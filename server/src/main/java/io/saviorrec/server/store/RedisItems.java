package io.saviorrec.server.store;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.Pipeline;
import redis.clients.jedis.Protocol;
import redis.clients.jedis.Response;
import redis.clients.jedis.params.ZRangeParams;
import redis.clients.jedis.resps.Tuple;

/// The keys of the items in a Redis, and what is asked of them.
///
/// Layout: `PREFIX:item:ID` is a hash of `v` (version), `i` ([StoredItem] without it), `p` (image
/// file) and `r` (representations, the newest last); `PREFIX:changes` is a sorted set of ids by
/// version, `PREFIX:version` the newest version, and each write says its newest version on the
/// channel `PREFIX:changed`. A write is one script, so it is there whole or not at all, and no
/// version comes to light after a later one.
final class RedisItems {
  private static final byte[] VERSION = StoreFormat.utf8("v");
  private static final byte[] ITEM = StoreFormat.utf8("i");
  private static final byte[] IMAGE = StoreFormat.utf8("p");
  private static final byte[] REPRESENTATIONS = StoreFormat.utf8("r");

  /// Writes items whose versions are still those that were read, or nothing: then it answers -1.
  private static final byte[] WRITE =
      StoreFormat.utf8(
          """
          local n = tonumber(ARGV[2])
          for k = 1, n do
            local have = redis.call('HGET', KEYS[k + 2], 'v') or ''
            if have ~= ARGV[6 * k - 3] then return {-1} end
          end
          local versions = {}
          for k = 1, n do
            local key = KEYS[k + 2]
            local at = 6 * k - 3
            local version = redis.call('INCR', KEYS[1])
            if ARGV[at + 1] ~= 'S' then redis.call('DEL', key) end
            redis.call('HSET', key, 'v', version, 'i', ARGV[at + 3])
            if ARGV[at + 1] == 'U' then
              redis.call('HSET', key, 'p', ARGV[at + 4], 'r', ARGV[at + 5])
            end
            redis.call('ZADD', KEYS[2], version, ARGV[at + 2])
            versions[k] = version
          end
          redis.call('PUBLISH', ARGV[1], versions[n])
          return versions
          """);

  private final String prefix;
  private final byte[] newest;
  private final byte[] changes;

  /// The channel that writes are told on.
  final byte[] channel;

  /// What is to be written of an item.
  ///
  /// @param before what was read; null: nothing
  /// @param after what it becomes, under whatever version
  /// @param content the content to write with it; null: its image and representations stay, or go
  ///   with the item if it is deleted
  record Write(@Nullable StoredItem before, StoredItem after, ItemStore.@Nullable Entry content) {}

  /// An item as Redis has it, but for its image.
  record Copy(StoredItem item, Map<EncoderKey, ItemRepresentation> representations) {}

  /// A stretch of the set of changes.
  ///
  /// @param itemIds by their versions
  /// @param versions of each
  record Stretch(List<Long> itemIds, List<Long> versions) {}

  RedisItems(String prefix) {
    this.prefix = prefix;
    this.newest = StoreFormat.utf8(prefix + ":version");
    this.changes = StoreFormat.utf8(prefix + ":changes");
    this.channel = StoreFormat.utf8(prefix + ":changed");
  }

  private byte[] key(long itemId) {
    return StoreFormat.utf8(prefix + ":item:" + itemId);
  }

  /// All but the images; what is not there is left out.
  List<Copy> copies(Jedis jedis, List<Long> itemIds) {
    List<Copy> copies = new ArrayList<>();
    List<List<byte[]>> values = read(jedis, itemIds, VERSION, ITEM, REPRESENTATIONS);
    for (int i = 0; i < itemIds.size(); i++) {
      StoredItem item = item(itemIds.get(i), values.get(i));
      if (item != null) {
        byte @Nullable [] made = values.get(i).get(2);
        copies.add(new Copy(item, made == null ? Map.of() : decode(made)));
      }
    }
    return copies;
  }

  private List<List<byte[]>> read(Jedis jedis, List<Long> itemIds, byte[]... fields) {
    List<Response<List<byte[]>>> responses = new ArrayList<>(itemIds.size());
    try (Pipeline pipeline = jedis.pipelined()) {
      itemIds.forEach(itemId -> responses.add(pipeline.hmget(key(itemId), fields)));
      pipeline.sync();
    }
    return responses.stream().map(Response::get).toList();
  }

  private static @Nullable StoredItem item(long itemId, List<byte[]> values) {
    byte @Nullable [] version = values.get(0);
    byte @Nullable [] item = values.get(1);
    return version == null || item == null
        ? null
        : StoreFormat.decodeItem(itemId, item)
            .withVersion(Long.parseLong(new String(version, StandardCharsets.US_ASCII)));
  }

  byte[] image(Jedis jedis, long itemId) {
    byte @Nullable [] image = jedis.hget(key(itemId), IMAGE);
    return image == null ? new byte[0] : image;
  }

  /// Writes these items, all or none.
  ///
  /// @return their versions; empty when another server was faster
  List<Long> write(Jedis jedis, List<Write> writes) {
    List<byte[]> keys = new ArrayList<>(List.of(newest, changes));
    List<byte[]> arguments =
        new ArrayList<>(List.of(channel, StoreFormat.utf8("" + writes.size())));
    for (Write write : writes) {
      ItemStore.Entry content = write.content;
      StoredItem before = write.before;
      keys.add(key(write.after.itemId()));
      arguments.add(StoreFormat.utf8(before == null ? "" : "" + before.version()));
      arguments.add(StoreFormat.utf8(write.after.deleted() ? "D" : content == null ? "S" : "U"));
      arguments.add(StoreFormat.itemKey(write.after.itemId()));
      arguments.add(StoreFormat.encodeItem(write.after.withVersion(StoredItem.UNSTORED)));
      arguments.add(content == null ? new byte[0] : content.image());
      arguments.add(content == null ? new byte[0] : encode(content.representations()));
    }
    List<?> versions = (List<?>) jedis.eval(WRITE, keys, arguments);
    List<Long> given = versions.stream().map(version -> (Long) version).toList();
    return given.getFirst() < 0 ? List.of() : given;
  }

  /// Changes after a version, at most `limit`.
  Stretch changesSince(Jedis jedis, long version, int limit) {
    List<Long> itemIds = new ArrayList<>();
    List<Long> versions = new ArrayList<>();
    for (Tuple change :
        jedis.zrangeWithScores(
            changes,
            new ZRangeParams(
                    Protocol.Keyword.BYSCORE,
                    StoreFormat.utf8("(" + version),
                    StoreFormat.utf8("+inf"))
                .limit(0, limit))) {
      itemIds.add(StoreFormat.readLong(change.getBinaryElement()));
      versions.add((long) change.getScore());
    }
    return new Stretch(itemIds, versions);
  }

  /// The versions of these items, in their order; null: Redis does not have it.
  List<@Nullable Double> versions(Jedis jedis, List<Long> itemIds) {
    byte[][] keys = itemIds.stream().map(StoreFormat::itemKey).toArray(byte[][]::new);
    return new ArrayList<@Nullable Double>(jedis.zmscore(changes, keys));
  }

  private static byte[] encode(Map<EncoderKey, ItemRepresentation> representations) {
    List<byte[]> parts = new ArrayList<>();
    representations.forEach(
        (key, made) -> {
          parts.add(StoreFormat.utf8(key.encoderSha()));
          parts.add(StoreFormat.utf8(key.rqSha()));
          parts.add(StoreFormat.encodeRepresentation(made));
        });
    ByteBuffer out =
        ByteBuffer.allocate(parts.stream().mapToInt(part -> Integer.BYTES + part.length).sum());
    parts.forEach(part -> out.putInt(part.length).put(part));
    return out.array();
  }

  private static Map<EncoderKey, ItemRepresentation> decode(byte[] bytes) {
    Map<EncoderKey, ItemRepresentation> representations = new LinkedHashMap<>();
    ByteBuffer in = ByteBuffer.wrap(bytes);
    while (in.hasRemaining()) {
      EncoderKey key = new EncoderKey(text(in), text(in));
      representations.put(key, StoreFormat.decodeRepresentation(part(in)));
    }
    return representations;
  }

  private static String text(ByteBuffer in) {
    return new String(part(in), StandardCharsets.UTF_8);
  }

  private static byte[] part(ByteBuffer in) {
    byte[] part = new byte[in.getInt()];
    in.get(part);
    return part;
  }
}
