package io.saviorrec.trainer.tables;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/// What a finished cell left, beside its scores.
///
/// @param row the row's name
/// @param key stands for everything that the cell depends on
/// @param seconds it took, those before a kill not counted
/// @param retrieval shares of hits by name
/// @param bundle of the trained model in the experiment's folder; null without a ranker
public record CellResult(
    String row,
    long seed,
    String key,
    double seconds,
    Map<String, Double> retrieval,
    @Nullable String bundle) {

  public CellResult {
    retrieval = Map.copyOf(retrieval);
  }
}
