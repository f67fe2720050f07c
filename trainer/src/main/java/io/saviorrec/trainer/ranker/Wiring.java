package io.saviorrec.trainer.ranker;

/// How the attentions meet the DNN.
public enum Wiring {
  /// Pooled attention, score summaries for each head, the candidate's z in the DNN, W^k starting
  /// equal to W^q.
  SUMMARIES,
  /// As the paper draws it: pooled attention only, independent starts, no z in the DNN.
  PAPER
}
