package io.saviorrec.server.store;

import java.util.concurrent.atomic.AtomicLong;
import org.rocksdb.RocksDBException;
import org.rocksdb.RocksIterator;

/// Gives the items of an earlier release what they lack: a version, and as their time that of the
/// upgrade. A crash in between leaves some as they were, and the next start goes on.
final class RocksUpgrade {
  private static final byte[] FORMAT_KEY = StoreFormat.utf8("format");

  /// What is written at once.
  private static final int BATCH = 1000;

  private RocksUpgrade() {}

  /// Upgrades what there is to upgrade.
  ///
  /// @param newestVersion of the store's items; goes on with those that get one
  /// @param millis the time of the upgrade
  /// @return how many items were
  static int upgrade(RocksDatabase open, AtomicLong newestVersion, long millis)
      throws RocksDBException {
    byte[] format = open.db.get(open.about, FORMAT_KEY);
    if (format != null) {
      StoreFormat.requireReadable(format[0]);
      if (format[0] == StoreFormat.FORMAT) {
        return 0;
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
              old.with(old.stats(), StoredItem.Times.at(millis))
                  .withImageBytes(image == null ? 0 : image.length);
          batch.item(
              null,
              old.version() == StoredItem.UNSTORED
                  ? dated.withVersion(newestVersion.incrementAndGet())
                  : dated);
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
    return upgraded;
  }
}
