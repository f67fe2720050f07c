package io.saviorrec.trainer.fallback;

import io.saviorrec.bundle.ItemTable;
import io.saviorrec.bundle.Manifest;
import io.saviorrec.contract.RankerContract;
import io.saviorrec.contract.SharedItems;
import io.saviorrec.feature.FeatureSchema;
import io.saviorrec.proto.v1.ScoreSource;
import io.saviorrec.trainer.data.log.ImpressionLog;
import io.saviorrec.trainer.data.log.ItemCatalogue;
import io.saviorrec.trainer.ranker.Predictor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntPredicate;

/// The impressions of a period, scored as a server scores them that has never been sent the items.
public final class FallbackTrial {
  /// A validation period may be short beside the training period.
  private static final int MOST_EARLIER = 30;

  private final Predictor predictor;
  private final ItemCatalogue items;
  private final ImpressionLog log;
  private final Model model;
  private final int[] codes;
  private final long since;
  private final long from;
  private final long until;
  private final int first;
  private final int end;

  /// Of the items shown since then; one map for all periods.
  private final Map<ScoreSource, UnknownItems> unknown;

  /// What stands for unknown items.
  ///
  /// @param shared over rows of the table
  public record Model(
      ItemTable table, SharedItems shared, RankerContract contract, FeatureSchema features) {}

  /// @param codes i32[N*L] of the catalogue
  /// @param since earlier periods that are asked for begin here at the earliest
  /// @param from the period's first second
  /// @param until the second after its last
  public FallbackTrial(
      Predictor predictor,
      ItemCatalogue items,
      int[] codes,
      ImpressionLog log,
      Model model,
      long since,
      long from,
      long until) {
    this(predictor, items, codes, log, model, new EnumMap<>(ScoreSource.class), since, from, until);
  }

  private FallbackTrial(FallbackTrial later, long from, long until) {
    this(
        later.predictor,
        later.items,
        later.codes,
        later.log,
        later.model,
        later.unknown,
        later.since,
        from,
        until);
  }

  private FallbackTrial(
      Predictor predictor,
      ItemCatalogue items,
      int[] codes,
      ImpressionLog log,
      Model model,
      Map<ScoreSource, UnknownItems> unknown,
      long since,
      long from,
      long until) {
    this.predictor = predictor;
    this.items = items;
    this.codes = codes;
    this.log = log;
    this.model = model;
    this.unknown = unknown;
    this.since = since;
    this.from = from;
    this.until = until;
    this.first = log.pageStart[log.firstPageAt(from)];
    this.end = log.pageStart[log.firstPageAt(until)];
  }

  /// Click probabilities in one case, before any shift.
  ///
  /// @param predictions of the period's impressions, in the log's order
  /// @param taken of which of them it is the case
  @SuppressWarnings("ArrayRecordComponent") // handed on, never compared
  record Scored(float[] predictions, boolean[] taken) {}

  /// The same trial of the periods right before this one, each as long, the latest first.
  List<FallbackTrial> earlier() {
    List<FallbackTrial> earlier = new ArrayList<>();
    long length = until - from;
    for (long start = from - length;
        start >= since && earlier.size() < MOST_EARLIER;
        start -= length) {
      earlier.add(new FallbackTrial(this, start, start + length));
    }
    return earlier;
  }

  /// What the clicks of the period say of one case, its items without statistics.
  ///
  /// @param most of about how many impressions of all items, and of pages with new ones, at most;
  ///   they are of page views spread evenly over the period
  Evidence evidence(FallbackCase each, int most) {
    boolean[] areNew = areNew();
    boolean[] showNew = pagesThatShow(areNew);
    int oneIn = oneIn(areNew.length, most);
    int oneInNew = oneIn(count(ofPages(page -> showNew[page])), most);
    IntPredicate drawn = page -> page % oneIn == 0;
    IntPredicate drawnNew = page -> showNew[page] && page % oneInNew == 0;
    boolean[] all = ofPages(drawn);
    boolean[] besideNew = ofPages(drawnNew);
    Scored scored = score(each, drawn.or(drawnNew));
    Clicks clicks = clicks(scored.predictions());
    return new Evidence(
        clicks.where(i -> scored.taken()[i] && all[i]),
        clicks.where(i -> scored.taken()[i] && besideNew[i] && areNew[i]));
  }

  private static int oneIn(int impressions, int most) {
    return 1 + (impressions - 1) / most;
  }

  private static int count(boolean[] chosen) {
    int count = 0;
    for (boolean each : chosen) {
      count += each ? 1 : 0;
    }
    return count;
  }

  /// Of each impression, whether it is of such a page view.
  private boolean[] ofPages(IntPredicate pages) {
    boolean[] chosen = new boolean[end - first];
    for (int page = log.firstPageAt(from); page < log.firstPageAt(until); page++) {
      Arrays.fill(
          chosen, log.pageStart[page] - first, log.pageStart[page + 1] - first, pages.test(page));
    }
    return chosen;
  }

  /// Of each page view of the log, whether it has such an impression.
  private boolean[] pagesThatShow(boolean[] impressions) {
    boolean[] pages = new boolean[log.pages()];
    for (int page = log.firstPageAt(from); page < log.firstPageAt(until); page++) {
      for (int i = log.pageStart[page]; i < log.pageStart[page + 1]; i++) {
        pages[page] |= impressions[i - first];
      }
    }
    return pages;
  }

  /// Scores impressions of these page views.
  private Scored score(FallbackCase each, IntPredicate pages) {
    UnknownItems unknown = unknown(each.step());
    boolean[] taken = new boolean[end - first];
    for (int i = 0; i < taken.length; i++) {
      boolean hasBase = !Float.isNaN(log.pctrBase[first + i]);
      taken[i] = unknown.taken()[log.sampleItem[first + i]] && (hasBase || !each.hasBase());
    }
    Predictor.Shown shown = new Predictor.Shown(unknown.features(), false, each.hasBase());
    return new Scored(predictor.predict(from, until, shown, pages), taken);
  }

  private UnknownItems unknown(ScoreSource step) {
    return unknown.computeIfAbsent(
        step,
        _ -> {
          boolean[] wanted = new boolean[items.size()];
          for (int i = log.pageStart[log.firstPageAt(since)]; i < log.sampleItem.length; i++) {
            wanted[log.sampleItem[i]] = true;
          }
          return UnknownItems.of(
              step,
              items,
              wanted,
              model.features,
              codes,
              model.table,
              model.shared,
              model.contract);
        });
  }

  /// Of each impression, whether its item was first shown in the period.
  boolean[] areNew() {
    boolean[] areNew = new boolean[end - first];
    for (int i = 0; i < areNew.length; i++) {
      areNew[i] = items.firstImpression(log.sampleItem[first + i]) >= from;
    }
    return areNew;
  }

  /// How items first shown in the period are scored by a server that was never sent them.
  ///
  /// @param fallback the shifts
  /// @param sent predictions of the period's impressions with all items known
  public FallbackMeasures measure(Manifest.Fallback fallback, float[] sent) {
    boolean[] areNew = areNew();
    boolean[] pages = pagesThatShow(areNew);
    FallbackMeasures measures =
        new FallbackMeasures(log, from, until, sent, clicks(sent).where(i -> areNew[i]).ratio(0));
    for (FallbackCase each : FallbackCase.ALL) {
      Scored scored = score(each, page -> pages[page]);
      double shift = each.shift(fallback);
      boolean[] measured = new boolean[areNew.length];
      for (int i = 0; i < measured.length; i++) {
        measured[i] = areNew[i] && scored.taken()[i];
      }
      Clicks clicks = clicks(scored.predictions()).where(i -> measured[i]);
      measures.add(each, clicks.ratio(shift), scored.predictions(), shift, measured);
    }
    return measures;
  }

  /// Predictions beside the clicks.
  Clicks clicks(float[] predictions) {
    return new Clicks(
        Clicks.logits(predictions), Arrays.copyOfRange(log.clicked, first, end), users());
  }

  private long[] users() {
    long[] users = new long[end - first];
    for (int page = log.firstPageAt(from); page < log.firstPageAt(until); page++) {
      Arrays.fill(
          users, log.pageStart[page] - first, log.pageStart[page + 1] - first, log.pageUser[page]);
    }
    return users;
  }
}
