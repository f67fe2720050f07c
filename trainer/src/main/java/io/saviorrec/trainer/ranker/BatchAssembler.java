package io.saviorrec.trainer.ranker;

import io.saviorrec.trainer.data.log.ImpressionLog;
import io.saviorrec.trainer.data.log.ItemStatistics;
import io.saviorrec.trainer.data.log.Tastes;
import io.saviorrec.trainer.ranker.Chunks.Chunk;
import io.saviorrec.trainer.torch.Tensors;
import java.util.Arrays;
import java.util.Comparator;
import org.bytedeco.pytorch.Tensor;

/// Gathers [Chunks] of a log into batches of tensors.
final class BatchAssembler {
  private static final int STATS = ItemStatistics.WIDTH;

  private final ImpressionLog log;
  private final ItemStatistics statistics;
  private final int historyLength;
  private final Tastes tastes;

  BatchAssembler(ImpressionLog log, ItemStatistics statistics, int historyLength, Tastes tastes) {
    this.log = log;
    this.statistics = statistics;
    this.historyLength = historyLength;
    this.tastes = tastes;
  }

  /// The order of a batch in which page views with about equally many candidates and clicks are
  /// neighbours, as the ranker's text wants them: it attends in blocks of them.
  Comparator<Chunk> alike() {
    return Comparator.comparingInt(Chunk::size).thenComparingInt(chunk -> clicks(chunk.page()));
  }

  /// Assembles `of.all[from..until)`, whatever their order; the ranker is fastest when neighbours
  /// are [#alike].
  PageBatch assemble(Chunks of, int from, int until) {
    Chunk[] chunks = of.all;
    int pages = until - from;
    int samples = 0;
    int candidates = 1;
    int clicks = 0;
    int longest = 1;
    for (int i = from; i < until; i++) {
      samples += chunks[i].size();
      candidates = Math.max(candidates, chunks[i].size());
      clicks += clicks(chunks[i].page());
      longest = Math.max(longest, clicks(chunks[i].page()));
    }
    long[] user = new long[pages];
    long[] profile = new long[pages * log.profileWidth];
    long[] context = new long[pages * log.contextWidth];
    float[] taste = new float[pages * tastes.width()];
    Histories histories = new Histories(pages, longest, clicks);
    Candidates shown = new Candidates(samples);
    long[] grid = new long[pages * candidates];
    Arrays.fill(grid, samples);
    int[] sizes = new int[pages];
    for (int g = 0; g < pages; g++) {
      Chunk chunk = chunks[from + g];
      int page = chunk.page();
      user[g] = log.pageUser[page];
      tastes.at(log.pageUser[page], log.pageDay[page], taste, g * tastes.width());
      copy(log.pageProfile, page, profile, g, log.profileWidth);
      copy(log.pageContext, page, context, g, log.contextWidth);
      histories.add(page, g * longest);
      for (int c = 0; c < chunk.size(); c++) {
        grid[g * candidates + c] = shown.size;
        shown.add(of.samples[chunk.from() + c], page, g * candidates + c);
      }
      sizes[g] = chunk.size();
    }
    histories.pad();
    return new PageBatch(
        Tensors.longs(user, pages),
        Tensors.longs(profile, pages, log.profileWidth),
        Tensors.longs(context, pages, log.contextWidth),
        rows(histories.byDay),
        statistics(histories.byDay),
        Tensors.longs(histories.numbers, pages, longest),
        rows(histories.byItem),
        Tensors.longs(histories.itemNumbers, pages, longest),
        Tensors.longs(shown.rows, samples),
        Tensors.floats(shown.stats, samples, STATS),
        Tensors.booleans(new boolean[samples], samples),
        Tensors.longs(grid, pages, candidates),
        Tensors.longs(shown.place, samples),
        Tensors.floats(shown.pctrBase, samples),
        Tensors.floats(taste, pages, tastes.width()),
        Tensors.floats(shown.labels, samples),
        sizes);
  }

  /// The history items of a batch, numbered.
  private final class Histories {
    static final long PADDING = -1;

    final DistinctItems byDay;
    final DistinctItems byItem;
    final long[] numbers;
    final long[] itemNumbers;

    Histories(int pages, int longest, int clicks) {
      this.byDay = new DistinctItems(clicks);
      this.byItem = new DistinctItems(clicks);
      this.numbers = new long[pages * longest];
      this.itemNumbers = new long[pages * longest];
      Arrays.fill(numbers, PADDING);
    }

    void add(int page, int at) {
      int clicks = clicks(page);
      long first = log.historyEnd[page] - clicks;
      for (int j = 0; j < clicks; j++) {
        int item = log.clickItem(first + j);
        numbers[at + j] = byDay.number(item, log.pageDay[page]);
        itemNumbers[at + j] = byItem.number(item, 0);
      }
    }

    /// Numbers padding, once all others have their numbers.
    void pad() {
      for (int i = 0; i < numbers.length; i++) {
        if (numbers[i] == PADDING) {
          numbers[i] = byDay.size();
          itemNumbers[i] = byItem.size();
        }
      }
    }
  }

  /// The candidates of a batch as columns.
  private final class Candidates {
    final long[] rows;
    final long[] place;
    final float[] stats;
    final float[] pctrBase;
    final float[] labels;
    int size;

    Candidates(int samples) {
      this.rows = new long[samples];
      this.place = new long[samples];
      this.stats = new float[samples * STATS];
      this.pctrBase = new float[samples];
      this.labels = new float[samples];
    }

    void add(int sample, int page, int at) {
      rows[size] = log.sampleItem[sample];
      place[size] = at;
      statistics.at(log.sampleItem[sample], log.pageDay[page], stats, size * STATS);
      pctrBase[size] = log.pctrBase[sample];
      labels[size++] = log.clicked[sample] ? 1 : 0;
    }
  }

  private static Tensor rows(DistinctItems distinct) {
    long[] rows = new long[distinct.size()];
    for (int i = 0; i < rows.length; i++) {
      rows[i] = distinct.item(i);
    }
    return Tensors.longs(rows, rows.length);
  }

  private Tensor statistics(DistinctItems distinct) {
    float[] stats = new float[distinct.size() * STATS];
    for (int i = 0; i < distinct.size(); i++) {
      statistics.at(distinct.item(i), distinct.day(i), stats, i * STATS);
    }
    return Tensors.floats(stats, distinct.size(), STATS);
  }

  private static void copy(long[] from, int page, long[] to, int row, int width) {
    System.arraycopy(from, page * width, to, row * width, width);
  }

  /// The history items of a page that count.
  private int clicks(int page) {
    return Math.min(historyLength, log.historySize(page));
  }
}
