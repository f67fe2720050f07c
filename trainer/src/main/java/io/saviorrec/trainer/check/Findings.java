package io.saviorrec.trainer.check;

import io.saviorrec.trainer.check.Finding.Level;
import io.saviorrec.trainer.data.prepare.LogSurvey;
import io.saviorrec.trainer.data.prepare.LogSurvey.FeatureUse;
import io.saviorrec.trainer.data.prepare.LogSurvey.Period;
import io.saviorrec.trainer.data.table.Reject;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// What of a survey is out of the ordinary.
final class Findings {
  /// No click model that predicts before the impression is known to be so good; the true
  /// probabilities of the generated shop reach .83.
  private static final double LEAKING_BASE = 0.95;

  /// A column of the user or the page alone.
  private static final double LEAKING_COLUMN = 0.85;

  /// A user's number that is the log's own count of the user is hardly ever that by chance.
  private static final double COUNTED = 0.95;

  private static final int FEWEST_TO_CORRELATE = 20;

  /// With fewer clicks the standard error of an AUC is above one point.
  private static final long FEW_CLICKS = 1_000;

  private static final long FEW_USERS = 100;
  private static final double MANY_REJECTS = 0.01;
  private static final double RATE_JUMP = 1.5;
  private static final double ONE_ITEM_PAGE = 1;
  private static final double SKEWED = 0.5;

  private final LogSurvey log;
  private final ContentSurvey content;
  private final List<Reject> rejects;
  private final List<Finding> findings = new ArrayList<>();

  Findings(LogSurvey log, ContentSurvey content, List<Reject> rejects) {
    this.log = log;
    this.content = content;
    this.rejects = rejects;
  }

  List<Finding> all() {
    rejects();
    leaks();
    periods();
    content();
    return findings;
  }

  @SuppressWarnings("AnnotateFormatMethod") // its annotation is in a library that only tools use
  private void add(Level level, String text, Object... values) {
    findings.add(new Finding(level, String.format(Locale.ROOT, text, values)));
  }

  private void rejects() {
    long used = log.periods().stream().mapToLong(Period::impressions).sum();
    long lost =
        rejects.stream()
            .filter(reject -> reject.table().equals("impressions"))
            .mapToLong(Reject::rows)
            .sum();
    if (lost > MANY_REJECTS * (used + lost)) {
      add(
          Level.WARNING,
          "%,d of %,d impressions (%.1f %%) cannot be used; --rejects FILE lists every one with its reason",
          lost,
          used + lost,
          100.0 * lost / (used + lost));
    }
  }

  private void leaks() {
    for (Period period : log.periods()) {
      Double auc = period.baseAuc();
      if (auc != null && auc > LEAKING_BASE) {
        add(
            Level.WARNING,
            "pctr_base has an AUC of %.2f %% in the %s period, more than any prediction could have: was it made after the click?",
            100 * auc,
            period.name());
      }
      if (auc != null && auc < 0.5 && period.clicks() >= FEW_CLICKS) {
        add(
            Level.WARNING,
            "pctr_base ranks the %s period worse than chance (AUC %.2f %%): is it a probability of a click?",
            period.name(),
            100 * auc);
      }
    }
    for (FeatureUse column : log.columns()) {
      Double auc = column.auc();
      if (auc != null && auc > LEAKING_COLUMN) {
        add(
            Level.WARNING,
            "column '%s' of %s alone has an AUC of %.2f %%: does it hold what was known only after the impression?",
            column.name(),
            column.table(),
            100 * auc);
      }
      Double counted = column.countsOfLog();
      if (counted != null
          && counted > COUNTED
          && log.users().withProfile() >= FEWEST_TO_CORRELATE) {
        add(
            Level.WARNING,
            "column '%s' of users rises with what this very log counts of each user (rank correlation %.2f): a count taken after the impressions tells a model the future",
            column.name(),
            counted);
      }
      if (column.filled() == 0) {
        add(
            Level.WARNING,
            "column '%s' of %s has no value in the validation period",
            column.name(),
            column.table());
      }
    }
  }

  private void periods() {
    Period training = null;
    for (Period period : log.periods()) {
      if (period.name().equals("training")) {
        training = period;
      } else if (!period.name().equals("warm-up")) {
        held(period, training);
      }
    }
    if (training == null) {
      return;
    }
    if (training.withBase() == 0) {
      add(
          Level.NOTE,
          "there is no pctr_base: the model starts from the items' click rates instead, and a model that has one is better");
    } else if (training.withBase() < training.impressions()) {
      add(
          Level.NOTE,
          "%.1f %% of the training impressions lack pctr_base",
          100.0 - 100.0 * training.withBase() / training.impressions());
    }
    if (training.users() < FEW_USERS) {
      add(
          Level.WARNING,
          "%,d users in the training period are too few to tell tastes apart",
          training.users());
    }
    if (log.items().topShare() > SKEWED) {
      add(
          Level.NOTE,
          "one in a hundred items has %.0f %% of the training impressions; content matters to the others",
          100 * log.items().topShare());
    }
    if (log.users().medianPage() <= ONE_ITEM_PAGE) {
      add(
          Level.NOTE,
          "most page views hold one impression: were items that are shown together logged with one time?");
    }
  }

  private void held(Period period, @Nullable Period training) {
    if (period.clicks() < FEW_CLICKS) {
      add(
          Level.WARNING,
          "%,d clicks in the %s period: an AUC measured on so few is uncertain by a point or more",
          period.clicks(),
          period.name());
    }
    if (training != null && training.clicks() > 0 && period.clicks() > 0) {
      double jump = rate(period) / rate(training);
      if (jump > RATE_JUMP || jump < 1 / RATE_JUMP) {
        add(
            Level.WARNING,
            "the click rate is %.2f %% in the %s period and %.2f %% in training: was something logged differently?",
            100 * rate(period),
            period.name(),
            100 * rate(training));
      }
    }
    if (2 * period.newUsers() > period.pageViews()) {
      add(
          Level.NOTE,
          "%.0f %% of the %s period's page views are of users whom training has not seen, so the user's ID is no input",
          100.0 * period.newUsers() / period.pageViews(),
          period.name());
    }
  }

  private static double rate(Period period) {
    return period.clicks() / (double) period.impressions();
  }

  private void content() {
    LogSurvey.Items items = log.items();
    if (items.pictured() == 0) {
      add(Level.NOTE, "no item has a picture: items are told apart by their words alone");
    }
    long worded = items.titled() + items.categorised() + items.described();
    if (worded == 0) {
      add(Level.NOTE, "no item has words: items are told apart by their pictures alone");
    }
    if (items.pictured() == 0 && worded == 0) {
      add(
          Level.WARNING,
          "items have neither pictures nor words, so nothing can be known of a new one");
    }
    if (content.unreadable() > 0) {
      add(
          Level.WARNING,
          "%,d of %,d pictures cannot be read; first: %s",
          content.unreadable(),
          content.pictures(),
          content.firstUnreadable());
    }
    if (content.repeated() * 10L > content.pictures()) {
      add(
          Level.NOTE,
          "%,d of %,d pictures are the same as another item's, placeholders perhaps: leave such out",
          content.repeated(),
          content.pictures());
    }
    if (items.sameWords() * 10 > items.listed()) {
      add(
          Level.NOTE,
          "%,d items have the same title, category and text as another",
          items.sameWords());
    }
    if (items.shown() * 2 < items.listed()) {
      add(
          Level.NOTE,
          "%,d of %,d items were never shown",
          items.listed() - items.shown(),
          items.listed());
    }
  }
}
