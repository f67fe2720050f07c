package io.saviorrec.server.store;

import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// The durable home of items that arrive after training: their content and their representations.
///
/// Versions: each put gives every item that it stores a version above all that the store has given
/// before. Two reads of an item that show one version show one content.
public interface ItemStore extends AutoCloseable {
  /// One item to store, with everything that is computed from its content.
  ///
  /// @param item the item; the store gives it a version of its own
  /// @param image its image file; empty: none
  /// @param representations of this content; the stored ones of other content are dropped
  @SuppressWarnings("ArrayRecordComponent") // handed on, never compared
  record Entry(
      StoredItem item, byte[] image, Map<EncoderKey, ItemRepresentation> representations) {}

  /// Names one stored representation.
  ///
  /// @param contentHash of the content that was encoded
  /// @param key the archives that encoded it
  record RepresentationId(long itemId, long contentHash, EncoderKey key) {}

  /// A stretch of the feed of changes.
  ///
  /// @param itemIds items in the order of their newest versions
  /// @param version the version of the last of them, to ask on from; as asked when there is none
  record Changes(List<Long> itemIds, long version) {
    public Changes {
      itemIds = List.copyOf(itemIds);
    }
  }

  /// The items of these ids, in their order; null: not stored.
  List<@Nullable StoredItem> items(long[] itemIds);

  /// The image file; empty when the item has none or is not stored.
  byte[] image(long itemId);

  /// The representations of these names, in their order; null: not stored.
  List<@Nullable ItemRepresentation> representations(List<RepresentationId> ids);

  /// Fails as [#put] would when nothing can be stored now, so that nothing is computed for it in
  /// vain.
  ///
  /// @throws StoreException saying why
  void requireRoom();

  /// Replaces the items. All of it survives a crash once the call has returned, or none of it.
  void put(List<Entry> entries);

  /// The items that were put after `version`, each once, at most `limit` of them. Version 0 begins
  /// before every item.
  Changes changesSince(long version, int limit);

  /// Visits the items as they were at the start of the call.
  void forEach(Consumer<StoredItem> visitor);

  @Override
  void close();
}
