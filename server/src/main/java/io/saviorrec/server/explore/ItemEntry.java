package io.saviorrec.server.explore;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.google.protobuf.ByteString;
import io.saviorrec.proto.v1.Item;
import io.saviorrec.proto.v1.UpsertItemsRequest;
import io.saviorrec.proto.v1.UpsertItemsResponse;
import io.saviorrec.proto.v1.UpsertResult;
import io.saviorrec.server.admin.Section.Asked;
import io.saviorrec.server.registry.LiveModel;
import io.saviorrec.server.registry.Registry;
import io.saviorrec.server.registry.SnapshotHandle;
import io.saviorrec.server.request.ErrorCode;
import io.saviorrec.server.request.FatalErrors;
import io.saviorrec.server.request.OwnCall;
import io.saviorrec.server.request.RequestException;
import io.saviorrec.server.store.ItemStore;
import io.saviorrec.server.store.StoreException;
import io.saviorrec.server.store.StoredItem;
import io.saviorrec.server.upsert.ItemIntake;
import java.io.IOException;
import java.util.Base64;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/// The explorer's way to put up an item: an upsert like any other.
public final class ItemEntry {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(9);

  /// What an item may have.
  public record Bounds(int imageBytes, int textChars) {
    /// Of the JSON, with the picture in Base64 and every character of the texts escaped.
    int mostBytes() {
      return Math.toIntExact(
          Math.min(Integer.MAX_VALUE / 2, imageBytes * 4L / 3 + 6L * 3 * textChars + 4096));
    }
  }

  /// What became of it.
  record Entered(String id, long millis) {}

  private final ItemIntake intake;
  private final Registry registry;
  private final ItemStore store;

  ItemEntry(ItemIntake intake, Registry registry, ItemStore store) {
    this.intake = intake;
    this.registry = registry;
    this.store = store;
  }

  /// Puts up `{"id", "title", "category", "image" (Base64), "replace"}`; returns when it is stored
  /// and can be scored.
  Entered put(Asked asked) {
    long start = System.nanoTime();
    JsonNode sent = parse(asked.body());
    Item item = item(sent);
    if (!sent.path("replace").asBoolean(false)) {
      requireNew(item.getItemId());
    }
    OwnCall call = new OwnCall(PATIENCE_NANOS);
    UpsertItemsRequest request = UpsertItemsRequest.newBuilder().addItems(item).build();
    UpsertResult result = await(request, call).getResults(0);
    if (!result.getError().isEmpty()) {
      throw RequestException.invalid(result.getError());
    }
    return new Entered(
        Long.toString(item.getItemId()), TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start));
  }

  private static JsonNode parse(byte[] body) {
    try {
      return JSON.readTree(body);
    } catch (IOException e) {
      throw RequestException.invalid("what was sent is no JSON");
    }
  }

  private static Item item(JsonNode sent) {
    try {
      return Item.newBuilder()
          .setItemId(Long.parseLong(sent.path("id").asText().strip()))
          .setTitle(sent.path("title").asText().strip())
          .setCategory(sent.path("category").asText().strip())
          .setImage(ByteString.copyFrom(Base64.getDecoder().decode(sent.path("image").asText())))
          .build();
    } catch (NumberFormatException e) {
      throw RequestException.invalid("the number of the item must be a whole number");
    } catch (IllegalArgumentException e) {
      throw RequestException.invalid("the picture is not in Base64");
    }
  }

  private void requireNew(long itemId) {
    StoredItem stored = store.items(new long[] {itemId}).getFirst();
    boolean known = stored != null && !stored.deleted();
    try (SnapshotHandle live = registry.acquireAll()) {
      for (LiveModel model : live.models().all()) {
        known |= model.trained(itemId);
      }
    }
    if (known) {
      throw RequestException.invalid(
          "there is an item " + itemId + " already; choose another number, or replace it");
    }
  }

  private UpsertItemsResponse await(UpsertItemsRequest request, OwnCall call) {
    try {
      return intake.upsert(request, call).get(PATIENCE_NANOS, TimeUnit.NANOSECONDS);
    } catch (TimeoutException e) {
      call.end();
      throw new RequestException(ErrorCode.DEADLINE_EXCEEDED, "the item took too long", e);
    } catch (InterruptedException e) {
      call.end();
      Thread.currentThread().interrupt();
      throw new RequestException(ErrorCode.UNAVAILABLE, "the server is stopping", e);
    } catch (ExecutionException e) {
      FatalErrors.endIfFatal(e);
      switch (e.getCause()) {
        case RequestException refused -> throw refused;
        case StoreException failed -> throw failed;
        case null, default ->
            throw new RequestException(ErrorCode.INTERNAL, "the item cannot be encoded", e);
      }
    }
  }
}
