package io.saviorrec.server.store;

import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The item store in a Redis that several servers share, with a copy of all but the images on the
/// local disk of each.
///
/// Reads are answered by the copy, so scoring waits for no network and goes on while Redis is away.
/// Writes go to Redis and then into the copy; what others write comes by the [RedisFeed].
///
/// Durability: what is acknowledged is as durable as Redis is configured to be. The copy can be
/// lost; it is made again.
///
/// Concurrency: reads from any thread; changes of one server one after the other, those of several
/// as Redis orders them.
public final class RedisItemStore implements ItemStore {
  private static final Logger log = LoggerFactory.getLogger(RedisItemStore.class);

  /// What is read and written at once; Redis does nothing else meanwhile.
  private static final int BATCH = 500;

  private static final int ATTEMPTS = 50;

  private final RedisAddress address;
  private final RedisItems redis;
  private final RedisLink link;
  private final RocksItemStore copy;
  private final RedisFeed feed;
  private final InstantSource clock;

  private RedisItemStore(RedisAddress address, RocksItemStore copy, InstantSource clock) {
    this.address = address;
    this.redis = new RedisItems(address.keyPrefix());
    this.link = new RedisLink(address, jedis -> {});
    this.copy = copy;
    this.feed = new RedisFeed(address, redis, copy);
    this.clock = clock;
  }

  /// Opens the store of a Redis, and brings the copy up to date.
  ///
  /// @param copy closed with the store
  /// @throws StoreException when Redis cannot be reached and the copy has nothing to go on with
  public static RedisItemStore open(RedisAddress address, RocksItemStore copy) {
    return open(address, copy, InstantSource.system());
  }

  static RedisItemStore open(RedisAddress address, RocksItemStore copy, InstantSource clock) {
    RedisItemStore store = new RedisItemStore(address, copy, clock);
    try {
      store.feed.start();
    } catch (StoreException e) {
      if (copy.changesSince(0, 1).itemIds().isEmpty()) {
        store.close();
        throw new StoreException(
            "the Redis at "
                + address
                + " cannot be used: "
                + RedisFaults.reason(e)
                + "; see items.redis.address and what is beside it",
            e);
      }
      log.error(
          "the Redis at {} cannot be used: {}; starting with the items that were copied before",
          address,
          RedisFaults.reason(e));
    }
    return store;
  }

  @Override
  public void observe(Observer observer) {
    copy.observe(observer);
  }

  @Override
  public List<@Nullable StoredItem> items(long[] itemIds) {
    return copy.items(itemIds);
  }

  @Override
  public byte[] image(long itemId) {
    return link.with(jedis -> redis.image(jedis, itemId));
  }

  @Override
  public List<@Nullable ItemRepresentation> representations(List<RepresentationId> ids) {
    return copy.representations(ids);
  }

  @Override
  public void requireRoom() {
    copy.requireRoom();
    StoreException failure = feed.failure();
    if (failure != null) {
      throw failure;
    }
  }

  @Override
  public long freeBytes() {
    return copy.freeBytes();
  }

  @Override
  public boolean following() {
    return feed.failure() == null;
  }

  @Override
  public synchronized List<ItemChange.Outcome> change(List<? extends ItemChange> changes) {
    if (!changes.stream().allMatch(ItemChange.Deletion.class::isInstance)) {
      copy.requireRoom();
    }
    List<ItemChange.Outcome> outcomes = new ArrayList<>(changes.size());
    for (int from = 0; from < changes.size(); from += BATCH) {
      outcomes.addAll(changeSome(changes.subList(from, Math.min(changes.size(), from + BATCH))));
    }
    return outcomes;
  }

  private List<ItemChange.Outcome> changeSome(List<? extends ItemChange> changes) {
    List<Long> itemIds = changes.stream().map(ItemChange::itemId).distinct().toList();
    for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
      Map<Long, RedisItems.Copy> stored = new HashMap<>();
      link.with(jedis -> redis.copies(jedis, itemIds))
          .forEach(each -> stored.put(each.item().itemId(), each));
      Map<Long, RedisItems.Write> writes = new LinkedHashMap<>();
      List<ItemChange.Outcome> outcomes = new ArrayList<>(changes.size());
      for (ItemChange change : changes) {
        long itemId = change.itemId();
        RedisItems.Copy there = stored.get(itemId);
        RedisItems.Write earlier = writes.get(itemId);
        StoredItem first = there == null ? null : there.item();
        StoredItem before = earlier == null ? first : earlier.after();
        ItemChange.Outcome outcome = change.apply(before, clock.millis());
        outcomes.add(outcome);
        StoredItem after = outcome.after();
        if (after != null) {
          Entry written = earlier == null || after.deleted() ? null : earlier.content();
          Entry content =
              change instanceof Entry entry ? entry.with(before, made(written, there)) : written;
          writes.put(itemId, new RedisItems.Write(first, after, content));
        }
      }
      List<RedisItems.Write> all = List.copyOf(writes.values());
      List<Long> versions = all.isEmpty() ? List.of() : write(all);
      if (versions.size() == all.size()) {
        Map<Long, Long> given = new LinkedHashMap<>();
        for (int i = 0; i < all.size(); i++) {
          given.put(all.get(i).after().itemId(), versions.get(i));
        }
        return outcomes.stream().map(outcome -> numbered(outcome, given)).toList();
      }
    }
    throw new StoreException("others change the same items all the time; try again later");
  }

  /// The representations of an item before a change.
  ///
  /// @param written what an earlier change of the same call writes; null: nothing
  private static Map<EncoderKey, ItemRepresentation> made(
      @Nullable Entry written, RedisItems.@Nullable Copy there) {
    if (written != null) {
      return written.representations();
    }
    return there == null ? Map.of() : there.representations();
  }

  private static ItemChange.Outcome numbered(ItemChange.Outcome outcome, Map<Long, Long> versions) {
    StoredItem after = outcome.after();
    return after == null
        ? outcome
        : outcome.withVersion(Objects.requireNonNull(versions.get(after.itemId())));
  }

  /// Into Redis, and then into the copy.
  ///
  /// @return the versions; empty when another server was faster
  private List<Long> write(List<RedisItems.Write> writes) {
    long[] replicas = {address.waitReplicas()};
    List<Long> versions =
        link.with(
            jedis -> {
              List<Long> given = redis.write(jedis, writes);
              if (address.waitReplicas() > 0 && !given.isEmpty()) {
                // Half of what the connection waits for an answer.
                replicas[0] =
                    jedis.waitReplicas(address.waitReplicas(), address.timeout().toMillis() / 2);
              }
              return given;
            });
    if (versions.isEmpty()) {
      return versions;
    }
    List<RedisItems.Copy> whole = new ArrayList<>();
    List<Long> parts = new ArrayList<>();
    for (int i = 0; i < writes.size(); i++) {
      StoredItem after = writes.get(i).after().withVersion(versions.get(i));
      Entry content = writes.get(i).content();
      if (content != null || after.deleted()) {
        whole.add(
            new RedisItems.Copy(after, content == null ? Map.of() : content.representations()));
      } else {
        parts.add(after.itemId());
      }
    }
    // Of what is only a part the copy may not have the rest yet.
    if (!parts.isEmpty()) {
      whole.addAll(link.with(jedis -> redis.copies(jedis, parts)));
    }
    copy.copy(whole);
    if (replicas[0] < address.waitReplicas()) {
      throw new StoreException(
          "only %d of %d replicas of the item store have the items (items.redis.waitReplicas)"
              .formatted(replicas[0], address.waitReplicas()));
    }
    return versions;
  }

  @Override
  public Changes changesSince(long version, int limit) {
    return copy.changesSince(version, limit);
  }

  @Override
  public List<StoredItem> page(@Nullable Long after, int limit) {
    return copy.page(after, limit);
  }

  @Override
  public Memory memory() {
    return copy.memory();
  }

  @Override
  public void close() {
    feed.close();
    link.close();
    copy.close();
  }
}
