package io.saviorrec.server.upsert;

import io.saviorrec.content.ItemContent;
import io.saviorrec.proto.v1.UpsertResult;
import io.saviorrec.server.request.ErrorText;
import io.saviorrec.server.store.EncoderKey;
import io.saviorrec.server.store.ItemChange;
import io.saviorrec.server.store.ItemRepresentation;
import io.saviorrec.server.store.ItemStore;
import io.saviorrec.server.store.StoredItem;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// An item on its way into the store. Owned by one thread.
final class Draft {
  private final long itemId;
  private final @Nullable StoredItem item;
  private final @Nullable ItemContent content;
  private final Map<EncoderKey, ItemRepresentation> representations = new HashMap<>();
  private @Nullable String error;
  private boolean encoded;
  private boolean engineFailed;

  private Draft(
      long itemId,
      @Nullable StoredItem item,
      @Nullable ItemContent content,
      @Nullable String error) {
    this.itemId = itemId;
    this.item = item;
    this.content = content;
    this.error = error;
  }

  static Draft of(StoredItem item, ItemContent content) {
    return new Draft(item.itemId(), item, content, null);
  }

  static Draft refused(long itemId, String error) {
    return new Draft(itemId, null, null, error);
  }

  boolean good() {
    return error == null;
  }

  void fail(String reason) {
    error = reason;
  }

  /// The engine failed on it, be the item at fault or the engine.
  void failInEngine(String reason) {
    fail(reason);
    engineFailed = true;
  }

  boolean engineFailed() {
    return engineFailed;
  }

  StoredItem item() {
    if (item == null) {
      throw new IllegalStateException("item " + itemId + " was refused: " + error);
    }
    return item;
  }

  ItemContent content() {
    if (content == null) {
      throw new IllegalStateException("item " + itemId + " was refused: " + error);
    }
    return content;
  }

  void reuse(EncoderKey key, ItemRepresentation representation) {
    representations.put(key, representation);
  }

  void encoded(EncoderKey key, ItemRepresentation representation) {
    representations.put(key, representation);
    encoded = true;
  }

  /// What became of it in the store.
  void stored(ItemChange.Outcome outcome) {
    if (outcome.result() == ItemChange.Result.STORED) {
      return;
    }
    StoredItem newer = outcome.before();
    if (newer == null || item().version() != StoredItem.UNSTORED) {
      fail("item " + itemId + " was changed meanwhile");
    } else {
      fail(
          "time_ms "
              + item().times().content()
              + " is before "
              + newer.times().content()
              + ", when the item was last "
              + (newer.deleted() ? "deleted" : "changed"));
    }
  }

  boolean unchanged() {
    return good() && !encoded;
  }

  ItemStore.Entry entry() {
    return new ItemStore.Entry(item(), content().image(), Map.copyOf(representations));
  }

  UpsertResult result() {
    return UpsertResult.newBuilder()
        .setItemId(itemId)
        .setError(error == null ? "" : ErrorText.limit(error))
        .setUnchanged(unchanged())
        .build();
  }
}
