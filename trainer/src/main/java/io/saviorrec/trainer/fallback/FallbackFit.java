package io.saviorrec.trainer.fallback;

import io.saviorrec.bundle.Manifest;
import io.saviorrec.proto.v1.ScoreSource;
import io.saviorrec.trainer.console.RefusedModel;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.LongPredicate;

/// The shifts that make the scores of items that a server does not know as high on average as they
/// are worth, measured on a period that the ranker did not learn from.
///
/// What counts are items first shown in the period, as those are that a server was never sent.
/// Where they are few, their shift is drawn towards what was to be expected: that of all items of
/// the period, treated as unknown too, moved as far as the shift of new items lay from that of all
/// in earlier periods. The ranker has learned from the clicks of those, but is told little of them
/// that only they have.
///
/// Whether a shift is any good is measured on users that it was not fitted to: it is fitted to
/// either half of them and tried on the other.
public final class FallbackFit {
  /// How far new items of one period usually are from what those of earlier ones say, beyond
  /// chance; a tenth of a logit is about a tenth of a click rate.
  static final double DEVIATION = 0.1;

  /// How far new items usually are from all others, where no earlier ones tell.
  static final double UNTOLD = 0.5;

  /// Impressions of all items, and as many of pages with new ones, that are scored of each earlier
  /// period.
  private static final int MOST_EARLIER = 3_000;

  private static final String PREFIX = "validation_pcoc_";

  private final Map<FallbackCase, Step> steps = new LinkedHashMap<>();

  /// One case.
  ///
  /// @param shift of the logits
  /// @param heldOut what predictions come to by a shift of other users, of new items or, where none
  ///   of those was clicked, of all
  /// @param allItems the same of all items of the period
  record Step(double shift, Ratio heldOut, Ratio allItems) {}

  /// Fits the shift of every case.
  public static FallbackFit of(FallbackTrial trial) {
    FallbackFit fit = new FallbackFit();
    List<FallbackTrial> earlier = trial.earlier();
    for (FallbackCase each : FallbackCase.ALL) {
      Evidence now = trial.evidence(each, Integer.MAX_VALUE);
      if (now.all().size() > 0) {
        fit.steps.put(
            each,
            step(now, earlier.stream().map(one -> one.evidence(each, MOST_EARLIER)).toList()));
      }
    }
    return fit;
  }

  static Step step(Evidence now, List<Evidence> earlier) {
    double even = shift(now, earlier, FallbackFit::isEven);
    double odd = shift(now, earlier, user -> !isEven(user));
    Ratio ofAll = now.all().moved(user -> isEven(user) ? odd : even).ratio(0);
    Ratio ofNew = now.areNew().moved(user -> isEven(user) ? odd : even).ratio(0);
    return new Step(shift(now, earlier, _ -> true), ofNew.clicks() == 0 ? ofAll : ofNew, ofAll);
  }

  private static double shift(Evidence now, List<Evidence> earlier, LongPredicate user) {
    Clicks before =
        Clicks.joined(earlier.stream().map(one -> one.where(user).newBesideAll()).toList());
    double beside = before.shift(0, UNTOLD);
    Evidence mine = now.where(user);
    return mine.areNew()
        .shift(mine.shiftOfAll() + beside, Math.hypot(DEVIATION, before.deviation(beside, UNTOLD)));
  }

  /// Halves users whose ids need not be spread evenly.
  public static boolean isEven(long user) {
    return (Long.hashCode(user * 0x9E3779B97F4A7C15L) & 1) == 0;
  }

  /// What the manifest says of it.
  public Manifest.Fallback shifts() {
    return new Manifest.Fallback(
        shift(ScoreSource.UNKNOWN_ITEM),
        shift(ScoreSource.SHARED_CATEGORY),
        shift(ScoreSource.SHARED_CODES));
  }

  /// A log without base predictions, or without categories, has no such case; neither have its
  /// requests, as far as it tells.
  private Manifest.Shift shift(ScoreSource step) {
    Step withoutBase = steps.get(new FallbackCase(step, false));
    if (withoutBase == null) {
      withoutBase = steps.get(new FallbackCase(ScoreSource.UNKNOWN_ITEM, false));
    }
    Step withBase = steps.getOrDefault(new FallbackCase(step, true), withoutBase);
    return withBase == null || withoutBase == null
        ? Manifest.Fallback.NONE.unknownItem()
        : new Manifest.Shift(withBase.shift(), withoutBase.shift());
  }

  /// Each case's ratio, by name.
  public Map<String, Double> metrics() {
    Map<String, Double> metrics = new TreeMap<>();
    steps.forEach((each, step) -> metrics.put(PREFIX + each.label(), step.heldOut().ratio()));
    return metrics;
  }

  /// Says how it went, a line for each case.
  public void say() {
    steps.forEach(
        (each, step) ->
            System.err.printf(
                Locale.ROOT,
                "unknown items, %s: shift %+.3f, predicted over true clicks %s%s%n",
                each.label(),
                step.shift(),
                step.heldOut(),
                certain(step.heldOut()) ? "" : "; too few clicks to tell within 10 %"));
  }

  private static boolean certain(Ratio ratio) {
    return ratio.high() - ratio.low() <= 2 * Ratio.ALLOWED;
  }

  /// Refuses shifts that do not do what they are for.
  ///
  /// @throws RefusedModel with the figures, and what to do
  public void check() {
    steps.forEach(
        (each, step) -> {
          if (step.heldOut().offLimits()) {
            throw new RefusedModel(
                String.format(
                    Locale.ROOT,
                    "items that a server does not know (%s) would be scored %s times their clicks"
                        + " on the validation period, and %.1f to %.1f is allowed; the bundle is"
                        + " not written. The users of that period differ too much from each other,"
                        + " or the ranker's scores are out of all bounds: lower"
                        + " ranker.training.tableRate and denseRate, raise"
                        + " ranker.training.coldDropout where the log shows hardly any new items,"
                        + " or choose a longer validation period (validation_from, test_from in"
                        + " dataset.json)",
                    each.label(),
                    step.heldOut(),
                    1 - Ratio.ALLOWED,
                    1 + Ratio.ALLOWED));
          }
        });
  }
}
