package io.saviorrec.trainer.ranker;

import io.saviorrec.trainer.ranker.Chunks.Chunk;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.random.RandomGenerator;

/// Chunks in batches of about the same number of impressions. Which chunks come together does not
/// depend on their sizes: a chunk of several page views often ends with a click, so that its size
/// tells of clicks, and batches of one size would differ in click rate. Within a batch they stand
/// as the ranker wants them, alike beside alike.
final class BatchOrder {
  /// Chunks `[from, until)` of an epoch's order.
  record Range(int from, int until) {}

  /// One epoch's random order of `chunks`, which is rearranged in place.
  static List<Range> shuffle(
      Chunk[] chunks, int batchSize, Comparator<Chunk> within, RandomGenerator random) {
    Collections.shuffle(Arrays.asList(chunks), random);
    List<Range> ranges = sequential(chunks, batchSize, within);
    // What is left over at the end makes a small batch, which must not always be the last step.
    Collections.shuffle(ranges, random);
    return ranges;
  }

  /// Batches of `chunks` in the order that they have; each is rearranged in place.
  static List<Range> sequential(Chunk[] chunks, int batchSize, Comparator<Chunk> within) {
    List<Range> ranges = new ArrayList<>();
    int from = 0;
    int samples = 0;
    for (int i = 0; i < chunks.length; i++) {
      samples += chunks[i].size();
      if (samples >= batchSize || i + 1 == chunks.length) {
        Arrays.sort(chunks, from, i + 1, within);
        ranges.add(new Range(from, i + 1));
        from = i + 1;
        samples = 0;
      }
    }
    return ranges;
  }

  private BatchOrder() {}
}
