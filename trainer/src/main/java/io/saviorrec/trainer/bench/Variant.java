package io.saviorrec.trainer.bench;

import io.saviorrec.trainer.ranker.AttentionNorm;

/// A model in one precision.
///
/// @param model its name in the repository
/// @param norm of its attention
/// @param precision `fp32` or `bf16`
record Variant(String model, AttentionNorm norm, String precision) {
  static final String FP32 = "fp32";
  static final String BF16 = "bf16";

  /// What its module is called.
  String name() {
    return model + " " + precision;
  }

  boolean bf16() {
    return precision.equals(BF16);
  }
}
