package io.saviorrec.trainer.ranker;

import io.saviorrec.trainer.data.log.ImpressionLog;
import io.saviorrec.trainer.data.log.ItemStatistics;
import io.saviorrec.trainer.data.log.Tastes;
import io.saviorrec.trainer.torch.Tensors;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// Gathers page views of a log into batches of tensors. A page is a [Chunk] of a page view, so that
/// one long page view does not pad a whole batch.
final class BatchAssembler {
  private static final int STATS = ItemStatistics.WIDTH;

  /// Impressions of one page view that share a row of a batch.
  static final int MAX_CANDIDATES = 32;

  /// Impressions `[from, to)` of the log, all of one page view.
  record Chunk(int page, int from, int to) {
    int size() {
      return to - from;
    }
  }

  private final ImpressionLog log;
  private final ItemStatistics statistics;
  private final ItemFeatures items;
  private final int historyLength;
  private final Tastes tastes;

  BatchAssembler(
      ImpressionLog log,
      ItemStatistics statistics,
      ItemFeatures items,
      int historyLength,
      Tastes tastes) {
    this.log = log;
    this.statistics = statistics;
    this.items = items;
    this.historyLength = historyLength;
    this.tastes = tastes;
  }

  /// The chunks of the pages of times `[from, until)`, in time order.
  static Chunk[] chunks(ImpressionLog log, long from, long until) {
    List<Chunk> chunks = new ArrayList<>();
    for (int page = log.firstPageAt(from); page < log.firstPageAt(until); page++) {
      int end = log.pageStart[page + 1];
      for (int at = log.pageStart[page]; at < end; at += MAX_CANDIDATES) {
        chunks.add(new Chunk(page, at, Math.min(end, at + MAX_CANDIDATES)));
      }
    }
    return chunks.toArray(Chunk[]::new);
  }

  /// Assembles `chunks[from..until)`.
  PageBatch assemble(Chunk[] chunks, int from, int until) {
    int pages = until - from;
    int candidates = 1;
    int history = 1;
    for (int i = from; i < until; i++) {
      candidates = Math.max(candidates, chunks[i].size());
      history = Math.max(history, Math.min(historyLength, historySize(chunks[i].page())));
    }
    int profileWidth = log.profileWidth;
    int contextWidth = log.contextWidth;
    long[] user = new long[pages];
    long[] profile = new long[pages * profileWidth];
    long[] context = new long[pages * contextWidth];
    long[] historyRows = new long[pages * history];
    Arrays.fill(historyRows, items.paddingRow());
    float[] historyStats = new float[pages * history * STATS];
    boolean[] mask = new boolean[pages * history];
    long[] rows = new long[pages * candidates];
    Arrays.fill(rows, items.paddingRow());
    float[] stats = new float[pages * candidates * STATS];
    float[] pctrBase = new float[pages * candidates];
    float[] taste = new float[pages * tastes.width()];
    float[] labels = new float[pages * candidates];
    float[] weights = new float[pages * candidates];
    int samples = 0;
    for (int g = 0; g < pages; g++) {
      Chunk chunk = chunks[from + g];
      int page = chunk.page();
      int day = log.pageDay[page];
      user[g] = log.pageUser[page];
      tastes.at(log.pageUser[page], day, taste, g * tastes.width());
      System.arraycopy(
          log.pageProfile, page * profileWidth, profile, g * profileWidth, profileWidth);
      System.arraycopy(
          log.pageContext, page * contextWidth, context, g * contextWidth, contextWidth);
      int clicks = Math.min(historyLength, historySize(page));
      int firstClick = log.historyEnd[page] - clicks;
      for (int j = 0; j < clicks; j++) {
        int item = log.clickItem[firstClick + j];
        int at = g * history + j;
        historyRows[at] = item;
        mask[at] = true;
        statistics.at(item, day, historyStats, at * STATS);
      }
      for (int c = 0; c < chunk.size(); c++) {
        int sample = chunk.from() + c;
        int item = log.sampleItem[sample];
        int at = g * candidates + c;
        rows[at] = item;
        statistics.at(item, day, stats, at * STATS);
        pctrBase[at] = log.pctrBase[sample];
        labels[at] = log.clicked[sample] ? 1 : 0;
        weights[at] = 1;
      }
      samples += chunk.size();
    }
    return new PageBatch(
        Tensors.longs(user, pages),
        Tensors.longs(profile, pages, profileWidth),
        Tensors.longs(context, pages, contextWidth),
        Tensors.longs(historyRows, pages, history),
        Tensors.floats(historyStats, pages, history, STATS),
        Tensors.booleans(mask, pages, history),
        Tensors.longs(rows, pages, candidates),
        Tensors.floats(stats, pages, candidates, STATS),
        Tensors.floats(pctrBase, pages, candidates),
        Tensors.floats(taste, pages, tastes.width()),
        Tensors.floats(labels, pages, candidates),
        Tensors.floats(weights, pages, candidates),
        samples);
  }

  private int historySize(int page) {
    return log.historyEnd[page] - log.historyStart[page];
  }
}
