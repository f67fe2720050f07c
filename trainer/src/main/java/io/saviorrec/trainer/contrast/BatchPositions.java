package io.saviorrec.trainer.contrast;

import java.util.HashMap;
import java.util.Map;

/// The positions of a batch at which each of its items stands.
final class BatchPositions {
  private final Map<Integer, Integer> head;
  private final int[] next;

  BatchPositions(int[] batch) {
    head = HashMap.newHashMap(batch.length);
    next = new int[batch.length];
    for (int i = 0; i < batch.length; i++) {
      Integer before = head.put(batch[i], i);
      next[i] = before == null ? -1 : before;
    }
  }

  /// Adds `row · B + column` for every column of the item that `lastSeen` has not noted for the
  /// row.
  void collect(int item, int row, int[] lastSeen, LongList positions) {
    for (int column = head.getOrDefault(item, -1); column >= 0; column = next[column]) {
      if (lastSeen[column] != row) {
        lastSeen[column] = row;
        positions.add((long) row * next.length + column);
      }
    }
  }
}
