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
    int size = items.size();
    ItemColumns columns = new ItemColumns(schema.item());
    int category = schema.itemColumn(FeatureSchema.CATEGORY);
    ItemBatch nothing = contract.unknownItem();
    ItemBatch batch =
        new ItemBatch(
            new long[size],
            new float[0],
            new long[size * columns.width()],
            new float[size * nothing.z().length],
            new int[size * nothing.codes().length]);
    boolean[] taken = new boolean[size];
    for (int i = 0; i < size; i++) {
      if (!wanted[i]) {
        continue;
      }
      long row = CandidateHints.NO_CATEGORY;
      if (step == ScoreSource.SHARED_CATEGORY && category >= 0 && !items.category(i).isEmpty()) {
        row = items.columns(i, columns)[category];
      }
      ScoreSource source =
          shared.fill(
              step == ScoreSource.SHARED_CODES ? codes : null,
              i * nothing.codes().length,
              row,
              table.find(items.itemId(i)),
              batch,
              i);
      taken[i] = source == step;
    }
    return new UnknownItems(new ItemFeatures(batch, nothing), taken);
  }
}
