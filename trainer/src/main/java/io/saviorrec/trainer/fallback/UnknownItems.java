package io.saviorrec.trainer.fallback;

import io.saviorrec.bundle.ItemBatch;
import io.saviorrec.bundle.ItemTable;
import io.saviorrec.contract.CandidateHints;
import io.saviorrec.contract.RankerContract;
import io.saviorrec.contract.SharedItems;
import io.saviorrec.feature.FeatureSchema;
import io.saviorrec.feature.ItemColumns;
import io.saviorrec.proto.v1.ScoreSource;
import io.saviorrec.trainer.data.log.ItemCatalogue;
import io.saviorrec.trainer.ranker.ItemFeatures;
import java.util.stream.IntStream;

/// A catalogue's items as a server sees them that has none of them, by one step of the fallback.
///
/// @param features what the ranker is told of them
/// @param taken by catalogue index: whether this step is the one that an item gets; another's
///   scores say nothing of it
@SuppressWarnings("ArrayRecordComponent") // handed on, never compared
record UnknownItems(ItemFeatures features, boolean[] taken) {

  /// Items by what a request says of them: for `SHARED_CODES` their codes, for `SHARED_CATEGORY`
  /// their category, for `UNKNOWN_ITEM` nothing.
  ///
  /// @param wanted by catalogue index: of which items it is asked
  /// @param codes i32[N*L] of the catalogue
  /// @param shared what stands for them; an item that is in its table is left out of its own mean
  static UnknownItems of(
      ScoreSource step,
      ItemCatalogue items,
      boolean[] wanted,
      FeatureSchema schema,
      int[] codes,
      ItemTable table,
      SharedItems shared,
      RankerContract contract) {
    int[] indices = IntStream.range(0, items.size()).filter(i -> wanted[i]).toArray();
    int size = indices.length;
    ItemColumns columns = new ItemColumns(schema.item());
    int category = schema.itemColumn(FeatureSchema.CATEGORY);
    ItemBatch nothing = contract.unknownItem();
    ItemBatch batch =
        new ItemBatch(
            new long[size],
            new float[0],
            new long[size * columns.width()],
            new float[Math.multiplyExact(size, nothing.z().length)],
            new int[size * nothing.codes().length]);
    boolean[] taken = new boolean[items.size()];
    for (int row = 0; row < size; row++) {
      int i = indices[row];
      long ofCategory = CandidateHints.NO_CATEGORY;
      if (step == ScoreSource.SHARED_CATEGORY && category >= 0 && !items.category(i).isEmpty()) {
        ofCategory = items.columns(i, columns)[category];
      }
      ScoreSource source =
          shared.fill(
              step == ScoreSource.SHARED_CODES ? codes : null,
              i * nothing.codes().length,
              ofCategory,
              table.find(items.itemId(i)),
              batch,
              row);
      taken[i] = source == step;
    }
    return new UnknownItems(new ItemFeatures(items.size(), indices, batch, nothing), taken);
  }
}
