package io.saviorrec.trainer.bench;

/// How thorough a benchmark is.
public enum Effort {
  /// Seconds; shows that it works and measures nothing.
  TINY,
  /// About three minutes.
  QUICK,
  /// About twenty-five minutes.
  FULL
}
