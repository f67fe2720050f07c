package io.saviorrec.trainer.serving;

import com.google.protobuf.ByteString;
import io.saviorrec.content.ItemContent;
import io.saviorrec.proto.v1.Item;
import java.util.Map;

/// Item contents as messages.
public final class ItemMessages {
  private ItemMessages() {}

  /// The message that sends an item.
  ///
  /// @param stats by the names of the model's feature schema; absent ones count as 0
  public static Item of(ItemContent content, Map<String, Double> stats) {
    return Item.newBuilder()
        .setItemId(content.itemId())
        .setTitle(content.title())
        .setCategory(content.category())
        .setText(content.text())
        .setImage(ByteString.copyFrom(content.image()))
        .putAllStats(stats)
        .build();
  }
}
