package io.saviorrec.server.store;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.rocksdb.BlockBasedTableConfig;
import org.rocksdb.BloomFilter;
import org.rocksdb.ColumnFamilyDescriptor;
import org.rocksdb.ColumnFamilyHandle;
import org.rocksdb.ColumnFamilyOptions;
import org.rocksdb.DBOptions;
import org.rocksdb.LRUCache;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;
import org.rocksdb.RocksIterator;
import org.rocksdb.Status;
import org.rocksdb.WriteBatch;
import org.rocksdb.WriteOptions;
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
/// Concurrency: reads from any thread; puts one after the other, which gives versions their order.
public final class RocksItemStore implements ItemStore {
  private static final Logger log = LoggerFactory.getLogger(RocksItemStore.class);
  private static final long BLOCK_CACHE_BYTES = 64L << 20;
  private static final int MAX_OPEN_FILES = 256;
  private static final int UPGRADE_BATCH = 1000;
  private static final String OTHER_FOLDER = "; items.storeDirectory names another folder";
  private static final byte[] FORMAT_KEY = StoreFormat.utf8("format");

  private final List<AutoCloseable> resources = new ArrayList<>();
  private final RocksDB db;
  private final ColumnFamilyHandle about;
  private final ColumnFamilyHandle items;
  private final ColumnFamilyHandle images;
  private final ColumnFamilyHandle representations;
  private final ColumnFamilyHandle changes;
  private final WriteOptions synced;

  /// Guarded by this.
  private long newestVersion;

  static {
    RocksDB.loadLibrary();
  }

  private RocksItemStore(Path directory) throws RocksDBException {
    try {
      LRUCache cache = own(new LRUCache(BLOCK_CACHE_BYTES));
      // Most lookups are for items that only the bundle knows: the filter answers them from
      // memory.
      BloomFilter filter = own(new BloomFilter(10));
      ColumnFamilyOptions family =
          own(new ColumnFamilyOptions())
              .setTableFormatConfig(
                  new BlockBasedTableConfig().setBlockCache(cache).setFilterPolicy(filter));
      DBOptions options =
          own(new DBOptions())
              .setCreateIfMissing(true)
              .setCreateMissingColumnFamilies(true)
              .setMaxOpenFiles(MAX_OPEN_FILES)
              .setKeepLogFileNum(4);
      List<ColumnFamilyHandle> handles = new ArrayList<>();
      List<ColumnFamilyDescriptor> families = new ArrayList<>();
      families.add(new ColumnFamilyDescriptor(RocksDB.DEFAULT_COLUMN_FAMILY, family));
      for (String name : List.of("items", "images", "representations", "changes")) {
        families.add(new ColumnFamilyDescriptor(StoreFormat.utf8(name), family));
      }
      synced = own(new WriteOptions().setSync(true));
      db = own(RocksDB.open(options, directory.toString(), families, handles));
      handles.forEach(this::own);
      about = handles.get(0);
      items = handles.get(1);
      images = handles.get(2);
      representations = handles.get(3);
      changes = handles.get(4);
      newestVersion = readNewestVersion();
      upgrade(directory);
    } catch (Throwable e) {
      close();
      throw e;
    }
  }

  /// Opens the store in `directory`, which is created when it is missing.
  ///
  /// @throws StoreException saying what is wrong with the folder and what to do
  public static RocksItemStore open(Path directory) {
    try {
      Files.createDirectories(directory);
    } catch (IOException e) {
      throw new StoreException(
          "the folder "
              + directory
              + " of the item store cannot be created: "
              + (existsAsFile(directory) ? "there is a file of that name" : reason(e))
              + OTHER_FOLDER,
          e);
    }
    if (!Files.isWritable(directory)) {
      throw new StoreException(
          "the folder " + directory + " of the item store cannot be written" + OTHER_FOLDER);
    }
    try {
      return new RocksItemStore(directory);
    } catch (RocksDBException e) {
      throw new StoreException(
          "the item store in " + directory + " " + whyNotOpened(e) + OTHER_FOLDER, e);
    }
  }

  private static boolean existsAsFile(Path directory) {
    Path path = directory.toAbsolutePath();
    while (path != null && !Files.exists(path)) {
      path = path.getParent();
    }
    return path != null && !Files.isDirectory(path);
  }

  private static String reason(IOException e) {
    return switch (e) {
      case AccessDeniedException _ -> "permission denied";
      case FileSystemException failure when failure.getReason() != null -> failure.getReason();
      default -> "the file system refuses it";
    };
  }

  private static String whyNotOpened(RocksDBException e) {
    String message = String.valueOf(e.getMessage());
    if (message.contains("lock")) {
      return "is in use by another server";
    }
    if (message.contains("Column families not opened")) {
      return "was written by a later release";
    }
    return whatFailed(e, "cannot be opened");
  }

  private static String whatFailed(RocksDBException e, String otherwise) {
    Status status = e.getStatus();
    if (status == null) {
      return otherwise;
    }
    if (status.getSubCode() == Status.SubCode.NoSpace) {
      return otherwise + ": the disk is full";
    }
    return switch (status.getCode()) {
      case Corruption -> otherwise + ": its files are damaged; put back a copy or send items again";
      case IOError -> otherwise + ": its disk gives errors: " + status.getState();
      default -> otherwise + ": " + status.getCode();
    };
  }

  private <T extends AutoCloseable> T own(T resource) {
    resources.add(resource);
    return resource;
  }

  private long readNewestVersion() throws RocksDBException {
    try (RocksIterator iterator = db.newIterator(changes)) {
      iterator.seekToLast();
      long newest = iterator.isValid() ? StoreFormat.readLong(iterator.key()) : 0;
      iterator.status();
      return newest;
    }
  }

  /// Gives the items of a store without versions one each. A crash in between leaves some with and
  /// some without, and the next start goes on.
  private void upgrade(Path directory) throws RocksDBException {
    byte[] format = db.get(about, FORMAT_KEY);
    if (format != null) {
      StoreFormat.requireReadable(format[0]);
      return;
    }
    long first = newestVersion;
    try (RocksIterator iterator = db.newIterator(items);
        WriteBatch batch = new WriteBatch()) {
      for (iterator.seekToFirst(); iterator.isValid(); iterator.next()) {
        StoreFormat.requireReadable(iterator.value()[0]);
        long itemId = StoreFormat.readLong(iterator.key());
        StoredItem item = StoreFormat.decodeItem(itemId, iterator.value());
        if (item.version() == StoredItem.UNSTORED) {
          addItem(batch, item.withVersion(++newestVersion));
        }
        if (batch.count() >= UPGRADE_BATCH) {
          db.write(synced, batch);
          batch.clear();
        }
      }
      iterator.status();
      batch.put(about, FORMAT_KEY, new byte[] {StoreFormat.FORMAT});
      db.write(synced, batch);
    }
    if (newestVersion > first) {
      log.info("gave {} items of the store in {} a version", newestVersion - first, directory);
    }
  }

  private void addItem(WriteBatch batch, StoredItem item) throws RocksDBException {
    byte[] key = StoreFormat.itemKey(item.itemId());
    batch.put(items, key, StoreFormat.encodeItem(item));
    batch.put(changes, StoreFormat.changeKey(item.version()), key);
  }

  @Override
  public List<@Nullable StoredItem> items(long[] itemIds) {
    List<byte[]> keys = Arrays.stream(itemIds).mapToObj(StoreFormat::itemKey).toList();
    List<byte @Nullable []> values = get(items, keys);
    List<@Nullable StoredItem> found = new ArrayList<>(itemIds.length);
    for (int i = 0; i < itemIds.length; i++) {
      byte[] value = values.get(i);
      found.add(value == null ? null : StoreFormat.decodeItem(itemIds[i], value));
    }
    return found;
  }

  @Override
  public byte[] image(long itemId) {
    byte[] value = get(images, List.of(StoreFormat.itemKey(itemId))).getFirst();
    return value == null ? new byte[0] : value;
  }

  @Override
  public List<@Nullable ItemRepresentation> representations(List<RepresentationId> ids) {
    List<@Nullable ItemRepresentation> found = new ArrayList<>(ids.size());
    List<byte[]> keys = ids.stream().map(StoreFormat::representationKey).toList();
    for (byte[] value : get(representations, keys)) {
      found.add(value == null ? null : StoreFormat.decodeRepresentation(value));
    }
    return found;
  }

  private List<byte @Nullable []> get(ColumnFamilyHandle family, List<byte[]> keys) {
    if (keys.isEmpty()) {
      return List.of();
    }
    try {
      List<byte @Nullable []> values = new ArrayList<>(keys.size());
      for (byte[] value : db.multiGetAsList(Collections.nCopies(keys.size(), family), keys)) {
        values.add(value);
      }
      return values;
    } catch (RocksDBException e) {
      throw cannot("read", e);
    }
  }

  private static StoreException cannot(String what, RocksDBException e) {
    return new StoreException(whatFailed(e, "cannot " + what + " the item store"), e);
  }

  @Override
  public synchronized void put(List<Entry> entries) {
    long[] ids = entries.stream().mapToLong(entry -> entry.item().itemId()).toArray();
    Map<Long, Long> versions = new HashMap<>();
    for (StoredItem old : items(ids)) {
      if (old != null) {
        versions.put(old.itemId(), old.version());
      }
    }
    try (WriteBatch batch = new WriteBatch()) {
      for (Entry entry : entries) {
        long version = ++newestVersion;
        Long old = versions.put(entry.item().itemId(), version);
        if (old != null) {
          batch.delete(changes, StoreFormat.changeKey(old));
        }
        add(batch, entry, version);
      }
      db.write(synced, batch);
    } catch (RocksDBException e) {
      throw cannot("write", e);
    }
  }

  private void add(WriteBatch batch, Entry entry, long version) throws RocksDBException {
    StoredItem item = entry.item().withVersion(version);
    byte[] key = StoreFormat.itemKey(item.itemId());
    addItem(batch, item);
    if (entry.image().length == 0) {
      batch.delete(images, key);
    } else {
      batch.put(images, key, entry.image());
    }
    for (byte[] old : representationKeys(item.itemId())) {
      batch.delete(representations, old);
    }
    for (Map.Entry<EncoderKey, ItemRepresentation> made : entry.representations().entrySet()) {
      batch.put(
          representations,
          StoreFormat.representationKey(
              new RepresentationId(item.itemId(), item.contentHash(), made.getKey())),
          StoreFormat.encodeRepresentation(made.getValue()));
    }
  }

  private List<byte[]> representationKeys(long itemId) throws RocksDBException {
    byte[] prefix = StoreFormat.itemKey(itemId);
    List<byte[]> keys = new ArrayList<>();
    try (RocksIterator iterator = db.newIterator(representations)) {
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
    List<Long> itemIds = new ArrayList<>();
    long last = version;
    try (RocksIterator iterator = db.newIterator(changes)) {
      for (iterator.seek(StoreFormat.changeKey(version + 1));
          iterator.isValid() && itemIds.size() < limit;
          iterator.next()) {
        last = StoreFormat.readLong(iterator.key());
        itemIds.add(StoreFormat.readLong(iterator.value()));
      }
      iterator.status();
    } catch (RocksDBException e) {
      throw cannot("read", e);
    }
    return new Changes(itemIds, last);
  }

  @Override
  public void forEach(Consumer<StoredItem> visitor) {
    try (RocksIterator iterator = db.newIterator(items)) {
      for (iterator.seekToFirst(); iterator.isValid(); iterator.next()) {
        long itemId = StoreFormat.readLong(iterator.key());
        visitor.accept(StoreFormat.decodeItem(itemId, iterator.value()));
      }
      iterator.status();
    } catch (RocksDBException e) {
      throw cannot("read", e);
    }
  }

  @Override
  public void close() {
    // Families before the database, the database before its options.
    for (AutoCloseable resource : resources.reversed()) {
      try {
        resource.close();
      } catch (Exception e) {
        throw new StoreException("cannot close the item store: " + e.getMessage(), e);
      }
    }
    resources.clear();
  }
}
