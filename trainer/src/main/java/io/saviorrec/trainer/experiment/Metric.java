package io.saviorrec.trainer.experiment;

import java.util.function.ToDoubleFunction;

/// A ratio of two sums over the users of a bucket.
@SuppressWarnings("ImmutableEnumChecker") // the functions hold nothing
public enum Metric {
  /// Clicks of an impression.
  CTR(Activity::clicks, Activity::impressions),
  /// Clicks of a user.
  CLICKS_PER_USER(Activity::clicks, _ -> 1),
  /// Clicks of a page view.
  CLICKS_PER_VIEW(Activity::clicks, Activity::views),
  /// The share of page views with a click.
  CLICKED_VIEWS(Activity::clickedViews, Activity::views);

  private final ToDoubleFunction<Activity> numerator;
  private final ToDoubleFunction<Activity> denominator;

  Metric(ToDoubleFunction<Activity> numerator, ToDoubleFunction<Activity> denominator) {
    this.numerator = numerator;
    this.denominator = denominator;
  }

  double numerator(Activity activity) {
    return numerator.applyAsDouble(activity);
  }

  double denominator(Activity activity) {
    return denominator.applyAsDouble(activity);
  }
}
