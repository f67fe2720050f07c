package io.saviorrec.trainer.bench;

import java.util.LinkedHashMap;
import java.util.Map;

/// The size of a request.
///
/// @param candidates of a request
/// @param history clicks of its user
record Shape(int candidates, int history) {
  /// The columns of a table that name it.
  Map<String, String> labels() {
    Map<String, String> labels = new LinkedHashMap<>();
    labels.put("candidates", Integer.toString(candidates));
    labels.put("history", Integer.toString(history));
    return labels;
  }

  @Override
  public String toString() {
    return candidates + "-" + history;
  }
}
