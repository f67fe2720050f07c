package io.saviorrec.trainer.optim;

import java.util.Collection;
import java.util.List;
import org.bytedeco.pytorch.Tensor;

/// Parameters that are moved at one rate.
///
/// @param rate the learning rate that a [RateSchedule] starts from
/// @param weightDecay share of the rate by which weights shrink in each step; only [AdamW] decays
public record ParameterGroup(List<Tensor> parameters, double rate, double weightDecay) {
  public ParameterGroup {
    if (!(rate > 0) || !(weightDecay >= 0)) {
      throw new IllegalArgumentException(
          "rate must be positive and weightDecay not negative, were %s, %s"
              .formatted(rate, weightDecay));
    }
    parameters = List.copyOf(parameters);
  }

  /// Parameters whose weights do not decay.
  public static ParameterGroup of(Collection<Tensor> parameters, double rate) {
    return new ParameterGroup(List.copyOf(parameters), rate, 0);
  }
}
