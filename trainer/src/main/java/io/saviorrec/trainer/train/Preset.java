package io.saviorrec.trainer.train;

/// A named size of the whole training run.
public enum Preset {
  /// Seconds; for tests.
  TINY,
  /// Minutes on two cores; for some thousand items and some hundred thousand impressions.
  SMALL,
  /// The paper's §4.1.4 hyper-parameters.
  PAPER
}
