package io.saviorrec.trainer.fallback;

import com.fasterxml.jackson.annotation.JsonProperty;
import io.saviorrec.trainer.data.log.ImpressionLog;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;

/// What scores of new items are worth that a server was never sent, by the case of the fallback.
public final class FallbackMeasures {
  private final ImpressionLog log;
  private final int firstPage;
  private final int endPage;
  private final float[] sent;
  private final Ratio known;
  private final Map<String, Step> cases = new LinkedHashMap<>();

  /// One case.
  ///
  /// @param ratio of impressions of new items in that case
  /// @param move by how many places an item moves down its page when it is sent at last; the other
  ///   items keep their scores
  public record Step(Ratio ratio, Move move) {}

  /// Mean places of items in their pages, from 1; of pages with one item there is none.
  ///
  /// @param unknown while the item is not known
  /// @param sent once it is
  /// @param error half of the 95 % interval of the difference, by users
  public record Move(long impressions, double unknown, double sent, double error) {}

  /// @param sent predictions with all items known
  /// @param known their ratio for new items
  FallbackMeasures(ImpressionLog log, long from, long until, float[] sent, Ratio known) {
    this.log = log;
    this.firstPage = log.firstPageAt(from);
    this.endPage = log.firstPageAt(until);
    this.sent = sent;
    this.known = known;
  }

  /// The ratio of the same items, once they are sent.
  @JsonProperty("once_sent")
  public Ratio known() {
    return known;
  }

  /// What was measured, by the name of the case.
  @JsonProperty("cases")
  public Map<String, Step> cases() {
    return cases;
  }

  /// @param measured impressions of new items in this case
  void add(FallbackCase of, Ratio ratio, float[] predictions, double shift, boolean[] measured) {
    float[] shifted = predictions.clone();
    double[] logits = Clicks.logits(predictions);
    for (int i = 0; i < shifted.length; i++) {
      if (measured[i]) {
        shifted[i] = (float) Clicks.sigmoid(logits[i] + shift);
      }
    }
    cases.put(of.label(), new Step(ratio, move(shifted, measured)));
  }

  private Move move(float[] unknown, boolean[] measured) {
    int first = log.pageStart[firstPage];
    long count = 0;
    double before = 0;
    double after = 0;
    Map<Long, double[]> byUser = new HashMap<>();
    for (int page = firstPage; page < endPage; page++) {
      int from = log.pageStart[page] - first;
      int to = log.pageStart[page + 1] - first;
      for (int i = from; i < to && to - from > 1; i++) {
        if (measured[i]) {
          double placeBefore = place(unknown[i], i, from, to);
          double placeAfter = place(sent[i], i, from, to);
          count++;
          before += placeBefore;
          after += placeAfter;
          double[] sums = byUser.computeIfAbsent(log.pageUser[page], _ -> new double[2]);
          sums[0] += placeAfter - placeBefore;
          sums[1]++;
        }
      }
    }
    double mean = (after - before) / count;
    double squares = 0;
    for (double[] sums : byUser.values()) {
      double residual = sums[0] - mean * sums[1];
      squares += residual * residual;
    }
    return new Move(
        count, before / count, after / count, Clicks.WITHIN * Math.sqrt(squares) / count);
  }

  /// The place of a score among the others of the page.
  private double place(float score, int self, int from, int to) {
    double place = 1;
    for (int i = from; i < to; i++) {
      if (i != self) {
        place += sent[i] > score ? 1 : sent[i] == score ? 0.5 : 0;
      }
    }
    return place;
  }
}
