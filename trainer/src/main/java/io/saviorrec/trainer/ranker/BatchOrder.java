package io.saviorrec.trainer.ranker;

import io.saviorrec.trainer.ranker.BatchAssembler.Chunk;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.random.RandomGenerator;

/// A random order of page views in batches of about the same number of impressions.
///
/// Pages are shuffled, sorted by size within windows of some batches so that little is padded, cut
/// into batches, and the batches are shuffled again.
final class BatchOrder {
  private static final int WINDOW_BATCHES = 20;

  /// Chunks `[from, until)` of an epoch's order.
  record Range(int from, int until) {}

  /// One epoch's order of `chunks`, which is rearranged in place.
  static List<Range> shuffle(Chunk[] chunks, int batchSize, RandomGenerator random) {
    Collections.shuffle(Arrays.asList(chunks), random);
    long samples = 0;
    for (Chunk chunk : chunks) {
      samples += chunk.size();
    }
    int perBatch = (int) Math.max(1, (long) batchSize * chunks.length / Math.max(1, samples));
    int window = perBatch * WINDOW_BATCHES;
    for (int at = 0; at < chunks.length; at += window) {
      Arrays.sort(
          chunks, at, Math.min(chunks.length, at + window), Comparator.comparingInt(Chunk::size));
    }
    List<Range> ranges = sequential(chunks, batchSize);
    Collections.shuffle(ranges, random);
    return ranges;
  }

  /// Batches of `chunks` in the order that they have.
  static List<Range> sequential(Chunk[] chunks, int batchSize) {
    List<Range> ranges = new ArrayList<>();
    int from = 0;
    int samples = 0;
    for (int i = 0; i < chunks.length; i++) {
      samples += chunks[i].size();
      if (samples >= batchSize || i + 1 == chunks.length) {
        ranges.add(new Range(from, i + 1));
        from = i + 1;
        samples = 0;
      }
    }
    return ranges;
  }

  private BatchOrder() {}
}
