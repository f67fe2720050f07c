package io.saviorrec.trainer.fallback;

import io.saviorrec.bundle.Manifest;
import io.saviorrec.proto.v1.ScoreSource;
import io.saviorrec.trainer.console.RefusedModel;
import io.saviorrec.trainer.fallback.FallbackTrial.Scored;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/// The shifts that make the scores of items that a server does not know as high on average as they
/// are worth, measured on a period that the ranker did not learn from.
///
/// What counts are items first shown in the period, as those are that a server was never sent.
/// Where they are few, their shift is drawn towards that of all items of the period, treated as
/// unknown too: by a normal prior whose deviation is [#DEVIATION].
///
/// Whether a shift is any good is measured on users that it was not fitted to: it is fitted to
/// either half of them and tried on the other.
public final class FallbackFit {
  /// What new items' shift usually differs from all items'; a tenth of a logit is about a tenth of
  /// a click rate.
  static final double DEVIATION = 0.1;

  /// Of the shift of all items, of which there are always enough.
  private static final double WIDE = 3;

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
    boolean[] areNew = trial.areNew();
    for (FallbackCase each : FallbackCase.ALL) {
      Scored scored = trial.score(each);
      Clicks clicks = trial.clicks(scored.predictions());
      Clicks all = clicks.where(i -> scored.taken()[i]);
      if (all.size() > 0) {
        fit.steps.put(each, step(all, clicks.where(i -> scored.taken()[i] && areNew[i])));
      }
    }
    return fit;
  }

  static Step step(Clicks all, Clicks areNew) {
    double even =
        shift(all.where(i -> isEven(all.users()[i])), areNew.where(i -> isEven(areNew.users()[i])));
    double odd =
        shift(
            all.where(i -> !isEven(all.users()[i])), areNew.where(i -> !isEven(areNew.users()[i])));
    Ratio ofAll = all.moved(user -> isEven(user) ? odd : even).ratio(0);
    Ratio ofNew = areNew.moved(user -> isEven(user) ? odd : even).ratio(0);
    return new Step(shift(all, areNew), ofNew.clicks() == 0 ? ofAll : ofNew, ofAll);
  }

  private static double shift(Clicks all, Clicks areNew) {
    return areNew.shift(all.shift(0, WIDE), DEVIATION);
  }

  /// Halves users whose ids need not be spread evenly.
  static boolean isEven(long user) {
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
                    "items that a server does not know (%s) would be scored %s times their clicks on the validation period, and %.1f to %.1f is allowed; the bundle is not written. The users of that period differ too much from each other, or the ranker's scores are out of all bounds: lower ranker.training.tableRate and denseRate, or choose a longer validation period (validation_from, test_from in dataset.json)",
                    each.label(),
                    step.heldOut(),
                    1 - Ratio.ALLOWED,
                    1 + Ratio.ALLOWED));
          }
        });
  }
}
