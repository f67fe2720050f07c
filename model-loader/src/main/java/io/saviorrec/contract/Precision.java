package io.saviorrec.contract;

/// The type that a ranker computes scores in.
///
/// Inputs and outputs are float32 with both, as are the sums of histories.
public enum Precision {
  FP32(0),
  /// bfloat16: half the memory and, on processors with AMX or AVX512-BF16 and on GPUs, several
  /// times the speed of matrix products, for about three decimal digits.
  BF16(1);

  private final int number;

  Precision(int number) {
    this.number = number;
  }

  /// What archives know it by.
  int number() {
    return number;
  }
}
