package io.saviorrec.trainer.ranker;

/// How scores are made as high as clicks bear out, on a period that the ranker did not learn from.
public enum CalibrationKind {
  /// They are left as they are.
  NONE,
  /// Platt's scaling: a line through the logits.
  PLATT,
  /// Isotonic regression, with lines between its steps.
  ISOTONIC
}
