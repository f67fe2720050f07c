package io.saviorrec.trainer.experiment;

/// What one user saw and did in one bucket.
///
/// @param views page views: requests
/// @param impressions items that were shown in them
/// @param clickedViews page views with a click
public record Activity(long views, long impressions, long clicks, long clickedViews) {
  static final Activity NONE = new Activity(0, 0, 0, 0);

  Activity plus(Activity other) {
    return new Activity(
        views + other.views,
        impressions + other.impressions,
        clicks + other.clicks,
        clickedViews + other.clickedViews);
  }
}
