package io.saviorrec.trainer.train;

import io.saviorrec.trainer.data.DataSet;
import io.saviorrec.trainer.data.log.ItemCatalogue;
import java.util.stream.IntStream;

/// The items that were shown before the validation period: the only ones that a model learns from.
///
/// @param indices catalogue indices, ascending
@SuppressWarnings("ArrayRecordComponent") // a plain column, never compared
public record TrainingItems(int[] indices) {

  public static TrainingItems of(DataSet data) {
    ItemCatalogue items = data.items();
    long until = data.cuts().validationFrom();
    return new TrainingItems(
        IntStream.range(0, items.size()).filter(i -> items.firstImpression(i) < until).toArray());
  }

  public int size() {
    return indices.length;
  }

  /// Impressions of the training period.
  public static long samples(DataSet data) {
    return data.stored().impressions(data.cuts().warmupUntil(), data.cuts().validationFrom());
  }
}
