package io.saviorrec.trainer.quantizer;

/// The shape of the RQ-VAE and how it is trained.
///
/// @param levels codes of an item (L)
/// @param codebookSize codes of a level (K)
/// @param codeDim width of a code (d)
/// @param hidden width of the encoder's and the decoder's hidden layers
/// @param reconstructionWeight λ₀ of the mean squared error of ẑ
/// @param commitmentWeight λ₁
/// @param contrastWeight weight of InfoNCE on the reconstructions of co-clicked items
/// @param temperature initial τ of that loss, which is learned
/// @param epochs passes over the items
/// @param maxSteps the most steps, however many the epochs ask for
/// @param batchSize items of a step, each with one partner where it has any
/// @param learningRate AdamW's peak rate, falling by a cosine
/// @param warmupShare share of the steps that the rate rises
/// @param weightDecay AdamW's decay of the layers' weights; codes are not decayed
public record QuantizerConfig(
    int levels,
    int codebookSize,
    int codeDim,
    int hidden,
    double reconstructionWeight,
    double commitmentWeight,
    double contrastWeight,
    double temperature,
    int epochs,
    int maxSteps,
    int batchSize,
    double learningRate,
    double warmupShare,
    double weightDecay) {
  public QuantizerConfig {
    inRange("levels", levels, 1, 32);
    inRange("codebookSize", codebookSize, 2, 65_536);
    inRange("codeDim", codeDim, 1, 1024);
    inRange("hidden", hidden, 1, 8192);
    inRange("reconstructionWeight", reconstructionWeight, 0, 1e6);
    inRange("commitmentWeight", commitmentWeight, 0, 1e6);
    inRange("contrastWeight", contrastWeight, 0, 1e6);
    inRange("temperature", temperature, 0.01, 1);
    inRange("epochs", epochs, 1, 100_000);
    inRange("maxSteps", maxSteps, 1, Integer.MAX_VALUE);
    inRange("batchSize", batchSize, 2, 1 << 20);
    inRange("learningRate", learningRate, 1e-8, 1);
    inRange("warmupShare", warmupShare, 0, 1);
    inRange("weightDecay", weightDecay, 0, 1);
  }

  /// The smallest that still has every part; trains in a second or two.
  public static QuantizerConfig tiny() {
    return new QuantizerConfig(2, 8, 8, 32, 1000, 0.5, 1, 0.07, 60, 200, 64, 5e-3, 0.05, 1e-4);
  }

  /// For some thousand items: 4 levels of 64 codes.
  public static QuantizerConfig small() {
    return new QuantizerConfig(
        4, 64, 32, 128, 1000, 0.5, 1, 0.07, 100, 1000, 512, 2e-3, 0.05, 1e-4);
  }

  /// The paper's: 8 levels of 2,048 codes of width 64, 150 epochs, learning rate .002, batches of
  /// 16,384.
  public static QuantizerConfig paper() {
    return new QuantizerConfig(
        8, 2048, 64, 256, 1000, 0.5, 1, 0.07, 150, Integer.MAX_VALUE, 16_384, 2e-3, 0.05, 1e-4);
  }

  /// Steps for this many items.
  int steps(int items) {
    int batch = Math.min(batchSize, items);
    return (int) Math.min(maxSteps, (long) epochs * (items / batch));
  }

  private static void inRange(String name, double value, double low, double high) {
    if (!(value >= low && value <= high)) {
      throw new IllegalArgumentException(
          "%s must be in [%s, %s] but was %s".formatted(name, low, high, value));
    }
  }
}
