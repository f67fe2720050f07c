package io.saviorrec.trainer.encoder;

import io.saviorrec.config.Check;
import org.jspecify.annotations.Nullable;

/// The shape of SaviorEnc and how it is trained.
///
/// @param imageSize side of the square image, pixels
/// @param patchSize side of a patch, pixels; divides `imageSize`
/// @param shortcuts whether pictures go through two convolutions first, and what these, the patches
///   and the words give also goes straight to z, past the transformers
/// @param profile an encoder of profiles in place of towers
/// @param image the image tower
/// @param text the text tower
/// @param maxTokens tokens of a text, [CLS] and [SEP] included
/// @param vocabularySize the most entries of the tokenizer's vocabulary
/// @param merge the transformer that merges both towers' tokens; its width is that of both towers'
///   outputs
/// @param zDim width of z
/// @param dropout share of the text tower's and the merger's activations that are dropped in
///   training
/// @param temperature initial τ of eq. 3 and of the contrasts of stage 0
/// @param learnTemperature whether τ is trained
/// @param correctSampling whether logits are corrected for how often an item is drawn (log Q)
/// @param contentWeight weight of stage 0's loss in stage 1, which keeps what the content says
/// @param wordWeight weight of predicting an item's words from z, or from picture and words, within
///   stage 0's loss
/// @param pictureWeight weight of predicting from z, or from words, how its picture looks, within
///   stage 0's loss
/// @param partnerWeight weight of predicting from z, or from picture and words, the words of an
///   item that was clicked together with it, besides stage 0's loss
/// @param checkpoint published weights that the towers start from, or a bundle that the whole
///   encoder starts from; null: all start at random
/// @param checkpointRate rate of weights that come from the checkpoint, as a share of the others';
///   0 leaves them as they are
/// @param adapt stage 0: z tells what picture and words show
/// @param align stage 1: two items clicked together find each other
public record EncoderConfig(
    int imageSize,
    int patchSize,
    boolean shortcuts,
    Profile profile,
    Stack image,
    Stack text,
    int maxTokens,
    int vocabularySize,
    Stack merge,
    int zDim,
    double dropout,
    double temperature,
    boolean learnTemperature,
    boolean correctSampling,
    double contentWeight,
    double wordWeight,
    double pictureWeight,
    double partnerWeight,
    @Nullable String checkpoint,
    double checkpointRate,
    Stage adapt,
    Stage align) {

  /// An encoder without towers, for catalogues that transformers learn too little from. z is made
  /// of an item's profile, which words it would have as its picture tells and as its own words
  /// tell, and of how its picture looks.
  ///
  /// @param enabled whether it is one
  /// @param width hidden units between a picture and its words, and of a word's vector
  /// @param words the most frequent ones, which a profile has; a bundle's are kept
  /// @param dropout share of hidden units and of words that is dropped in training
  /// @param shared share of what words tell that is the profile of their picture; the rest is they
  ///   themselves
  /// @param look the standard deviation of all of a look in z before that is brought to unit
  ///   length; that of a profile is 1
  public record Profile(
      boolean enabled, int width, int words, double dropout, double shared, double look) {
    public Profile {
      Check.all(
          check ->
              check
                  .range("width", width, 4, 4096)
                  .range("words", words, 1, 2048)
                  .range("dropout", dropout, 0, 0.9)
                  .range("shared", shared, 0.0, 1.0)
                  .range("look", look, 0.0, 100.0));
    }
  }

  /// A stack of transformer layers.
  ///
  /// @param width features of a token
  /// @param layers layers, each with an MLP of four times the width, or of a checkpoint's width
  /// @param heads attention heads, which divide the width
  public record Stack(int width, int layers, int heads) {
    public Stack {
      Check.all(
          check ->
              check
                  .range("width", width, 4, 4096)
                  .range("layers", layers, 1, 64)
                  .that(heads > 0 && width % heads == 0, "heads", "divide width " + width, heads));
    }
  }

  /// How long and how fast one stage trains.
  ///
  /// @param epochs passes over the items (stage 0) or over the pairs (stage 1)
  /// @param minSteps the fewest steps, unless `epochs` is 0: random weights say nothing, however
  ///   small the data
  /// @param maxSteps the most steps, however many the epochs ask for
  /// @param batchSize items (stage 0) or pairs (stage 1) of a step
  /// @param learningRate AdamW's peak rate, reached after the warm-up, falling by a cosine
  /// @param warmupShare share of the steps that the rate rises
  /// @param weightDecay AdamW's decay of the weights, biases and norms left out
  public record Stage(
      int epochs,
      int minSteps,
      int maxSteps,
      int batchSize,
      double learningRate,
      double warmupShare,
      double weightDecay) {
    public Stage {
      Check.all(
          check ->
              check
                  .range("epochs", epochs, 0, 10_000)
                  .atLeast("minSteps", minSteps, 1)
                  .atLeast("maxSteps", maxSteps, minSteps)
                  .range("batchSize", batchSize, 2, 65_536)
                  .range("learningRate", learningRate, 1e-8, 1)
                  .range("warmupShare", warmupShare, 0.0, 1.0)
                  .range("weightDecay", weightDecay, 0.0, 1.0));
    }

    /// Steps for `count` items or pairs.
    int steps(long count) {
      long batch = Math.min(batchSize, count);
      long asked = epochs * ((count + batch - 1) / batch);
      return epochs == 0 ? 0 : (int) Math.min(maxSteps, Math.max(minSteps, asked));
    }
  }

  public EncoderConfig {
    Check.all(
        check ->
            check
                .range("imageSize", imageSize, 4, 1024)
                .that(
                    patchSize > 0 && imageSize % patchSize == 0,
                    "patchSize",
                    "divide imageSize " + imageSize,
                    patchSize)
                .that(
                    !shortcuts || patchSize % 4 == 0,
                    "patchSize",
                    "be a multiple of 4 with shortcuts",
                    patchSize)
                .range("maxTokens", maxTokens, 3, 512)
                .range("vocabularySize", vocabularySize, 16, 1 << 20)
                .range("zDim", zDim, 2, 4096)
                .range("dropout", dropout, 0, 0.9)
                .range("temperature", temperature, 0.01, 1)
                .range("contentWeight", contentWeight, 0.0, 100.0)
                .range("wordWeight", wordWeight, 0.0, 100.0)
                .range("pictureWeight", pictureWeight, 0.0, 100.0)
                .range("partnerWeight", partnerWeight, 0.0, 100.0)
                .notBlank("checkpoint", checkpoint)
                .range("checkpointRate", checkpointRate, 0.0, 100.0));
  }

  /// Patches of an image.
  int patches() {
    return (imageSize / patchSize) * (imageSize / patchSize);
  }
}
