package io.saviorrec.trainer.optim;

/// How a learning rate changes over the steps of a run.
@FunctionalInterface
public interface RateSchedule {
  /// The rate of a step, counted from 0.
  ///
  /// @param rate the group's rate
  /// @param steps all steps, as planned; a run may take a few more
  double at(double rate, long step, long steps);

  /// A rate that stays as it is.
  static RateSchedule constant() {
    return (rate, _, _) -> rate;
  }

  /// A rate that falls by the same share in each step.
  ///
  /// @param finalShare the last rate as a share of the first
  record Geometric(double finalShare) implements RateSchedule {
    public Geometric {
      if (!(finalShare > 0 && finalShare <= 1)) {
        throw new IllegalArgumentException("finalShare must be in (0, 1], was " + finalShare);
      }
    }

    @Override
    public double at(double rate, long step, long steps) {
      return rate * Math.pow(finalShare, Math.min(1, step / (double) steps));
    }
  }

  /// A rate that rises linearly to its peak and then falls to zero along half a cosine.
  ///
  /// @param warmupShare share of the steps that the rate rises
  record WarmupCosine(double warmupShare) implements RateSchedule {
    public WarmupCosine {
      if (!(warmupShare >= 0 && warmupShare <= 1)) {
        throw new IllegalArgumentException("warmupShare must be in [0, 1], was " + warmupShare);
      }
    }

    @Override
    public double at(double rate, long step, long steps) {
      long warmupSteps = Math.round(warmupShare * steps);
      if (step < warmupSteps) {
        return rate * (step + 1) / (warmupSteps + 1);
      }
      double done = (double) (step - warmupSteps) / Math.max(1, steps - warmupSteps);
      return rate * 0.5 * (1 + Math.cos(Math.PI * Math.min(1, done)));
    }
  }
}
