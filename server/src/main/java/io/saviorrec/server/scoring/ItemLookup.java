package io.saviorrec.server.scoring;

import io.saviorrec.proto.v1.ItemInfo;
import io.saviorrec.proto.v1.ScoreSource;
import io.saviorrec.server.states.KnownItem;
import io.saviorrec.server.states.KnownItems;
import io.saviorrec.server.states.ModelItems;
import io.saviorrec.server.store.ItemRepresentation;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// Says what a model knows of items.
final class ItemLookup {
  private ItemLookup() {}

  /// One for each id, in their order.
  static List<ItemInfo> describe(ModelItems model, List<Long> itemIds) {
    KnownItems catalogue = model.catalogue();
    int zDim = catalogue.dims().zDim();
    int levels = catalogue.dims().levels();
    float[] z = new float[itemIds.size() * zDim];
    int[] codes = new int[itemIds.size() * levels];
    List<ItemInfo.Builder> infos = new ArrayList<>(itemIds.size());
    List<ItemInfo.Builder> known = new ArrayList<>(itemIds.size());
    for (long itemId : itemIds) {
      ItemInfo.Builder info = ItemInfo.newBuilder().setItemId(itemId);
      infos.add(info);
      KnownItem item = catalogue.find(itemId);
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
      known.add(info.setSource(item.source()).setTitle(catalogue.title(itemId)));
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
