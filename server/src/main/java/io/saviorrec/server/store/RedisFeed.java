package io.saviorrec.server.store;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import redis.clients.jedis.BinaryJedisPubSub;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.exceptions.JedisException;

/// Keeps a server's copy of the items as Redis has them.
///
/// It asks for what changed after the newest version that it has seen: when it is told of a change,
/// and once a second in case it was not. After a start, and when another Redis answers than before
/// (a restart, a failover), every version is compared as well, for that Redis may know less.
///
/// Concurrency: one thread copies, one listens.
final class RedisFeed implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(RedisFeed.class);
  private static final int STRETCH = 500;
  private static final long LOOK_MILLIS = 1000;
  private static final long RETRY_MILLIS = 200;

  private final RedisAddress address;
  private final RedisItems redis;
  private final RedisLink link;
  private final RocksItemStore copy;
  private final ScheduledExecutorService copier =
      Executors.newSingleThreadScheduledExecutor(
          task -> Thread.ofPlatform().daemon().name("item-feed").unstarted(task));
  private final Thread listener;
  private final AtomicBoolean woken = new AtomicBoolean();
  private volatile @Nullable Jedis listening;
  private volatile boolean closed;
  private volatile @Nullable StoreException failure;

  /// Which process answered last. Only the copier's thread uses this and what follows.
  private String answered = "";

  /// Whose items were last compared whole.
  private String compared = "";

  private long connections;
  private long seen;

  /// @param copy what is kept as Redis has it
  RedisFeed(RedisAddress address, RedisItems redis, RocksItemStore copy) {
    this.address = address;
    this.redis = redis;
    this.copy = copy;
    this.link = new RedisLink(address, this::greet);
    this.listener = Thread.ofPlatform().daemon().name("item-feed-listener").unstarted(this::listen);
  }

  /// Copies everything once, and then what changes.
  ///
  /// @throws StoreException when Redis cannot be reached
  void start() {
    try {
      follow();
    } catch (StoreException e) {
      failure = e;
      throw e;
    } finally {
      listener.start();
      var _ = copier.schedule(this::look, RETRY_MILLIS, TimeUnit.MILLISECONDS);
    }
  }

  /// Why Redis did not answer last time; null: it did.
  @Nullable StoreException failure() {
    return failure;
  }

  private void look() {
    boolean good = copyChanges();
    if (!closed) {
      var _ = copier.schedule(this::look, good ? LOOK_MILLIS : RETRY_MILLIS, TimeUnit.MILLISECONDS);
    }
  }

  private boolean copyChanges() {
    try {
      follow();
      if (failure != null) {
        log.info("the items in Redis at {} can be reached again", address);
      }
      failure = null;
      return true;
    } catch (StoreException e) {
      if (failure == null && !closed) {
        log.error(
            "the items in Redis at {} cannot be reached: {}; scoring goes on with those that are"
                + " here",
            address,
            RedisFaults.reason(e));
      }
      failure = e;
      return false;
    }
  }

  /// Copies what changed, and where another process answers than before, what else differs.
  private void follow() {
    catchUp(false);
    String now = answered;
    if (!now.equals(compared)) {
      seen = 0;
      catchUp(true);
      dropUnknown();
      compared = now;
    }
  }

  /// On each new connection.
  private void greet(Jedis jedis) {
    String process = process(jedis);
    answered = process.isEmpty() ? "connection " + ++connections : process;
    warn(jedis, "appendonly", "no", "a restart of Redis may lose items that were acknowledged");
  }

  /// Names the process that answers; empty: it does not say.
  private static String process(Jedis jedis) {
    try {
      return jedis
          .info("server")
          .lines()
          .filter(line -> line.startsWith("run_id:"))
          .findFirst()
          .orElse("");
    } catch (JedisException e) {
      log.debug("Redis does not say which process it is", e);
      return "";
    }
  }

  private void warn(Jedis jedis, String setting, String bad, String why) {
    try {
      Map<String, String> found = jedis.configGet(setting);
      if (bad.equals(found.get(setting))) {
        log.warn("{} of Redis at {} is {}: {}", setting, address, bad, why);
      }
    } catch (JedisException e) {
      log.debug("Redis does not tell its {}", setting, e);
    }
  }

  /// @param back whether what is here may be newer than what Redis has
  private void catchUp(boolean back) {
    RedisItems.Stretch stretch;
    do {
      long from = seen;
      stretch = link.with(jedis -> redis.changesSince(jedis, from, STRETCH));
      copy(stretch, back);
      if (!stretch.versions().isEmpty()) {
        seen = stretch.versions().getLast();
      }
    } while (stretch.itemIds().size() == STRETCH);
  }

  private void copy(RedisItems.Stretch stretch, boolean back) {
    List<@Nullable StoredItem> here = copy.items(ids(stretch.itemIds()));
    List<Long> changed = new ArrayList<>();
    for (int i = 0; i < here.size(); i++) {
      StoredItem item = here.get(i);
      if (item == null || item.version() != stretch.versions().get(i)) {
        changed.add(stretch.itemIds().get(i));
      }
    }
    if (!changed.isEmpty()) {
      List<RedisItems.Copy> copies = link.with(jedis -> redis.copies(jedis, changed));
      if (back) {
        copy.copyBack(copies, here);
      } else {
        copy.copy(copies);
      }
    }
  }

  /// Drops what Redis does not have, as after a restart that lost something.
  private void dropUnknown() {
    int dropped = 0;
    Long after = null;
    for (List<StoredItem> page = copy.page(after, STRETCH);
        !page.isEmpty();
        page = copy.page(after, STRETCH)) {
      List<Long> itemIds = page.stream().map(StoredItem::itemId).toList();
      List<@Nullable Double> versions = link.with(jedis -> redis.versions(jedis, itemIds));
      List<StoredItem> unknown = new ArrayList<>();
      for (int i = 0; i < versions.size(); i++) {
        if (versions.get(i) == null) {
          unknown.add(page.get(i));
        }
      }
      copy.forget(unknown);
      dropped += unknown.size();
      after = page.getLast().itemId();
    }
    if (dropped > 0) {
      log.warn("Redis at {} lacks {} items that were here; they are dropped", address, dropped);
    }
  }

  private static long[] ids(List<Long> itemIds) {
    return itemIds.stream().mapToLong(Long::longValue).toArray();
  }

  private void listen() {
    while (!closed) {
      try (Jedis jedis = RedisLink.connect(address)) {
        listening = jedis;
        if (!closed) {
          jedis.subscribe(new Wake(), redis.channel);
        }
      } catch (JedisException | StoreException e) {
        log.debug("not listening to Redis at {}", address, e);
      }
      pause();
    }
  }

  private void pause() {
    try {
      Thread.sleep(RETRY_MILLIS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /// Copies as soon as something changed, and once what came before it listened.
  private final class Wake extends BinaryJedisPubSub {
    @Override
    public void onMessage(byte[] channel, byte[] message) {
      wake();
    }

    @Override
    public void onSubscribe(byte[] channel, int subscribedChannels) {
      wake();
    }
  }

  private void wake() {
    if (!closed && !woken.getAndSet(true)) {
      try {
        copier.execute(
            () -> {
              woken.set(false);
              copyChanges();
            });
      } catch (RejectedExecutionException e) {
        log.debug("closing", e);
      }
    }
  }

  @Override
  public void close() {
    closed = true;
    Jedis jedis = listening;
    if (jedis != null) {
      jedis.disconnect();
    }
    listener.interrupt();
    copier.shutdownNow();
    copier.close();
    link.close();
  }
}
