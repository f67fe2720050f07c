package io.saviorrec.trainer.data.log;

import io.saviorrec.trainer.console.UserError;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/// What there is to learn from: the log between the warm-up and the validation period, and the
/// validation period that tells how well it was learned.
public final class TrainingPeriod {
  private final Path folder;
  private final StoredLog log;
  private final Cuts cuts;

  /// @param folder what an error is about
  public TrainingPeriod(Path folder, StoredLog log, Cuts cuts) {
    this.folder = folder;
    this.log = log;
    this.cuts = cuts;
  }

  /// What a training cannot learn or measure, a sentence each.
  ///
  /// @throws UserError if nothing can be learned at all
  public List<String> check() {
    requireImpressions("training", "warmup_until", cuts.warmupUntil(), cuts.validationFrom());
    requireImpressions("validation", "validation_from", cuts.validationFrom(), cuts.testFrom());
    requireImpressions("test", "test_from", cuts.testFrom(), Long.MAX_VALUE);
    long shown = shown(cuts.warmupUntil(), cuts.validationFrom());
    long clicks = clicks(cuts.warmupUntil(), cuts.validationFrom());
    if (clicks == 0) {
      throw new UserError(
          String.format(
              Locale.ROOT,
              "%s: none of the %,d impressions of the training period was clicked; a model learns from clicked and unclicked ones",
              folder,
              shown));
    }
    if (clicks == shown) {
      throw new UserError(
          String.format(
              Locale.ROOT,
              "%s: all %,d impressions of the training period were clicked; a model learns from clicked and unclicked ones, so log what was shown too",
              folder,
              shown));
    }
    List<String> warnings = new ArrayList<>();
    if (users() == 1) {
      warnings.add(
          "the log has one user before the validation period: no items are clicked together by several users, so content cannot be aligned with clicks, and nothing is learned of other users");
    }
    long validationClicks = clicks(cuts.validationFrom(), cuts.testFrom());
    if (validationClicks == 0
        || validationClicks == shown(cuts.validationFrom(), cuts.testFrom())) {
      warnings.add(
          (validationClicks == 0 ? "no" : "every")
              + " impression of the validation period was clicked, so the model's AUC cannot be measured");
    }
    return warnings;
  }

  /// Without this a cut beyond the log would let the model train on what is to test it.
  private void requireImpressions(String period, String cut, long from, long until) {
    if (shown(from, until) == 0) {
      throw new UserError(
          folder
              + ": no impression lies in the "
              + period
              + " period: "
              + cut
              + " is "
              + Cuts.time(from)
              + (until == Long.MAX_VALUE ? "" : ", the period's end " + Cuts.time(until))
              + ", and the log runs from "
              + Cuts.time(log.firstTime())
              + " to "
              + Cuts.time(log.lastTime())
              + "; give other cuts in dataset.json");
    }
  }

  private long shown(long from, long until) {
    return log.impressions(from, until);
  }

  private long clicks(long from, long until) {
    return log.clicks(from, until);
  }

  private long users() {
    return log.users(Long.MIN_VALUE, cuts.validationFrom());
  }
}
