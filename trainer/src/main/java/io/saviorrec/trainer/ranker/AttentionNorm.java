package io.saviorrec.trainer.ranker;

/// What turns attention scores into weights.
public enum AttentionNorm {
  SOFTMAX(0),
  /// Eq. 10 as printed: the plain scores.
  LINEAR_SUM(1),
  /// The plain scores over the number of valid history items.
  LINEAR_MEAN(2);

  private final int code;

  AttentionNorm(int code) {
    this.code = code;
  }

  /// What `torchscript/ranker.py` knows it by.
  int code() {
    return code;
  }
}
