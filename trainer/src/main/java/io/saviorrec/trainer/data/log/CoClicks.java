package io.saviorrec.trainer.data.log;

/// Pairs of items that the same users click close together; each pair stands in both directions.
///
/// @param first catalogue indices, ascending
/// @param second catalogue indices
/// @param weight how much more often than by chance, positive; the same in both directions
@SuppressWarnings("ArrayRecordComponent") // plain columns, never compared
public record CoClicks(int[] first, int[] second, float[] weight) {
  public int size() {
    return first.length;
  }
}
