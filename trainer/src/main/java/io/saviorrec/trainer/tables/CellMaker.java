package io.saviorrec.trainer.tables;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Trains and measures the cells of a table.
public interface CellMaker {

  /// What a cell's training gives.
  ///
  /// @param scores of the period's impressions; null where no ranker is trained
  /// @param retrieval shares of hits by name
  /// @param bundle of the trained model, as a path in the experiment's folder; null without a
  ///   ranker
  @SuppressWarnings("ArrayRecordComponent") // a plain column, never compared
  record Made(float @Nullable [] scores, Map<String, Double> retrieval, @Nullable String bundle) {}

  /// What stands for everything that a cell depends on.
  String key(Cell cell);

  /// Trains one. What was begun of it before is gone on with.
  Made make(Cell cell);
}
