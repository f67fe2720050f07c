package io.saviorrec.server.store;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.rocksdb.BlockBasedTableConfig;
import org.rocksdb.BloomFilter;
import org.rocksdb.ColumnFamilyDescriptor;
import org.rocksdb.ColumnFamilyHandle;
import org.rocksdb.ColumnFamilyOptions;
import org.rocksdb.DBOptions;
import org.rocksdb.LRUCache;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;
import org.rocksdb.WriteOptions;

/// The open database of a [RocksItemStore], with its column families.
///
/// Concurrency: what RocksDB allows; closing may overlap with nothing.
final class RocksDatabase implements AutoCloseable {
  private static final long BLOCK_CACHE_BYTES = 64L << 20;
  private static final int MAX_OPEN_FILES = 256;

  private final List<AutoCloseable> resources = new ArrayList<>();
  private final LRUCache cache;
  final RocksDB db;
  final ColumnFamilyHandle about;
  final ColumnFamilyHandle items;
  final ColumnFamilyHandle images;
  final ColumnFamilyHandle representations;
  final ColumnFamilyHandle changes;
  final WriteOptions synced;

  static {
    RocksDB.loadLibrary();
  }

  /// How RocksDB opens a folder.
  @FunctionalInterface
  private interface Opener {
    RocksDB open(
        DBOptions options,
        String path,
        List<ColumnFamilyDescriptor> families,
        List<ColumnFamilyHandle> handles)
        throws RocksDBException;
  }

  /// Opens the database of a folder, making it where it is missing.
  static RocksDatabase open(Path directory) throws RocksDBException {
    return new RocksDatabase(directory, RocksDB::open);
  }

  /// Opens the database of a folder as it is; nothing is written, and nothing can be.
  static RocksDatabase openReadOnly(Path directory) throws RocksDBException {
    return new RocksDatabase(directory, RocksDB::openReadOnly);
  }

  private RocksDatabase(Path directory, Opener opener) throws RocksDBException {
    try {
      cache = own(new LRUCache(BLOCK_CACHE_BYTES));
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
      db = own(opener.open(options, directory.toString(), families, handles));
      handles.forEach(this::own);
      about = handles.get(0);
      items = handles.get(1);
      images = handles.get(2);
      representations = handles.get(3);
      changes = handles.get(4);
    } catch (Throwable e) {
      close();
      throw e;
    }
  }

  private <T extends AutoCloseable> T own(T resource) {
    resources.add(resource);
    return resource;
  }

  /// What it takes outside of the Java heap.
  ItemStore.Memory memory() throws RocksDBException {
    return new ItemStore.Memory(
        cache.getUsage(),
        db.getAggregatedLongProperty("rocksdb.cur-size-all-mem-tables"),
        db.getAggregatedLongProperty("rocksdb.estimate-table-readers-mem"));
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
