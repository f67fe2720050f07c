package io.saviorrec.trainer.ranker;

import io.saviorrec.trainer.data.log.ImpressionLog;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntPredicate;

/// The impressions of a period in pieces that share one row of a batch, and with it one history.
///
/// A piece has impressions of one user between which nothing else changed that the ranker sees: the
/// same clicks, the same day, the same features. Most are of one page view, but of several where
/// people scroll on without a click, or where a log has one impression a page view.
final class Chunks {
  /// Impressions of a chunk, so that chunks are small beside a batch.
  static final int MOST = 32;

  /// Impressions up to which page views are joined. It spares most of what can be spared, and a
  /// batch keeps impressions of many users, without which its gradient is less sure.
  static final int MOST_JOINED = 8;

  private static final int NONE = -1;

  /// Samples `[from, to)` of [#samples].
  ///
  /// @param page the first page view, which has the user, the history and the features of all
  record Chunk(int page, int from, int to) {
    int size() {
      return to - from;
    }
  }

  /// The log's samples, chunk by chunk.
  final int[] samples;

  /// In the order of their first page views; callers may rearrange them.
  final Chunk[] all;

  private Chunks(int[] samples, Chunk[] all) {
    this.samples = samples;
    this.all = all;
  }

  /// All impressions of the log.
  static Chunks of(ImpressionLog log) {
    return of(log, Long.MIN_VALUE, Long.MAX_VALUE, _ -> true);
  }

  /// The impressions of some page views of times `[from, until)`.
  static Chunks of(ImpressionLog log, long from, long until, IntPredicate wanted) {
    int first = log.firstPageAt(from);
    int end = log.firstPageAt(until);
    // Of each page view the next one that shares its row.
    int[] next = new int[end - first];
    Arrays.fill(next, NONE);
    boolean[] follows = new boolean[end - first];
    // Impressions of the row that each page view is the last of.
    int[] joined = new int[end - first];
    Map<Long, Integer> latest = HashMap.newHashMap(end - first);
    int count = 0;
    for (int page = first; page < end; page++) {
      if (!wanted.test(page)) {
        continue;
      }
      int size = log.pageStart[page + 1] - log.pageStart[page];
      count += size;
      Integer before = latest.put(log.pageUser[page], page);
      joined[page - first] = size;
      if (before != null
          && joined[before - first] + size <= MOST_JOINED
          && log.isUnchanged(before, page)) {
        joined[page - first] += joined[before - first];
        next[before - first] = page;
        follows[page - first] = true;
      }
    }
    int[] samples = new int[count];
    List<Chunk> chunks = new ArrayList<>();
    int at = 0;
    for (int page = first; page < end; page++) {
      if (follows[page - first] || !wanted.test(page)) {
        continue;
      }
      int begin = at;
      for (int of = page; of != NONE; of = next[of - first]) {
        for (int sample = log.pageStart[of]; sample < log.pageStart[of + 1]; sample++) {
          samples[at++] = sample;
        }
      }
      for (int piece = begin; piece < at; piece += MOST) {
        chunks.add(new Chunk(page, piece, Math.min(at, piece + MOST)));
      }
    }
    return new Chunks(samples, chunks.toArray(Chunk[]::new));
  }
}
