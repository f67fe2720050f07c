package io.saviorrec.trainer.cli;

import io.saviorrec.trainer.check.ContentSurvey;
import io.saviorrec.trainer.check.DataCheck;
import io.saviorrec.trainer.check.Finding;
import io.saviorrec.trainer.data.prepare.LogSurvey;
import io.saviorrec.trainer.data.prepare.LogSurvey.Day;
import io.saviorrec.trainer.data.prepare.LogSurvey.FeatureUse;
import io.saviorrec.trainer.data.prepare.LogSurvey.Period;
import io.saviorrec.trainer.data.table.Reject;
import io.saviorrec.trainer.train.StagePlan;
import java.io.PrintWriter;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// What is known of a data set as a page for people.
record CheckText(PrintWriter out) {
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm", Locale.ROOT).withZone(ZoneOffset.UTC);

  /// A longer log is told by its first and last days.
  private static final int MOST_DAYS = 40;

  private static final int BAR = 30;

  void print(DataCheck check, Map<String, String> sizing, StagePlan plan) {
    say("%s%n", check.name());
    rejects(check.rejects());
    periods(check.log().periods());
    days(check.log().days());
    items(check.log().items(), check.content());
    users(check.log().users());
    columns(check.log().columns());
    scores(check.plainScores());
    stages(sizing, plan);
    findings(check);
  }

  private void rejects(List<Reject> rejects) {
    head("Rows that cannot be used");
    if (rejects.isEmpty()) {
      say("none%n");
    }
    rejects.forEach(reject -> say("%s%n", reject.message()));
  }

  private void periods(List<Period> periods) {
    head("Periods (UTC)");
    say(
        "%-11s %-16s %13s %10s %8s %12s %10s %10s %8s %8s %7s%n",
        "",
        "from",
        "impressions",
        "clicks",
        "rate",
        "page views",
        "users",
        "items",
        "cold",
        "new u.",
        "no hist");
    for (Period period : periods) {
      say(
          "%-11s %-16s %,13d %,10d %8s %,12d %,10d %,10d %8s %8s %7s%n",
          period.name(),
          period.from() == 0 ? "-" : TIME.format(Instant.ofEpochSecond(period.from())),
          period.impressions(),
          period.clicks(),
          share(period.clicks(), period.impressions(), 2),
          period.pageViews(),
          period.users(),
          period.items(),
          share(period.cold(), period.impressions(), 1),
          share(period.newUsers(), period.pageViews(), 1),
          share(period.emptyHistory(), period.pageViews(), 1));
    }
    say(
        "cold: impressions of items with fewer than %d views before the period; new u.: page views of users whom%ntraining has not seen; no hist: page views of users without a click before%n",
        LogSurvey.COLD_VIEWS);
  }

  private void days(List<Day> days) {
    head("Days");
    long most = days.stream().mapToLong(Day::impressions).max().orElse(1);
    for (int i = 0; i < days.size(); i++) {
      if (days.size() > MOST_DAYS && i == MOST_DAYS / 2) {
        i = days.size() - MOST_DAYS / 2;
        say("… %,d days …%n", days.size() - MOST_DAYS);
      }
      Day day = days.get(i);
      say(
          "%s %,12d %,10d %8s  %s%n",
          day.date(),
          day.impressions(),
          day.clicks(),
          share(day.clicks(), day.impressions(), 2),
          "▇".repeat((int) Math.ceil(BAR * (double) day.impressions() / most)));
    }
  }

  private void items(LogSurvey.Items items, ContentSurvey content) {
    head("Items");
    say(
        "%,d listed, %,d shown, %,d shown before the validation period; the most shown hundredth of these has %.0f %% of the impressions%n",
        items.listed(), items.shown(), items.trained(), 100 * items.topShare());
    say(
        "with a title %s, a category %s (%,d different), further text %s, a picture %s%n",
        share(items.titled(), items.listed(), 1),
        share(items.categorised(), items.listed(), 1),
        items.categories(),
        share(items.described(), items.listed(), 1),
        share(items.pictured(), items.listed(), 1));
    if (content.pictures() > 0) {
      say(
          "pictures looked at %,d: cannot be read %,d, the same as another's %,d%n",
          content.pictures(), content.unreadable(), content.repeated());
    }
    say(
        "titles by script: %s%s; items with another's words: %,d%n",
        content.scripts().isEmpty()
            ? "none"
            : content.scripts().entrySet().stream()
                .map(
                    entry -> String.format(Locale.ROOT, "%s %,d", entry.getKey(), entry.getValue()))
                .collect(Collectors.joining(", ")),
        content.wordlessTitles() == 0
            ? ""
            : String.format(Locale.ROOT, ", without a letter %,d", content.wordlessTitles()),
        items.sameWords());
  }

  private void users(LogSurvey.Users users) {
    head("Users");
    say(
        "%,d in the log, %s of them in the users table; the median user has %,d clicks, the median page view %,d impressions%n",
        users.seen(),
        share(users.withProfile(), users.seen(), 1),
        users.medianClicks(),
        users.medianPage());
  }

  private void columns(List<FeatureUse> columns) {
    if (columns.isEmpty()) {
      return;
    }
    head("Columns");
    say("%-12s %-24s %8s %10s%n", "table", "column", "filled", "alone AUC");
    columns.forEach(
        column ->
            say(
                "%-12s %-24s %8s %10s%n",
                column.table(),
                column.name(),
                String.format(Locale.ROOT, "%.1f %%", 100 * column.filled()),
                auc(column.auc())));
  }

  private void scores(Map<String, Map<String, Double>> scores) {
    head("Scores that need no model, AUC %");
    scores.forEach(
        (period, each) ->
            say(
                "%-11s %s%n",
                period,
                each.entrySet().stream()
                    .map(entry -> entry.getKey() + " " + auc(entry.getValue()))
                    .collect(Collectors.joining(", "))));
  }

  private void stages(Map<String, String> sizing, StagePlan plan) {
    head("What a training would do");
    plan.stages()
        .forEach(
            stage ->
                say("%-17s %-8s %s%n", stage.name(), stage.runs() ? "" : "nothing", stage.text()));
    if (!sizing.isEmpty()) {
      say("settings by the data's size: %s%n", sizing);
    }
  }

  private void findings(DataCheck check) {
    head("Findings");
    if (check.findings().isEmpty()) {
      say("nothing out of the ordinary%n");
    }
    for (Finding finding : check.findings()) {
      say("%s: %s%n", finding.level().name().toLowerCase(Locale.ROOT), finding.text());
    }
    say(
        "%n%s%n",
        check.usable() ? "A model can be trained on it." : "No model can be trained on it.");
  }

  private void head(String title) {
    say("%n%s%n", title);
  }

  private static String share(long part, long whole, int decimals) {
    return whole == 0
        ? "-"
        : String.format(Locale.ROOT, "%." + decimals + "f %%", 100.0 * part / whole);
  }

  private static String auc(@Nullable Double auc) {
    return auc == null || auc.isNaN() ? "-" : String.format(Locale.ROOT, "%.2f", 100 * auc);
  }

  @SuppressWarnings("AnnotateFormatMethod") // its annotation is in a library that only tools use
  private void say(String format, @Nullable Object... values) {
    out.printf(Locale.ROOT, format, values);
  }
}
