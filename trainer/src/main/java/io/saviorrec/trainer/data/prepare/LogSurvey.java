package io.saviorrec.trainer.data.prepare;

import com.fasterxml.jackson.annotation.JsonProperty;
import io.saviorrec.trainer.data.log.Cuts;
import io.saviorrec.trainer.data.table.CheckedImpressions;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// What is in the checked tables of a data set, counted.
///
/// @param periods warm-up, training, validation and test, those that have an impression
/// @param days UTC days on which something was shown
/// @param columns feature columns of the log and the users
public record LogSurvey(
    List<Period> periods, List<Day> days, Items items, Users users, List<FeatureUse> columns) {

  /// Impressions of an item, below which it is cold.
  public static final int COLD_VIEWS = 10;

  /// A period of the log.
  ///
  /// @param items different items shown
  /// @param newUsers page views of users who had none before the validation period, 0 up to there
  /// @param emptyHistory page views of users who had clicked nothing before
  /// @param cold impressions of items with fewer than [#COLD_VIEWS] before the period
  /// @param withBase impressions that have a `pctr_base`
  /// @param baseAuc AUC of `pctr_base` on these, or on a million of them; null: it cannot be told
  public record Period(
      String name,
      long from,
      long impressions,
      long clicks,
      @JsonProperty("page_views") long pageViews,
      long users,
      long items,
      @JsonProperty("new_users") long newUsers,
      @JsonProperty("empty_history") long emptyHistory,
      long cold,
      @JsonProperty("with_pctr_base") long withBase,
      @JsonProperty("pctr_base_auc") @Nullable Double baseAuc) {}

  /// A UTC day.
  ///
  /// @param date as in 2024-03-04
  public record Day(String date, long impressions, long clicks) {}

  /// The catalogue.
  ///
  /// @param shown those that the log shows
  /// @param trained those shown before the validation period
  /// @param topShare share of the training period's impressions that its most shown hundredth of
  ///   items has
  /// @param titled those with a title
  /// @param sameWords items whose title, category and text another one has too
  public record Items(
      long listed,
      long shown,
      long trained,
      @JsonProperty("top_share") double topShare,
      long titled,
      long categorised,
      long described,
      long pictured,
      long categories,
      @JsonProperty("same_words") long sameWords) {}

  /// The users.
  ///
  /// @param withProfile users of the log that the users table has
  /// @param medianClicks clicks of the user in the middle
  public record Users(
      long seen,
      @JsonProperty("with_profile") long withProfile,
      @JsonProperty("median_clicks") long medianClicks,
      @JsonProperty("median_page") long medianPage) {}

  /// How a feature column is filled, and what it alone tells of clicks.
  ///
  /// @param table `impressions` or `users`
  /// @param filled share of the validation period's impressions where it has a value
  /// @param auc of a column's values on the validation period, learned before; null: it cannot be
  ///   told
  /// @param countsOfLog the correlation of a user's number with the clicks or impressions that the
  ///   whole log has of the user, by rank; null: not a number of users
  public record FeatureUse(
      String table,
      String name,
      double filled,
      @Nullable Double auc,
      @JsonProperty("counts_of_log") @Nullable Double countsOfLog) {}

  /// Counts what the checked tables hold.
  public static LogSurvey of(PageViews pageViews, CheckedImpressions tables, Cuts cuts) {
    return new SurveyQueries(pageViews, tables, cuts).survey();
  }
}
