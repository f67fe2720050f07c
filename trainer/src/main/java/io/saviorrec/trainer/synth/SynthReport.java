package io.saviorrec.trainer.synth;

import com.fasterxml.jackson.annotation.JsonProperty;
import io.saviorrec.trainer.metric.Auc;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/// What a generated world holds, and how well references that are no trained model rank its test
/// period.
public record SynthReport(
    String preset,
    long seed,
    int items,
    int users,
    int impressions,
    @JsonProperty("click_rate") double clickRate,
    @JsonProperty("test_auc") References testAuc,
    List<Bucket> buckets) {

  /// AUC on the test period: of the true click probability, of logistic regressions on the true
  /// latents (see [LatentReference]), of `pctr_base` and of the items' smoothed click rates; null
  /// where the impressions are all clicked or all not.
  public record References(
      @Nullable Double oracle,
      @Nullable Double latents,
      @JsonProperty("visible_latents") @Nullable Double visibleLatents,
      @JsonProperty("pctr_base") @Nullable Double pctrBase,
      @JsonProperty("item_ctr") @Nullable Double itemCtr) {}

  /// Test impressions of items by their views before the test period.
  public record Bucket(String name, double share, References auc) {}

  private static final int[] BUCKETS = {0, 10, 30, 80, 200, 600, Integer.MAX_VALUE};

  static SynthReport of(WorldSize size, long seed, Catalogue items, int users, ClickLog log) {
    double[][] scores = {
      log.probability,
      new LatentReference(items, users, log, false).scores(),
      new LatentReference(items, users, log, true).scores(),
      log.pctrBase,
      itemRates(items, users, log)
    };
    int testFrom = log.firstAt(SynthPreset.testFrom());
    int[] views = new int[items.size];
    for (int i = 0; i < testFrom; i++) {
      views[log.item[i]]++;
    }
    List<Bucket> buckets = new ArrayList<>();
    for (int b = 0; b + 1 < BUCKETS.length; b++) {
      int low = BUCKETS[b];
      int high = BUCKETS[b + 1];
      String name = high == Integer.MAX_VALUE ? low + "+" : low + "-" + (high - 1);
      IntPredicate inside = i -> views[log.item[i]] >= low && views[log.item[i]] < high;
      double share = 0;
      for (int i = testFrom; i < log.size(); i++) {
        share += inside.test(i) ? 1.0 / (log.size() - testFrom) : 0;
      }
      buckets.add(new Bucket(name, share, references(scores, log, testFrom, inside)));
    }
    return new SynthReport(
        size.name(),
        seed,
        items.size,
        users,
        log.size(),
        log.clickRate(0, log.size()),
        references(scores, log, testFrom, i -> true),
        buckets);
  }

  public void print(PrintWriter out) {
    out.printf(
        Locale.ROOT,
        "%,d items, %,d users, %,d impressions, %.1f %% clicked%n",
        items,
        users,
        impressions,
        100 * clickRate);
    out.println("AUC x 100 on the test period, by views of the item before it:");
    out.printf(
        "%-10s %8s %8s %8s %8s %9s %9s%n",
        "views", "share %", "oracle", "latents", "visible", "pctr_base", "item_ctr");
    line(out, "all", 1, testAuc);
    buckets.forEach(bucket -> line(out, bucket.name, bucket.share, bucket.auc));
    out.flush();
  }

  private static void line(PrintWriter out, String name, double share, References auc) {
    out.printf(
        Locale.ROOT,
        "%-10s %8.1f %8s %8s %8s %9s %9s%n",
        name,
        100 * share,
        percent(auc.oracle),
        percent(auc.latents),
        percent(auc.visibleLatents),
        percent(auc.pctrBase),
        percent(auc.itemCtr));
  }

  private static String percent(@Nullable Double auc) {
    return auc == null ? "-" : String.format(Locale.ROOT, "%.2f", 100 * auc);
  }

  /// Smoothed click rates as of the start of each impression's day.
  private static double[] itemRates(Catalogue items, int users, ClickLog log) {
    Rates rates = new Rates(items.size, users);
    double[] scores = new double[log.size()];
    for (int day = 0; day < SynthPreset.DAYS; day++) {
      int from = log.firstAt(SynthPreset.dayStart(day));
      int to = log.firstAt(SynthPreset.dayStart(day + 1));
      for (int i = from; i < to; i++) {
        scores[i] = rates.item(log.item[i]);
      }
      rates.add(log, items, from, to);
    }
    return scores;
  }

  private static References references(
      double[][] scores, ClickLog log, int testFrom, IntPredicate inside) {
    @Nullable Double[] auc = new Double[scores.length];
    for (int s = 0; s < auc.length; s++) {
      double area = area(scores[s], log, testFrom, inside);
      auc[s] = Double.isNaN(area) ? null : area;
    }
    return new References(auc[0], auc[1], auc[2], auc[3], auc[4]);
  }

  private static double area(double[] scores, ClickLog log, int testFrom, IntPredicate inside) {
    int[] rows = IntStream.range(testFrom, log.size()).filter(inside).toArray();
    float[] chosen = new float[rows.length];
    boolean[] clicked = new boolean[rows.length];
    for (int i = 0; i < rows.length; i++) {
      chosen[i] = (float) scores[rows[i]];
      clicked[i] = log.clicked[rows[i]];
    }
    return Auc.of(chosen, clicked);
  }
}
