package io.saviorrec.trainer.metric;

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
    double gaucUnweighted,
    double logLoss,
    double normalizedEntropy,
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
}
