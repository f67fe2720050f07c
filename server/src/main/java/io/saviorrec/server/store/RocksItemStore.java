package io.saviorrec.server.store;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.rocksdb.ColumnFamilyHandle;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;
import org.rocksdb.RocksIterator;
import org.rocksdb.WriteBatch;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The item store on a local disk, in RocksDB.
///
/// Durability: every write is one batch that is synced to the write-ahead log before `put` returns,
/// so that an acknowledged item survives a crash of the process or the machine.
///
/// Layout: column family `items` (item id → [StoredItem]), `images` (item id → file),
/// `representations` (item id, content hash, archives → z and codes) and `changes` (version → item
/// id, one entry for each item). Images lie apart because requests read items and never images.
///
/// A write that fails, on a full disk for one, makes RocksDB refuse all later ones. So the database
/// is closed and opened again before the next write, once there is room, and only for reading when
/// that fails; so reads go on.
///
/// Concurrency: reads from any thread; puts one after the other, which gives versions their order.
public final class RocksItemStore implements ItemStore {
  private static final Logger log = LoggerFactory.getLogger(RocksItemStore.class);
  private static final int UPGRADE_BATCH = 1000;
  private static final long LOG_INTERVAL_NANOS = 60_000_000_000L;

  /// Opening writes some files of its own before it takes anything.
  private static final long REOPEN_BYTES = 4L << 20;

  private static final long REOPEN_INTERVAL_NANOS = 1_000_000_000L;
  private static final String OTHER_FOLDER = "; items.storeDirectory names another folder";
  private static final byte[] FORMAT_KEY = StoreFormat.utf8("format");

  private final Path directory;
  private final long minFreeBytes;

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

  /// Begins to unpack and load RocksDB's library, on a thread of its own, so that it is there when
  /// a store is opened. What fails here fails there too, and is told there.
  public static void preload() {
    Thread.ofPlatform()
        .name("store-preload")
        .daemon()
        .uncaughtExceptionHandler((_, _) -> {})
        .start(RocksDB::loadLibrary);
  }

  private RocksItemStore(Path directory, long minFreeBytes) throws RocksDBException {
    this.directory = directory;
    this.minFreeBytes = minFreeBytes;
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
      return new RocksItemStore(directory, minFreeBytes);
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

  /// Gives the items of a store without versions one each. A crash in between leaves some with and
  /// some without, and the next start goes on.
  private void upgrade(RocksDatabase open) throws RocksDBException {
    byte[] format = open.db.get(open.about, FORMAT_KEY);
    if (format != null) {
      StoreFormat.requireReadable(format[0]);
      return;
    }
    long first = newestVersion;
    try (RocksIterator iterator = open.db.newIterator(open.items);
        WriteBatch batch = new WriteBatch()) {
      for (iterator.seekToFirst(); iterator.isValid(); iterator.next()) {
        StoreFormat.requireReadable(iterator.value()[0]);
        long itemId = StoreFormat.readLong(iterator.key());
        StoredItem item = StoreFormat.decodeItem(itemId, iterator.value());
        if (item.version() == StoredItem.UNSTORED) {
          addItem(open, batch, item.withVersion(++newestVersion));
        }
        if (batch.count() >= UPGRADE_BATCH) {
          open.db.write(open.synced, batch);
          batch.clear();
        }
      }
      iterator.status();
      batch.put(open.about, FORMAT_KEY, new byte[] {StoreFormat.FORMAT});
      open.db.write(open.synced, batch);
    }
    if (newestVersion > first) {
      log.info("gave {} items of the store in {} a version", newestVersion - first, directory);
    }
  }

  private static void addItem(RocksDatabase open, WriteBatch batch, StoredItem item)
      throws RocksDBException {
    byte[] key = StoreFormat.itemKey(item.itemId());
    batch.put(open.items, key, StoreFormat.encodeItem(item));
    batch.put(open.changes, StoreFormat.changeKey(item.version()), key);
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
    long free = freeBytes();
    if (free < minFreeBytes) {
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

  private long freeBytes() {
    try {
      return Files.getFileStore(directory).getUsableSpace();
    } catch (IOException e) {
      // Writing will tell.
      return Long.MAX_VALUE;
    }
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

  @Override
  public synchronized void put(List<Entry> entries) {
    requireRoom();
    long[] ids = entries.stream().mapToLong(entry -> entry.item().itemId()).toArray();
    Map<Long, Long> versions = new HashMap<>();
    for (StoredItem old : items(ids)) {
      if (old != null) {
        versions.put(old.itemId(), old.version());
      }
    }
    perform("write", open -> write(open, entries, versions));
  }

  private void write(RocksDatabase open, List<Entry> entries, Map<Long, Long> versions)
      throws RocksDBException {
    try (WriteBatch batch = new WriteBatch()) {
      for (Entry entry : entries) {
        long version = ++newestVersion;
        Long old = versions.put(entry.item().itemId(), version);
        if (old != null) {
          batch.delete(open.changes, StoreFormat.changeKey(old));
        }
        add(open, batch, entry, version);
      }
      open.db.write(open.synced, batch);
    } catch (RocksDBException e) {
      broken = true;
      throw e;
    }
  }

  private static void add(RocksDatabase open, WriteBatch batch, Entry entry, long version)
      throws RocksDBException {
    StoredItem item = entry.item().withVersion(version);
    byte[] key = StoreFormat.itemKey(item.itemId());
    addItem(open, batch, item);
    if (entry.image().length == 0) {
      batch.delete(open.images, key);
    } else {
      batch.put(open.images, key, entry.image());
    }
    for (byte[] old : representationKeys(open, item.itemId())) {
      batch.delete(open.representations, old);
    }
    for (Map.Entry<EncoderKey, ItemRepresentation> made : entry.representations().entrySet()) {
      batch.put(
          open.representations,
          StoreFormat.representationKey(
              new RepresentationId(item.itemId(), item.contentHash(), made.getKey())),
          StoreFormat.encodeRepresentation(made.getValue()));
    }
  }

  private static List<byte[]> representationKeys(RocksDatabase open, long itemId)
      throws RocksDBException {
    byte[] prefix = StoreFormat.itemKey(itemId);
    List<byte[]> keys = new ArrayList<>();
    try (RocksIterator iterator = open.db.newIterator(open.representations)) {
      for (iterator.seek(prefix);
          iterator.isValid() && StoreFormat.startsWith(iterator.key(), prefix);
          iterator.next()) {
        keys.add(iterator.key());
      }
      iterator.status();
    }
    return keys;
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

  @Override
  public void forEach(Consumer<StoredItem> visitor) {
    perform("read", open -> visit(open, visitor));
  }

  private static void visit(RocksDatabase open, Consumer<StoredItem> visitor)
      throws RocksDBException {
    try (RocksIterator iterator = open.db.newIterator(open.items)) {
      for (iterator.seekToFirst(); iterator.isValid(); iterator.next()) {
        long itemId = StoreFormat.readLong(iterator.key());
        visitor.accept(StoreFormat.decodeItem(itemId, iterator.value()));
      }
      iterator.status();
    }
  }

  @Override
  public void close() {
    lock.writeLock().lock();
    try {
      closeDatabase();
    } finally {
      lock.writeLock().unlock();
    }
  }
}
