package io.saviorrec.trainer.metric;

import com.fasterxml.jackson.annotation.JsonProperty;

/// How good predicted click probabilities of some impressions are: in order and in height.
///
/// @param auc in [0, 1]; NaN where only one class is present
/// @param gauc AUC within users with both classes, weighted by their impressions
/// @param gaucUnweighted the same, every user alike
/// @param logLoss nats
/// @param normalizedEntropy `logLoss` over that of always predicting the click rate
/// @param pcoc predicted over observed clicks
/// @param ece expected calibration error over bins of equal mass
public record ClickMetrics(
    long samples,
    long clicks,
    double auc,
    double gauc,
    @JsonProperty("gauc_unweighted") double gaucUnweighted,
    @JsonProperty("logloss") double logLoss,
    @JsonProperty("normalized_entropy") double normalizedEntropy,
    double pcoc,
    double ece) {

  public static ClickMetrics of(float[] probabilities, boolean[] labels, long[] users) {
    long clicks = 0;
    for (boolean label : labels) {
      clicks += label ? 1 : 0;
    }
    GroupedAuc grouped = GroupedAuc.by(probabilities, labels, users);
    return new ClickMetrics(
        labels.length,
        clicks,
        Auc.of(probabilities, labels),
        grouped.weighted(),
        grouped.unweighted(),
        Calibration.logLoss(probabilities, labels),
        Calibration.normalizedEntropy(probabilities, labels),
        Calibration.pcoc(probabilities, labels),
        Calibration.expectedError(probabilities, labels));
  }

  /// The same of some of the impressions.
  ///
  /// @param rows their places
  public static ClickMetrics of(float[] probabilities, boolean[] labels, long[] users, int[] rows) {
    float[] some = new float[rows.length];
    boolean[] clicked = new boolean[rows.length];
    long[] who = new long[rows.length];
    for (int i = 0; i < rows.length; i++) {
      some[i] = probabilities[rows[i]];
      clicked[i] = labels[rows[i]];
      who[i] = users[rows[i]];
    }
    return of(some, clicked, who);
  }
}
