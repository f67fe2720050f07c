package io.saviorrec.server.store;

import io.saviorrec.server.store.ItemStore.RepresentationId;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.rocksdb.ColumnFamilyHandle;
import org.rocksdb.RocksDBException;
import org.rocksdb.RocksIterator;

/// What a [RocksDatabase] is asked.
final class RocksReads {
  private RocksReads() {}

  static List<@Nullable StoredItem> items(RocksDatabase open, long[] itemIds)
      throws RocksDBException {
    List<byte[]> keys = Arrays.stream(itemIds).mapToObj(StoreFormat::itemKey).toList();
    List<byte @Nullable []> values = get(open, open.items, keys);
    List<@Nullable StoredItem> found = new ArrayList<>(itemIds.length);
    for (int i = 0; i < itemIds.length; i++) {
      byte[] value = values.get(i);
      found.add(value == null ? null : StoreFormat.decodeItem(itemIds[i], value));
    }
    return found;
  }

  static byte[] image(RocksDatabase open, long itemId) throws RocksDBException {
    byte[] value = open.db.get(open.images, StoreFormat.itemKey(itemId));
    return value == null ? new byte[0] : value;
  }

  static List<@Nullable ItemRepresentation> representations(
      RocksDatabase open, List<RepresentationId> ids) throws RocksDBException {
    List<@Nullable ItemRepresentation> found = new ArrayList<>(ids.size());
    List<byte[]> keys = ids.stream().map(StoreFormat::representationKey).toList();
    for (byte[] value : get(open, open.representations, keys)) {
      found.add(value == null ? null : StoreFormat.decodeRepresentation(value));
    }
    return found;
  }

  private static List<byte @Nullable []> get(
      RocksDatabase open, ColumnFamilyHandle family, List<byte[]> keys) throws RocksDBException {
    return new ArrayList<byte @Nullable []>(
        open.db.multiGetAsList(Collections.nCopies(keys.size(), family), keys));
  }

  static long newestVersion(RocksDatabase open) throws RocksDBException {
    try (RocksIterator iterator = open.db.newIterator(open.changes)) {
      iterator.seekToLast();
      long newest = iterator.isValid() ? StoreFormat.readLong(iterator.key()) : 0;
      iterator.status();
      return newest;
    }
  }

  static ItemStore.Changes changesSince(RocksDatabase open, long version, int limit)
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
    return new ItemStore.Changes(itemIds, last);
  }

  /// Items with ids from `first` on, in the order of the ids. Keys sort as unsigned numbers, so
  /// those of negative ids come last and are asked for first.
  static List<StoredItem> page(RocksDatabase open, long first, int limit) throws RocksDBException {
    List<StoredItem> page = new ArrayList<>();
    if (first < 0) {
      addStretch(open, first, -1, limit, page);
    }
    addStretch(open, Math.max(first, 0), Long.MAX_VALUE, limit, page);
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
}
