package io.saviorrec.trainer.evaluate;

import io.saviorrec.bundle.FloatRows;
import io.saviorrec.trainer.console.UserError;
import io.saviorrec.trainer.data.DataSet;
import io.saviorrec.trainer.data.log.ImpressionLog;
import io.saviorrec.trainer.metric.HitRate;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// How well z finds what a user clicks after an item, by exact search of the whole corpus: both of
/// the paper's readings of its retrieval task.
public final class Retrieval {
  /// Items that a click may ask for.
  public static final int NEIGHBOURS = 30;

  /// §4.3: a hit has the user's next click among the nearest items.
  public static final String NEXT = "hit30";

  /// §4.1.1: of all later clicks of the user, the share that is among the nearest items.
  public static final String LATER = "hit30_later";

  private Retrieval() {}

  /// Both readings over the clicks of a period, by name.
  ///
  /// @param z an item of the catalogue a row
  public static Map<String, Double> of(FloatRows z, DataSet data, Split split) {
    long from = split.from(data.cuts());
    long until = split.until(data.cuts());
    ImpressionLog log = data.stored().sample(from, until);
    if (log.samples() == 0) {
      throw new UserError(
          data.name() + " has no impressions in its " + split + " period; choose another --split");
    }
    Map<String, Double> hits = new LinkedHashMap<>();
    hits.put(NEXT, next(z, log, from, until));
    hits.put(LATER, later(z, log, from, until));
    return hits;
  }

  /// Each click of the period, with the same user's click right before it, wherever that was.
  static double next(FloatRows z, ImpressionLog log, long from, long until) {
    List<int[]> pairs = new ArrayList<>();
    for (int page = log.firstPageAt(from); page < log.firstPageAt(until); page++) {
      long last = log.historyEnd[page] - 1;
      if (last < log.historyStart[page]) {
        continue;
      }
      int query = log.clickItem(last);
      for (int i = log.pageStart[page]; i < log.pageStart[page + 1]; i++) {
        if (log.clicked[i]) {
          pairs.add(new int[] {query, log.sampleItem[i]});
          query = log.sampleItem[i];
        }
      }
    }
    int[] queries = pairs.stream().mapToInt(pair -> pair[0]).toArray();
    int[] next = pairs.stream().mapToInt(pair -> pair[1]).toArray();
    return HitRate.of(z, queries, next, NEIGHBOURS);
  }

  /// Each user's clicks of the period, and the one before it, which asks too.
  static double later(FloatRows z, ImpressionLog log, long from, long until) {
    Map<Long, List<Integer>> clicks = new LinkedHashMap<>();
    for (int page = log.firstPageAt(from); page < log.firstPageAt(until); page++) {
      long last = log.historyEnd[page] - 1;
      boolean before = last >= log.historyStart[page];
      int first = before ? log.clickItem(last) : -1;
      List<Integer> own =
          clicks.computeIfAbsent(
              log.pageUser[page],
              _ -> {
                List<Integer> begun = new ArrayList<>();
                if (before) {
                  begun.add(first);
                }
                return begun;
              });
      for (int i = log.pageStart[page]; i < log.pageStart[page + 1]; i++) {
        if (log.clicked[i]) {
          own.add(log.sampleItem[i]);
        }
      }
    }
    int[][] sequences =
        clicks.values().stream()
            .map(own -> own.stream().mapToInt(Integer::intValue).toArray())
            .toArray(int[][]::new);
    return HitRate.ofLater(z, sequences, NEIGHBOURS);
  }
}
