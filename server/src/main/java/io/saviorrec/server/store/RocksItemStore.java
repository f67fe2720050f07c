package io.saviorrec.server.store;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.rocksdb.ColumnFamilyHandle;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;
import org.rocksdb.RocksIterator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The item store on a local disk, in RocksDB.
///
/// Durability: every write is a batch that is synced to the write-ahead log before `change`
/// returns, so that what was acknowledged survives a crash of the process or the machine.
///
/// Layout: column family `items` (item id → [StoredItem]), `images` (item id → file),
/// `representations` (item id, content hash, archives → z and codes) and `changes` (version → item
/// id, one entry for each item). Images lie apart because requests read items and never images.
///
/// Erasure: of a deleted item the id, the time and the version stay. The rest cannot be read any
/// more at once, and a moment later its bytes are not in the files either ([RocksErasure]).
///
/// A write that fails, on a full disk for one, makes RocksDB refuse all later ones. So the database
/// is closed and opened again before the next write, once there is room, and only for reading when
/// that fails; so reads go on.
///
/// Concurrency: reads from any thread; changes one after the other, which gives versions their
/// order.
public final class RocksItemStore implements ItemStore {
  private static final Logger log = LoggerFactory.getLogger(RocksItemStore.class);

  /// What is read and written at once.
  private static final int BATCH = 1000;

  private static final long LOG_INTERVAL_NANOS = 60_000_000_000L;

  /// Opening writes some files of its own before it takes anything.
  private static final long REOPEN_BYTES = 4L << 20;

  private static final long REOPEN_INTERVAL_NANOS = 1_000_000_000L;
  private static final String OTHER_FOLDER = "; items.storeDirectory names another folder";
  private static final byte[] FORMAT_KEY = StoreFormat.utf8("format");

  private static final long ERASURE_DELAY_MILLIS = 5000;

  private final Path directory;
  private final long minFreeBytes;
  private final InstantSource clock;
  private final RocksErasure erasure;

  /// Held for reading by whoever uses the database, for writing by whoever replaces it.
  private final ReadWriteLock lock = new ReentrantReadWriteLock();

  /// Null when it was closed, or could not be opened again. Guarded by the lock.
  private @Nullable RocksDatabase database;

  /// A write failed, and RocksDB takes no more until it is opened again.
  private volatile boolean broken;

  /// Guarded by this.
  private long newestVersion;

  /// Guarded by this; zero: never.
  private long reopenedNanos;

  private final AtomicLong loggedNanos = new AtomicLong();
  private volatile Observer observer = Observer.NONE;

  /// Work on the database that is open.
  @FunctionalInterface
  private interface Access<T> {
    T on(RocksDatabase open) throws RocksDBException;
  }

  /// The same without a result.
  @FunctionalInterface
  private interface Action {
    void on(RocksDatabase open) throws RocksDBException;
  }

  /// Which content of an item.
  private record Version(long itemId, long version) {
    static Version of(StoredItem item) {
      return new Version(item.itemId(), item.version());
    }
  }

  /// Begins to unpack and load RocksDB's library, on a thread of its own, so that it is there when
  /// a store is opened. What fails here fails there too, and is told there.
  public static void preload() {
    Thread.ofPlatform()
        .name("store-preload")
        .daemon()
        .uncaughtExceptionHandler((_, _) -> {})
        .start(RocksDB::loadLibrary);
  }

  private RocksItemStore(
      Path directory, long minFreeBytes, InstantSource clock, long erasureDelayMillis)
      throws RocksDBException {
    this.directory = directory;
    this.minFreeBytes = minFreeBytes;
    this.clock = clock;
    this.erasure = new RocksErasure(this::rewrite, erasureDelayMillis);
    try {
      open();
    } catch (RocksDBException e) {
      if (!StoreFaults.isFull(e)) {
        throw e;
      }
      // Scoring needs no more than reading; upserts are refused until there is room.
      openForReading();
      if (database == null) {
        throw e;
      }
      broken = true;
      log.error("the item store in {} is read-only: its disk is full; make room", directory);
    }
    // What a crash may have left undone.
    erasure.plan();
  }

  private void open() throws RocksDBException {
    RocksDatabase opened = RocksDatabase.open(directory);
    try {
      newestVersion = readNewestVersion(opened);
      upgrade(opened);
      database = opened;
    } finally {
      if (database == null) {
        opened.close();
      }
    }
  }

  /// Opens the store in `directory`, which is created when it is missing.
  ///
  /// @param minFreeBytes room on its disk below which nothing is stored
  /// @throws StoreException saying what is wrong with the folder and what to do
  public static RocksItemStore open(Path directory, long minFreeBytes) {
    return open(directory, minFreeBytes, InstantSource.system(), ERASURE_DELAY_MILLIS);
  }

  static RocksItemStore open(
      Path directory, long minFreeBytes, InstantSource clock, long erasureDelayMillis) {
    try {
      Files.createDirectories(directory);
    } catch (IOException e) {
      throw new StoreException(
          "the folder "
              + directory
              + " of the item store cannot be created: "
              + (StoreFaults.existsAsFile(directory)
                  ? "there is a file of that name"
                  : StoreFaults.reason(e))
              + OTHER_FOLDER,
          e);
    }
    if (!Files.isWritable(directory)) {
      throw new StoreException(
          "the folder " + directory + " of the item store cannot be written" + OTHER_FOLDER);
    }
    try {
      return new RocksItemStore(directory, minFreeBytes, clock, erasureDelayMillis);
    } catch (RocksDBException e) {
      throw new StoreException(
          "the item store in " + directory + " " + StoreFaults.whyNotOpened(e) + OTHER_FOLDER, e);
    }
  }

  private static long readNewestVersion(RocksDatabase open) throws RocksDBException {
    try (RocksIterator iterator = open.db.newIterator(open.changes)) {
      iterator.seekToLast();
      long newest = iterator.isValid() ? StoreFormat.readLong(iterator.key()) : 0;
      iterator.status();
      return newest;
    }
  }

  /// Gives the items of an earlier release what they lack: a version, and as their time that of the
  /// upgrade. A crash in between leaves some as they were, and the next start goes on.
  private void upgrade(RocksDatabase open) throws RocksDBException {
    byte[] format = open.db.get(open.about, FORMAT_KEY);
    if (format != null) {
      StoreFormat.requireReadable(format[0]);
      if (format[0] == StoreFormat.FORMAT) {
        return;
      }
    }
    int upgraded = 0;
    try (RocksIterator iterator = open.db.newIterator(open.items);
        RocksBatch batch = new RocksBatch(open)) {
      for (iterator.seekToFirst(); iterator.isValid(); iterator.next()) {
        byte[] value = iterator.value();
        StoreFormat.requireReadable(value[0]);
        if (StoreFormat.old(value)) {
          StoredItem old = StoreFormat.decodeItem(StoreFormat.readLong(iterator.key()), value);
          byte[] image = open.db.get(open.images, iterator.key());
          StoredItem dated =
              old.with(old.stats(), StoredItem.Times.at(clock.millis()))
                  .withImageBytes(image == null ? 0 : image.length);
          batch.item(
              null,
              old.version() == StoredItem.UNSTORED ? dated.withVersion(++newestVersion) : dated);
          upgraded++;
        }
        if (batch.count() >= BATCH) {
          batch.write();
        }
      }
      iterator.status();
      batch.about(FORMAT_KEY, new byte[] {StoreFormat.FORMAT});
      batch.write();
    }
    if (upgraded > 0) {
      log.info("upgraded {} items of the store in {}", upgraded, directory);
    }
  }

  @Override
  public void observe(Observer told) {
    observer = told;
  }

  @Override
  public List<@Nullable StoredItem> items(long[] itemIds) {
    List<byte[]> keys = Arrays.stream(itemIds).mapToObj(StoreFormat::itemKey).toList();
    List<byte @Nullable []> values = get(open -> open.items, keys);
    List<@Nullable StoredItem> found = new ArrayList<>(itemIds.length);
    for (int i = 0; i < itemIds.length; i++) {
      byte[] value = values.get(i);
      found.add(value == null ? null : StoreFormat.decodeItem(itemIds[i], value));
    }
    return found;
  }

  @Override
  public byte[] image(long itemId) {
    byte[] value = get(open -> open.images, List.of(StoreFormat.itemKey(itemId))).getFirst();
    return value == null ? new byte[0] : value;
  }

  @Override
  public List<@Nullable ItemRepresentation> representations(List<RepresentationId> ids) {
    List<@Nullable ItemRepresentation> found = new ArrayList<>(ids.size());
    List<byte[]> keys = ids.stream().map(StoreFormat::representationKey).toList();
    for (byte[] value : get(open -> open.representations, keys)) {
      found.add(value == null ? null : StoreFormat.decodeRepresentation(value));
    }
    return found;
  }

  private List<byte @Nullable []> get(
      Function<RocksDatabase, ColumnFamilyHandle> family, List<byte[]> keys) {
    if (keys.isEmpty()) {
      return List.of();
    }
    return with(
        "read",
        open ->
            new ArrayList<byte @Nullable []>(
                open.db.multiGetAsList(
                    Collections.nCopies(keys.size(), family.apply(open)), keys)));
  }

  private void perform(String what, Action action) {
    with(
        what,
        open -> {
          action.on(open);
          return open;
        });
  }

  private <T> T with(String what, Access<T> access) {
    lock.readLock().lock();
    try {
      RocksDatabase open = database;
      if (open == null) {
        throw new StoreException("cannot " + what + " the item store: its disk gives errors");
      }
      return access.on(open);
    } catch (RocksDBException e) {
      throw failed(what, e);
    } finally {
      lock.readLock().unlock();
    }
  }

  /// The path is for the log alone, and once a minute at most.
  private StoreException failed(String what, RocksDBException e) {
    logPath("cannot " + what + " the item store", String.valueOf(e.getMessage()));
    return StoreFaults.isFull(e)
        ? StoreException.full(e)
        : new StoreException(StoreFaults.whatFailed(e, "cannot " + what + " the item store"), e);
  }

  private void logPath(String what, String why) {
    long now = System.nanoTime();
    long last = loggedNanos.get();
    if ((last == 0 || now - last > LOG_INTERVAL_NANOS) && loggedNanos.compareAndSet(last, now)) {
      log.error("{} in {}: {}", what, directory, why);
    }
  }

  @Override
  public void requireRoom() {
    requireRoom(minFreeBytes);
  }

  private void requireRoom(long leastBytes) {
    long free = freeBytes();
    if (free < leastBytes) {
      logPath(
          "nothing more is put into the item store",
          "its disk has %d bytes free, fewer than items.minFreeBytes = %d"
              .formatted(free, minFreeBytes));
      throw StoreException.full(null);
    }
    if (broken) {
      if (free < REOPEN_BYTES) {
        throw StoreException.full(null);
      }
      reopen();
    }
  }

  @Override
  public long freeBytes() {
    try {
      return Files.getFileStore(directory).getUsableSpace();
    } catch (IOException e) {
      // Writing will tell.
      return Long.MAX_VALUE;
    }
  }

  @Override
  public boolean following() {
    return true;
  }

  /// After a failed write RocksDB refuses all others. What was acknowledged is in its log, which is
  /// read again; of what was not, nothing is.
  private synchronized void reopen() {
    long now = System.nanoTime();
    if (!broken) {
      return;
    }
    if (reopenedNanos != 0 && now - reopenedNanos < REOPEN_INTERVAL_NANOS) {
      throw new StoreException("cannot write the item store; it is opened again in a second");
    }
    reopenedNanos = now;
    // Nothing is read while this waits for those that hold the database.
    erasure.pause();
    lock.writeLock().lock();
    try {
      closeDatabase();
      open();
      broken = false;
    } catch (RocksDBException e) {
      openForReading();
      throw failed("write", e);
    } finally {
      lock.writeLock().unlock();
      erasure.resume();
    }
    log.info("opened the item store in {} again after a failed write", directory);
  }

  /// Reading writes nothing, so scoring goes on whatever the disk refuses.
  private void openForReading() {
    try {
      database = RocksDatabase.openReadOnly(directory);
    } catch (RocksDBException e) {
      log.error("cannot open the item store in {} for reading either", directory, e);
    }
  }

  private void closeDatabase() {
    RocksDatabase open = database;
    database = null;
    if (open != null) {
      open.close();
    }
  }

  /// Deletions make room, so they need little.
  @Override
  public synchronized List<ItemChange.Outcome> change(List<? extends ItemChange> changes) {
    boolean deletions = changes.stream().allMatch(ItemChange.Deletion.class::isInstance);
    requireRoom(deletions ? Math.min(minFreeBytes, REOPEN_BYTES) : minFreeBytes);
    List<ItemChange.Outcome> outcomes = new ArrayList<>(changes.size());
    for (int from = 0; from < changes.size(); from += BATCH) {
      outcomes.addAll(changeSome(changes.subList(from, Math.min(changes.size(), from + BATCH))));
    }
    return outcomes;
  }

  private List<ItemChange.Outcome> changeSome(List<? extends ItemChange> changes) {
    List<Long> itemIds = changes.stream().map(ItemChange::itemId).distinct().toList();
    observer.changing(itemIds);
    Map<Long, StoredItem> stored = stored(itemIds);
    List<ItemChange.Outcome> outcomes = new ArrayList<>(changes.size());
    Map<Long, StoredItem> changed = new LinkedHashMap<>();
    perform(
        "write",
        open -> {
          try (RocksBatch batch = new RocksBatch(open)) {
            for (ItemChange change : changes) {
              ItemChange.Outcome outcome =
                  change
                      .apply(stored.get(change.itemId()), clock.millis())
                      .withVersion(newestVersion + 1);
              outcomes.add(outcome);
              StoredItem after = outcome.after();
              if (after != null) {
                newestVersion++;
                add(batch, change, outcome.before(), after);
                stored.put(after.itemId(), after);
                changed.put(after.itemId(), after);
              }
            }
            batch.write();
          } catch (RocksDBException e) {
            broken = true;
            throw e;
          }
        });
    observer.changed(List.copyOf(changed.values()));
    planErasure(changed.values().stream());
    return outcomes;
  }

  /// Stores what another store has, as it has it, where that is newer than what is here.
  void copy(List<RedisItems.Copy> copies) {
    copyBack(copies, List.of());
  }

  /// The same, and where what is here is newer, but what it was before that store was asked: so it
  /// has lost it. What was changed since then stays.
  ///
  /// @param read what was here before
  synchronized void copyBack(
      List<RedisItems.Copy> copies, List<? extends @Nullable StoredItem> read) {
    Set<Version> old = versions(read);
    Map<Long, StoredItem> stored =
        stored(copies.stream().map(each -> each.item().itemId()).toList());
    List<RedisItems.Copy> news =
        copies.stream()
            .filter(
                each -> {
                  StoredItem here = stored.get(each.item().itemId());
                  return here == null
                      || here.version() < each.item().version()
                      || (here.version() > each.item().version() && old.contains(Version.of(here)));
                })
            .toList();
    if (news.isEmpty()) {
      return;
    }
    requireRoom(REOPEN_BYTES);
    observer.changing(news.stream().map(each -> each.item().itemId()).toList());
    perform(
        "write",
        open -> {
          try (RocksBatch batch = new RocksBatch(open)) {
            for (RedisItems.Copy each : news) {
              StoredItem item = each.item();
              StoredItem before = stored.get(item.itemId());
              newestVersion = Math.max(newestVersion, item.version());
              if (item.deleted()) {
                batch.deletion(before, item);
              } else {
                batch.item(before, item);
                batch.representations(item, each.representations());
              }
            }
            batch.write();
          } catch (RocksDBException e) {
            broken = true;
            throw e;
          }
        });
    observer.changed(news.stream().map(RedisItems.Copy::item).toList());
    planErasure(news.stream().map(RedisItems.Copy::item));
  }

  /// Drops what another store does not have, unless it was changed since that was asked.
  ///
  /// @param read what was here before
  synchronized void forget(List<StoredItem> read) {
    Set<Version> old = versions(read);
    List<StoredItem> items =
        stored(read.stream().map(StoredItem::itemId).toList()).values().stream()
            .filter(item -> old.contains(Version.of(item)))
            .toList();
    if (items.isEmpty()) {
      return;
    }
    observer.changing(items.stream().map(StoredItem::itemId).toList());
    perform(
        "write",
        open -> {
          try (RocksBatch batch = new RocksBatch(open)) {
            for (StoredItem item : items) {
              batch.forget(item);
            }
            batch.write();
          } catch (RocksDBException e) {
            broken = true;
            throw e;
          }
        });
    List<StoredItem> gone =
        items.stream().map(item -> StoredItem.deleted(item.itemId(), 0)).toList();
    observer.changed(gone);
    planErasure(gone.stream());
  }

  private static Set<Version> versions(List<? extends @Nullable StoredItem> items) {
    return items.stream().filter(Objects::nonNull).map(Version::of).collect(Collectors.toSet());
  }

  private void planErasure(Stream<StoredItem> changed) {
    if (changed.anyMatch(StoredItem::deleted)) {
      erasure.plan();
    }
  }

  private Map<Long, StoredItem> stored(List<Long> itemIds) {
    Map<Long, StoredItem> stored = new HashMap<>();
    for (StoredItem item : items(itemIds.stream().mapToLong(Long::longValue).toArray())) {
      if (item != null) {
        stored.put(item.itemId(), item);
      }
    }
    return stored;
  }

  private static void add(
      RocksBatch batch, ItemChange change, @Nullable StoredItem before, StoredItem after)
      throws RocksDBException {
    switch (change) {
      case Entry entry -> {
        batch.item(before, after);
        batch.image(after.itemId(), entry.image());
        batch.addRepresentations(after, entry.representations());
      }
      case ItemChange.Statistics _ -> batch.item(before, after);
      case ItemChange.Deletion _ -> batch.deletion(before, after);
    }
  }

  /// Lets the erasure work, while nobody replaces the database.
  private boolean rewrite(RocksErasure.Work work) throws RocksDBException {
    lock.readLock().lock();
    try {
      RocksDatabase open = database;
      if (open == null || broken || freeBytes() < REOPEN_BYTES) {
        return false;
      }
      work.on(open);
      return true;
    } finally {
      lock.readLock().unlock();
    }
  }

  @Override
  public Changes changesSince(long version, int limit) {
    return with("read", open -> changesSince(open, version, limit));
  }

  private static Changes changesSince(RocksDatabase open, long version, int limit)
      throws RocksDBException {
    List<Long> itemIds = new ArrayList<>();
    long last = version;
    try (RocksIterator iterator = open.db.newIterator(open.changes)) {
      for (iterator.seek(StoreFormat.changeKey(version + 1));
          iterator.isValid() && itemIds.size() < limit;
          iterator.next()) {
        last = StoreFormat.readLong(iterator.key());
        itemIds.add(StoreFormat.readLong(iterator.value()));
      }
      iterator.status();
    }
    return new Changes(itemIds, last);
  }

  /// Keys sort as unsigned numbers, so those of negative ids come last and are asked for first.
  @Override
  public List<StoredItem> page(@Nullable Long after, int limit) {
    List<StoredItem> page = new ArrayList<>();
    long first = after == null ? Long.MIN_VALUE : after + 1;
    if (after != null && after == Long.MAX_VALUE) {
      return page;
    }
    perform(
        "read",
        open -> {
          if (first < 0) {
            addStretch(open, first, -1, limit, page);
          }
          addStretch(open, Math.max(first, 0), Long.MAX_VALUE, limit, page);
        });
    return page;
  }

  private static void addStretch(
      RocksDatabase open, long first, long last, int limit, List<StoredItem> page)
      throws RocksDBException {
    try (RocksIterator iterator = open.db.newIterator(open.items)) {
      for (iterator.seek(StoreFormat.itemKey(first));
          iterator.isValid() && page.size() < limit;
          iterator.next()) {
        long itemId = StoreFormat.readLong(iterator.key());
        if (itemId > last || itemId < first) {
          break;
        }
        page.add(StoreFormat.decodeItem(itemId, iterator.value()));
      }
      iterator.status();
    }
  }

  @Override
  public Memory memory() {
    lock.readLock().lock();
    try {
      RocksDatabase open = database;
      return open == null ? Memory.NONE : open.memory();
    } catch (RocksDBException _) {
      // The reads and writes that fail say so.
      return Memory.NONE;
    } finally {
      lock.readLock().unlock();
    }
  }

  @Override
  public void close() {
    erasure.close();
    lock.writeLock().lock();
    try {
      closeDatabase();
    } finally {
      lock.writeLock().unlock();
    }
  }
}
