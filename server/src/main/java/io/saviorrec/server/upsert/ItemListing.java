package io.saviorrec.server.upsert;

import io.saviorrec.proto.v1.ItemSummary;
import io.saviorrec.proto.v1.ListItemsRequest;
import io.saviorrec.proto.v1.ListItemsResponse;
import io.saviorrec.server.request.ErrorText;
import io.saviorrec.server.request.RequestException;
import io.saviorrec.server.store.ItemStore;
import io.saviorrec.server.store.StoredItem;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Lists what is stored, a page at a time. A page's token is the id that it ends with.
final class ItemListing {
  private static final int USUAL_SIZE = 100;
  private static final int LARGEST_SIZE = 1000;

  /// Where few are wanted of many, pages are short rather than late.
  private static final int MOST_READ = 10_000;

  private final ItemStore store;

  ItemListing(ItemStore store) {
    this.store = store;
  }

  static int pageSize(ListItemsRequest request) {
    int size = request.getPageSize();
    if (size < 0 || size > LARGEST_SIZE) {
      throw RequestException.invalid("page_size must be in [0, " + LARGEST_SIZE + "], was " + size);
    }
    return size == 0 ? USUAL_SIZE : size;
  }

  /// The id that the page before ended with; null: there was none.
  static @Nullable Long after(ListItemsRequest request) {
    String token = request.getPageToken();
    try {
      return token.isEmpty() ? null : Long.valueOf(token);
    } catch (NumberFormatException e) {
      throw RequestException.invalid(
          "page_token " + ErrorText.quote(token) + " is no next_page_token of a page");
    }
  }

  /// One page.
  ///
  /// @param deleted erased items, in place of those that are there
  ListItemsResponse page(@Nullable Long after, int size, boolean deleted) {
    StoredItem.Kind wanted = deleted ? StoredItem.Kind.DELETED : StoredItem.Kind.SENT;
    ListItemsResponse.Builder response = ListItemsResponse.newBuilder();
    Long last = after;
    for (int read = 0; read < MOST_READ && response.getItemsCount() < size; ) {
      List<StoredItem> items = store.page(last, size - response.getItemsCount());
      if (items.isEmpty()) {
        return response.build();
      }
      items.stream()
          .filter(item -> item.kind() == wanted)
          .forEach(item -> response.addItems(summary(item)));
      last = items.getLast().itemId();
      read += items.size();
    }
    return response.setNextPageToken(String.valueOf(last)).build();
  }

  private static ItemSummary summary(StoredItem item) {
    return ItemSummary.newBuilder()
        .setItemId(item.itemId())
        .setTitle(item.title())
        .setCategory(item.category())
        .setTimeMs(item.times().content())
        .setImageBytes(item.imageBytes())
        .build();
  }
}
