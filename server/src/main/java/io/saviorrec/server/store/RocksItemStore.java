package io.saviorrec.server.store;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
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
import org.rocksdb.WriteBatch;
import org.rocksdb.WriteOptions;

/// The item store on a local disk, in RocksDB.
///
/// Durability: every write is one batch that is synced to the write-ahead log before `put` returns,
/// so that an acknowledged item survives a crash of the process or the machine.
///
/// Layout: column family `items` (item id → [StoredItem]), `images` (item id → file) and
/// `representations` (item id, content hash, archives → z and codes). Images lie apart because
/// requests read items and never images.
public final class RocksItemStore implements ItemStore {
  private static final long BLOCK_CACHE_BYTES = 64L << 20;
  private static final int MAX_OPEN_FILES = 256;

  private final List<AutoCloseable> resources = new ArrayList<>();
  private final RocksDB db;
  private final ColumnFamilyHandle items;
  private final ColumnFamilyHandle images;
  private final ColumnFamilyHandle representations;
  private final WriteOptions synced;

  static {
    RocksDB.loadLibrary();
  }

  private RocksItemStore(Path directory) throws RocksDBException {
    LRUCache cache = own(new LRUCache(BLOCK_CACHE_BYTES));
    // Most look-ups are for items that only the bundle knows: the filter answers them from memory.
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
    List<ColumnFamilyDescriptor> families =
        List.of(
            new ColumnFamilyDescriptor(RocksDB.DEFAULT_COLUMN_FAMILY, family),
            new ColumnFamilyDescriptor(StoreFormat.utf8("items"), family),
            new ColumnFamilyDescriptor(StoreFormat.utf8("images"), family),
            new ColumnFamilyDescriptor(StoreFormat.utf8("representations"), family));
    synced = own(new WriteOptions().setSync(true));
    db = own(RocksDB.open(options, directory.toString(), families, handles));
    handles.forEach(this::own);
    items = handles.get(1);
    images = handles.get(2);
    representations = handles.get(3);
  }

  /// Opens the store in `directory`, which is created when it is missing.
  public static RocksItemStore open(Path directory) {
    try {
      Files.createDirectories(directory);
      return new RocksItemStore(directory);
    } catch (RocksDBException | IOException e) {
      throw new StoreException(
          "cannot open the item store in "
              + directory
              + ": "
              + e.getMessage()
              + "; is another server using it? (items.storeDirectory names another folder)",
          e);
    }
  }

  private <T extends AutoCloseable> T own(T resource) {
    resources.add(resource);
    return resource;
  }

  @Override
  public @Nullable StoredItem item(long itemId) {
    byte[] value = get(items, StoreFormat.itemKey(itemId));
    return value == null ? null : StoreFormat.decodeItem(itemId, value);
  }

  @Override
  public byte[] image(long itemId) {
    byte[] value = get(images, StoreFormat.itemKey(itemId));
    return value == null ? new byte[0] : value;
  }

  @Override
  public @Nullable ItemRepresentation representation(long itemId, long contentHash, EncoderKey key) {
    byte[] value = get(representations, StoreFormat.representationKey(itemId, contentHash, key));
    return value == null ? null : StoreFormat.decodeRepresentation(value);
  }

  private byte @Nullable [] get(ColumnFamilyHandle family, byte[] key) {
    try {
      return db.get(family, key);
    } catch (RocksDBException e) {
      throw new StoreException("cannot read the item store: " + e.getMessage(), e);
    }
  }

  @Override
  public void put(List<Entry> entries) {
    try (WriteBatch batch = new WriteBatch()) {
      for (Entry entry : entries) {
        add(batch, entry);
      }
      db.write(synced, batch);
    } catch (RocksDBException e) {
      throw new StoreException("cannot write the item store: " + e.getMessage(), e);
    }
  }

  private void add(WriteBatch batch, Entry entry) throws RocksDBException {
    StoredItem item = entry.item();
    byte[] key = StoreFormat.itemKey(item.itemId());
    batch.put(items, key, StoreFormat.encodeItem(item));
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
          StoreFormat.representationKey(item.itemId(), item.contentHash(), made.getKey()),
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
  public void forEach(Consumer<StoredItem> visitor) {
    try (RocksIterator iterator = db.newIterator(items)) {
      for (iterator.seekToFirst(); iterator.isValid(); iterator.next()) {
        long itemId = ByteBuffer.wrap(iterator.key()).getLong();
        visitor.accept(StoreFormat.decodeItem(itemId, iterator.value()));
      }
      iterator.status();
    } catch (RocksDBException e) {
      throw new StoreException("cannot read the item store: " + e.getMessage(), e);
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
