package io.saviorrec.server.scoring;

import io.saviorrec.proto.v1.ItemInfo;
import io.saviorrec.proto.v1.ScoreSource;
import io.saviorrec.server.registry.LiveModel;
import io.saviorrec.server.states.KnownItem;
import io.saviorrec.server.states.KnownItems;
import io.saviorrec.server.store.ItemRepresentation;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Says what a model knows of items.
final class ItemLookup {
  private ItemLookup() {}

  /// One for each id, in their order.
  static List<ItemInfo> describe(LiveModel model, List<Long> itemIds) {
    KnownItems items = model.items();
    int zDim = items.dims().zDim();
    int levels = items.dims().levels();
    float[] z = new float[itemIds.size() * zDim];
    int[] codes = new int[itemIds.size() * levels];
    List<ItemInfo.Builder> infos = new ArrayList<>(itemIds.size());
    List<ItemInfo.Builder> known = new ArrayList<>(itemIds.size());
    List<@Nullable KnownItem> found =
        items.find(itemIds.stream().mapToLong(Long::longValue).toArray());
    for (int i = 0; i < found.size(); i++) {
      long itemId = itemIds.get(i);
      ItemInfo.Builder info = ItemInfo.newBuilder().setItemId(itemId);
      infos.add(info);
      KnownItem item = found.get(i);
      if (item == null) {
        info.setSource(ScoreSource.UNKNOWN_ITEM);
        continue;
      }
      ItemRepresentation representation = item.representation();
      System.arraycopy(representation.z(), 0, z, known.size() * zDim, zDim);
      System.arraycopy(representation.codes(), 0, codes, known.size() * levels, levels);
      for (int code : representation.codes()) {
        info.addCodes(code);
      }
      known.add(info.setSource(item.source()).setTitle(items.title(itemId)));
    }
    if (!known.isEmpty()) {
      float[] ratios =
          model
              .engine()
              .alignmentRatio(
                  Arrays.copyOf(z, known.size() * zDim),
                  Arrays.copyOf(codes, known.size() * levels));
      for (int i = 0; i < ratios.length; i++) {
        known.get(i).setAlignmentRatio(ratios[i]);
      }
    }
    return infos.stream().map(ItemInfo.Builder::build).toList();
  }
}
