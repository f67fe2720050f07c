package io.saviorrec.server.store;

import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// The durable home of items that arrive after training: their content and their representations.
public interface ItemStore extends AutoCloseable {
  /// One item to store, with everything that is computed from its content.
  ///
  /// @param item the item
  /// @param image its image file; empty: none
  /// @param representations of this content; the stored ones of other content are dropped
  @SuppressWarnings("ArrayRecordComponent") // handed on, never compared
  record Entry(StoredItem item, byte[] image, Map<EncoderKey, ItemRepresentation> representations) {}

  @Nullable StoredItem item(long itemId);

  /// The image file; empty when the item has none or is not stored.
  byte[] image(long itemId);

  @Nullable ItemRepresentation representation(long itemId, long contentHash, EncoderKey key);

  /// Replaces the items. All of it survives a crash once the call has returned, or none of it.
  void put(List<Entry> entries);

  /// Visits the items as they were at the start of the call.
  void forEach(Consumer<StoredItem> visitor);

  @Override
  void close();
}
