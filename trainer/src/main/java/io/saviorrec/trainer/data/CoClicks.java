package io.saviorrec.trainer.data;

/// Pairs of items that the same users click close together; each pair stands in both directions.
///
/// @param first catalogue indices, ascending
/// @param second catalogue indices
/// @param weight Swing scores, positive
@SuppressWarnings("ArrayRecordComponent") // plain columns, never compared
public record CoClicks(int[] first, int[] second, float[] weight) {
  public int size() {
    return first.length;
  }
}
