package io.saviorrec.trainer.ranker;

/// How MBA normalises the concatenated code vectors before the fusion layer.
public enum MbaNorm {
  /// Eq. 8 as printed.
  NONE(0),
  /// `v / sqrt(|v|^2 + eps^2)`.
  SMOOTH(1),
  /// Plain L2, as the sentence before eq. 8 says. Freezes a zero-initialised codebook; kept to show
  /// it.
  HARD(2);

  private final int code;

  MbaNorm(int code) {
    this.code = code;
  }

  /// What `torchscript/mba.py` knows it by.
  int code() {
    return code;
  }
}
