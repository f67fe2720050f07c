package io.saviorrec.trainer.train;

import java.util.Collections;
import java.util.SortedMap;
import java.util.TreeMap;

/// Everything that a stage's result depends on, by name.
record StageKey(SortedMap<String, String> inputs) {
  StageKey {
    inputs = Collections.unmodifiableSortedMap(new TreeMap<>(inputs));
  }

  /// SHA-256 of the inputs, which stands for them.
  String sha() {
    Sha256 sha = new Sha256();
    inputs.forEach((name, value) -> sha.add(name).add(value));
    return sha.hex();
  }
}
