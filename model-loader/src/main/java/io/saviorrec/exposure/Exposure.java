package io.saviorrec.exposure;

import java.util.Arrays;
import java.util.Map;

/// One answered scoring request.
///
/// @param requestId empty: the caller gave none
/// @param timeMillis when it was answered, since 1970
/// @param userId 0: nobody who is known
/// @param unit the flag that the request was split by in place of the user; empty for none
/// @param bucket empty: no experiment decided
/// @param label by which the version was chosen; empty when it was chosen otherwise
/// @param degraded what overload left out; empty for nothing
/// @param items the candidates, in the order of the answer
/// @param pctr their scores
/// @param sources where each score came from
/// @param pctrBase the base model's probabilities; NaN where absent
/// @param context of the page view: texts and numbers (`Double`) by column
/// @param profile of the user, likewise
public record Exposure(
    String requestId,
    long timeMillis,
    long userId,
    String unit,
    String bucket,
    String model,
    long version,
    String variant,
    String label,
    String degraded,
    long[] items,
    float[] pctr,
    String[] sources,
    float[] pctrBase,
    Map<String, Object> context,
    Map<String, Object> profile) {

  /// The place of each candidate in the order of the scores, from 1; equal scores stand in the
  /// order of the answer.
  public int[] ranks() {
    Integer[] order = new Integer[pctr.length];
    for (int i = 0; i < order.length; i++) {
      order[i] = i;
    }
    Arrays.sort(order, (a, b) -> Float.compare(pctr[b], pctr[a]));
    int[] ranks = new int[order.length];
    for (int place = 0; place < order.length; place++) {
      ranks[order[place]] = place + 1;
    }
    return ranks;
  }

  /// Whom its experiment counts it for: a user, or where nobody is known the request itself.
  public String cluster() {
    if (!unit.isEmpty()) {
      return "unit " + unit;
    }
    return userId != 0 ? "user " + userId : "request " + requestId;
  }
}
