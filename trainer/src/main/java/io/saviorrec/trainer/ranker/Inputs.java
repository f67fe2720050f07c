package io.saviorrec.trainer.ranker;

/// What is told of items, candidates and history alike: everything, or all but one part, as in the
/// paper's Fig. 4.
public enum Inputs {
  ALL,
  /// No ID embedding.
  NO_ID,
  /// No statistics, and no click rate where a score starts without pctr_base.
  NO_STATISTICS,
  /// No z and no codes, which leaves the baseline `base`.
  NO_CONTENT
}
