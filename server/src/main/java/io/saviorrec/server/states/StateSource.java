package io.saviorrec.server.states;

import java.util.List;
import org.jspecify.annotations.Nullable;

/// What a table's states are computed from, and by what.
///
/// @param <K> the key of a state
/// @param <R> what is known of a key
interface StateSource<K, R> {
  /// Changes whenever something that [#read] answers does.
  long modifications();

  /// What is known of these keys, in their order; null: nothing.
  List<@Nullable R> read(List<K> keys);

  /// Computes states and puts them into slots, which nobody else names yet.
  void compute(int[] slots, List<K> keys, List<R> known);
}
