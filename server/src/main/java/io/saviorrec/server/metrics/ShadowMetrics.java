package io.saviorrec.server.metrics;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.Tags;

/// The meters of what one model version scored for nobody, beside another that answered.
public final class ShadowMetrics {
  private final Counter scored;
  private final Counter dropped;
  private final Counter failed;
  private final DistributionSummary higher;
  private final DistributionSummary lower;

  ShadowMetrics(Meters meters, Tags model) {
    scored = requests(meters, model, "scored");
    dropped = requests(meters, model, "dropped");
    failed = requests(meters, model, "failed");
    higher = differences(meters, model, "higher");
    lower = differences(meters, model, "lower");
  }

  private static Counter requests(Meters meters, Tags model, String result) {
    return meters.counter(
        "savior.shadow.requests",
        "Requests that were to be scored for nobody, by what became of it",
        model.and("result", result));
  }

  private static DistributionSummary differences(Meters meters, Tags model, String direction) {
    return meters.differences(
        "savior.shadow.difference",
        "How far the score for nobody lies from the one that was answered, for each candidate",
        model.and("direction", direction));
  }

  /// Counts a request that both have scored.
  ///
  /// @param inShadow of the same candidates, in the same order
  public void scored(float[] answered, float[] inShadow) {
    scored.increment();
    for (int i = 0; i < answered.length; i++) {
      double difference = (double) inShadow[i] - answered[i];
      if (difference >= 0) {
        higher.record(difference);
      } else {
        lower.record(-difference);
      }
    }
  }

  /// Counts a request that the server had no room for.
  public void dropped() {
    dropped.increment();
  }

  /// Counts a request that the version failed to score.
  public void failed() {
    failed.increment();
  }
}
