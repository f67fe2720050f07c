package io.saviorrec.server.store;

import io.saviorrec.server.store.ItemStore.RepresentationId;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.rocksdb.ReadOptions;
import org.rocksdb.RocksDBException;
import org.rocksdb.RocksIterator;
import org.rocksdb.WriteBatchWithIndex;

/// Changes of a [RocksDatabase] that are written together or not at all. A later one of an item
/// sees what an earlier one does.
final class RocksBatch implements AutoCloseable {
  private final RocksDatabase open;
  private final WriteBatchWithIndex batch = new WriteBatchWithIndex(true);
  private final ReadOptions reading = new ReadOptions();

  RocksBatch(RocksDatabase open) {
    this.open = open;
  }

  /// Writes an item over what was stored of it.
  void item(@Nullable StoredItem before, StoredItem after) throws RocksDBException {
    byte[] key = StoreFormat.itemKey(after.itemId());
    if (before != null) {
      dropChange(before);
    }
    batch.put(open.items, key, StoreFormat.encodeItem(after));
    batch.put(open.changes, StoreFormat.changeKey(after.version()), key);
  }

  /// A copy of a store that lost something may have given the version to another item meanwhile.
  private void dropChange(StoredItem before) throws RocksDBException {
    byte[] change = StoreFormat.changeKey(before.version());
    byte[] there = batch.getFromBatchAndDB(open.db, open.changes, reading, change);
    if (Arrays.equals(there, StoreFormat.itemKey(before.itemId()))) {
      batch.delete(open.changes, change);
    }
  }

  void image(long itemId, byte[] image) throws RocksDBException {
    byte[] key = StoreFormat.itemKey(itemId);
    if (image.length == 0) {
      batch.delete(open.images, key);
    } else {
      batch.put(open.images, key, image);
    }
  }

  /// Writes the representations of an item beside those that others made of the same content.
  void addRepresentations(StoredItem item, Map<EncoderKey, ItemRepresentation> made)
      throws RocksDBException {
    byte[] sameContent = StoreFormat.contentKey(item.itemId(), item.contentHash());
    int kept = 0;
    for (byte[] old : representationKeys(item.itemId())) {
      if (StoreFormat.startsWith(old, sameContent) && kept < ItemStore.OTHER_ENCODERS) {
        kept++;
      } else {
        batch.delete(open.representations, old);
      }
    }
    put(item, made);
  }

  /// Writes the representations of an item in place of those that are stored.
  void representations(StoredItem item, Map<EncoderKey, ItemRepresentation> made)
      throws RocksDBException {
    for (byte[] old : representationKeys(item.itemId())) {
      batch.delete(open.representations, old);
    }
    put(item, made);
  }

  private void put(StoredItem item, Map<EncoderKey, ItemRepresentation> made)
      throws RocksDBException {
    for (Map.Entry<EncoderKey, ItemRepresentation> each : made.entrySet()) {
      batch.put(
          open.representations,
          StoreFormat.representationKey(
              new RepresentationId(item.itemId(), item.contentHash(), each.getKey())),
          StoreFormat.encodeRepresentation(each.getValue()));
    }
  }

  private List<byte[]> representationKeys(long itemId) throws RocksDBException {
    byte[] prefix = StoreFormat.itemKey(itemId);
    List<byte[]> keys = new ArrayList<>();
    try (RocksIterator iterator =
        batch.newIteratorWithBase(
            open.representations, open.db.newIterator(open.representations))) {
      for (iterator.seek(prefix);
          iterator.isValid() && StoreFormat.startsWith(iterator.key(), prefix);
          iterator.next()) {
        keys.add(iterator.key());
      }
      iterator.status();
    }
    return keys;
  }

  /// Writes the end of an item.
  void deletion(@Nullable StoredItem before, StoredItem deleted) throws RocksDBException {
    item(before, deleted);
    image(deleted.itemId(), new byte[0]);
    representations(deleted, Map.of());
    if (before != null && !before.deleted()) {
      RocksErasure.note(open, batch, deleted.itemId());
    }
  }

  /// Takes out an item as if it had never been there.
  void forget(StoredItem before) throws RocksDBException {
    byte[] key = StoreFormat.itemKey(before.itemId());
    dropChange(before);
    batch.delete(open.items, key);
    batch.delete(open.images, key);
    for (byte[] made : representationKeys(before.itemId())) {
      batch.delete(open.representations, made);
    }
    RocksErasure.note(open, batch, before.itemId());
  }

  void about(byte[] key, byte[] value) throws RocksDBException {
    batch.put(open.about, key, value);
  }

  int count() {
    return batch.count();
  }

  /// Writes what is in it, durably, and is empty again.
  void write() throws RocksDBException {
    if (batch.count() > 0) {
      open.db.write(open.synced, batch);
      batch.clear();
    }
  }

  @Override
  public void close() {
    reading.close();
    batch.close();
  }
}
