package io.saviorrec.server.store;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;
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
/// Concurrency: reads from any thread; changes one after the other, which gives versions their
/// order, and so is opening the database again after a failed write ([RocksAccess]).
public final class RocksItemStore implements ItemStore {
  private static final Logger log = LoggerFactory.getLogger(RocksItemStore.class);

  /// What is read and written at once.
  private static final int BATCH = 1000;

  private static final String OTHER_FOLDER = "; items.storeDirectory names another folder";
  private static final long ERASURE_DELAY_MILLIS = 5000;

  private final Path directory;
  private final long minFreeBytes;
  private final InstantSource clock;
  private final RocksAccess access;

  /// Changed by whoever holds the lock on this.
  private final AtomicLong newestVersion = new AtomicLong();

  private volatile Observer observer = Observer.NONE;

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
    this.access =
        new RocksAccess(
            directory, this::opened, rewrite -> new RocksErasure(rewrite, erasureDelayMillis));
  }

  private void opened(RocksDatabase open) throws RocksDBException {
    newestVersion.set(RocksReads.newestVersion(open));
    int upgraded = RocksUpgrade.upgrade(open, newestVersion, clock.millis());
    if (upgraded > 0) {
      log.info("upgraded {} items of the store in {}", upgraded, directory);
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

  @Override
  public void observe(Observer told) {
    observer = told;
  }

  @Override
  public List<@Nullable StoredItem> items(long[] itemIds) {
    return itemIds.length == 0 ? List.of() : access.read(open -> RocksReads.items(open, itemIds));
  }

  @Override
  public byte[] image(long itemId) {
    return access.read(open -> RocksReads.image(open, itemId));
  }

  @Override
  public List<@Nullable ItemRepresentation> representations(List<RepresentationId> ids) {
    return ids.isEmpty() ? List.of() : access.read(open -> RocksReads.representations(open, ids));
  }

  @Override
  public Changes changesSince(long version, int limit) {
    return access.read(open -> RocksReads.changesSince(open, version, limit));
  }

  @Override
  public List<StoredItem> page(@Nullable Long after, int limit) {
    if (after != null && after == Long.MAX_VALUE) {
      return List.of();
    }
    long first = after == null ? Long.MIN_VALUE : after + 1;
    return access.read(open -> RocksReads.page(open, first, limit));
  }

  @Override
  public Memory memory() {
    return access.memory();
  }

  @Override
  public long freeBytes() {
    return access.freeBytes();
  }

  @Override
  public boolean following() {
    return true;
  }

  @Override
  public void requireRoom() {
    requireRoom(minFreeBytes);
  }

  private void requireRoom(long leastBytes) {
    if (access.needsReopening(leastBytes, minFreeBytes)) {
      reopen();
    }
  }

  private synchronized void reopen() {
    access.reopen();
  }

  /// Deletions make room, so they need little.
  @Override
  public synchronized List<ItemChange.Outcome> change(List<? extends ItemChange> changes) {
    boolean deletions = changes.stream().allMatch(ItemChange.Deletion.class::isInstance);
    requireRoom(deletions ? Math.min(minFreeBytes, RocksAccess.REOPEN_BYTES) : minFreeBytes);
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
    access.write(
        batch -> {
          for (ItemChange change : changes) {
            ItemChange.Outcome outcome =
                change
                    .apply(stored.get(change.itemId()), clock.millis())
                    .withVersion(newestVersion.get() + 1);
            outcomes.add(outcome);
            StoredItem after = outcome.after();
            if (after != null) {
              newestVersion.incrementAndGet();
              add(batch, change, outcome.before(), after);
              stored.put(after.itemId(), after);
              changed.put(after.itemId(), after);
            }
          }
        });
    observer.changed(List.copyOf(changed.values()));
    planErasure(changed.values().stream());
    return outcomes;
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
            .filter(each -> isNews(each.item(), stored.get(each.item().itemId()), old))
            .toList();
    if (news.isEmpty()) {
      return;
    }
    requireRoom(RocksAccess.REOPEN_BYTES);
    observer.changing(news.stream().map(each -> each.item().itemId()).toList());
    access.write(
        batch -> {
          for (RedisItems.Copy each : news) {
            StoredItem item = each.item();
            StoredItem before = stored.get(item.itemId());
            newestVersion.accumulateAndGet(item.version(), Math::max);
            if (item.deleted()) {
              batch.deletion(before, item);
            } else {
              batch.item(before, item);
              batch.representations(item, each.representations());
            }
          }
        });
    observer.changed(news.stream().map(RedisItems.Copy::item).toList());
    planErasure(news.stream().map(RedisItems.Copy::item));
  }

  private static boolean isNews(StoredItem there, @Nullable StoredItem here, Set<Version> old) {
    return here == null
        || here.version() < there.version()
        || (here.version() > there.version() && old.contains(Version.of(here)));
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
    access.write(
        batch -> {
          for (StoredItem item : items) {
            batch.forget(item);
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
      access.planErasure();
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

  @Override
  public void close() {
    access.close();
  }
}
