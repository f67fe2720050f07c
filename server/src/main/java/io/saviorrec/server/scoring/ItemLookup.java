package io.saviorrec.server.scoring;

import io.saviorrec.bundle.ItemBatch;
import io.saviorrec.proto.v1.ItemInfo;
import io.saviorrec.server.registry.LiveModel;
import io.saviorrec.server.states.KnownBatch;
import io.saviorrec.server.states.KnownItems;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/// Says what a model knows of items.
final class ItemLookup {
  private ItemLookup() {}

  /// One for each id, in their order.
  static List<ItemInfo> describe(LiveModel model, List<Long> itemIds) {
    KnownItems items = model.items();
    KnownBatch found = items.find(itemIds.stream().mapToLong(Long::longValue).toArray());
    int levels = items.dims().levels();
    List<ItemInfo.Builder> infos = new ArrayList<>(itemIds.size());
    int[] known = IntStream.range(0, itemIds.size()).filter(found::known).toArray();
    for (int i = 0; i < itemIds.size(); i++) {
      ItemInfo.Builder info =
          ItemInfo.newBuilder().setItemId(itemIds.get(i)).setSource(found.sources()[i]);
      infos.add(info);
      if (found.known(i)) {
        info.setTitle(items.title(itemIds.get(i)));
        for (int l = i * levels; l < (i + 1) * levels; l++) {
          info.addCodes(found.items().codes()[l]);
        }
      }
    }
    if (known.length > 0) {
      ItemBatch batch = found.select(known);
      float[] ratios = model.engine().alignmentRatio(batch.z(), batch.codes());
      for (int i = 0; i < ratios.length; i++) {
        infos.get(known[i]).setAlignmentRatio(ratios[i]);
      }
    }
    return infos.stream().map(ItemInfo.Builder::build).toList();
  }
}
