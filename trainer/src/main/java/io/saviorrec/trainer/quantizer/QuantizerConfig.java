package io.saviorrec.trainer.quantizer;

import io.saviorrec.config.Check;

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
    Check.all(
        check ->
            check
                .range("levels", levels, 1, 32)
                .range("codebookSize", codebookSize, 2, 65_536)
                .range("codeDim", codeDim, 1, 1024)
                .range("hidden", hidden, 1, 8192)
                .range("reconstructionWeight", reconstructionWeight, 0, 1e6)
                .range("commitmentWeight", commitmentWeight, 0, 1e6)
                .range("contrastWeight", contrastWeight, 0, 1e6)
                .range("temperature", temperature, 0.01, 1)
                .range("epochs", epochs, 1, 100_000)
                .atLeast("maxSteps", maxSteps, 1)
                .range("batchSize", batchSize, 2, 1 << 20)
                .range("learningRate", learningRate, 1e-8, 1)
                .range("warmupShare", warmupShare, 0.0, 1.0)
                .range("weightDecay", weightDecay, 0.0, 1.0));
  }

  /// Steps for this many items.
  int steps(int items) {
    int batch = Math.min(batchSize, items);
    return (int) Math.min(maxSteps, (long) epochs * (items / batch));
  }
}
