package io.saviorrec.trainer.encoder;

/// The shape of SaviorEnc and how it is trained.
///
/// @param imageSize side of the square image, pixels
/// @param patchSize side of a patch, pixels; divides `imageSize`
/// @param image the image tower
/// @param text the text tower
/// @param maxTokens tokens of a text, [CLS] and [SEP] included
/// @param vocabularySize the most entries of the tokenizer's vocabulary
/// @param merge the transformer that merges both towers' tokens; its width is that of both towers'
///   outputs
/// @param zDim width of z
/// @param dropout share of the text tower's and the merger's activations that are dropped in
///   training
/// @param temperature initial τ of all losses
/// @param learnTemperature whether τ is trained
/// @param correctSampling whether logits are corrected for how often an item is drawn (log Q)
/// @param contentWeight weight of stage 0's loss in stage 1, which keeps what the content says
/// @param wordWeight weight of predicting an item's words from z within stage 0's loss
/// @param adapt stage 0: an image and its words find each other
/// @param align stage 1: two items clicked together find each other
public record EncoderConfig(
    int imageSize,
    int patchSize,
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
    Stage adapt,
    Stage align) {

  /// A stack of transformer layers.
  ///
  /// @param width features of a token
  /// @param layers layers, each with an MLP of four times the width
  /// @param heads attention heads, which divide the width
  public record Stack(int width, int layers, int heads) {
    public Stack {
      inRange("width", width, 4, 4096);
      inRange("layers", layers, 1, 64);
      inRange("heads", heads, 1, width);
      if (width % heads != 0) {
        throw new IllegalArgumentException(
            "heads must divide width %d but was %d".formatted(width, heads));
      }
    }
  }

  /// How long and how fast one stage trains.
  ///
  /// @param epochs passes over the items (stage 0) or over the pairs (stage 1)
  /// @param maxSteps the most steps, however many the epochs ask for
  /// @param batchSize items (stage 0) or pairs (stage 1) of a step
  /// @param learningRate AdamW's peak rate, reached after the warm-up, falling by a cosine
  /// @param warmupShare share of the steps that the rate rises
  /// @param weightDecay AdamW's decay of the weights, biases and norms left out
  public record Stage(
      int epochs,
      int maxSteps,
      int batchSize,
      double learningRate,
      double warmupShare,
      double weightDecay) {
    public Stage {
      inRange("epochs", epochs, 0, 10_000);
      inRange("maxSteps", maxSteps, 1, Integer.MAX_VALUE);
      inRange("batchSize", batchSize, 2, 65_536);
      inRange("learningRate", learningRate, 1e-8, 1);
      inRange("warmupShare", warmupShare, 0, 1);
      inRange("weightDecay", weightDecay, 0, 1);
    }

    /// Steps for `count` items or pairs.
    int steps(long count) {
      long batch = Math.min(batchSize, count);
      return (int) Math.min(maxSteps, epochs * ((count + batch - 1) / batch));
    }
  }

  public EncoderConfig {
    inRange("imageSize", imageSize, 4, 1024);
    inRange("patchSize", patchSize, 1, imageSize);
    if (imageSize % patchSize != 0) {
      throw new IllegalArgumentException(
          "patchSize must divide imageSize %d but was %d".formatted(imageSize, patchSize));
    }
    inRange("maxTokens", maxTokens, 3, 512);
    inRange("vocabularySize", vocabularySize, 16, 1 << 20);
    inRange("zDim", zDim, 2, 4096);
    inRange("dropout", dropout, 0, 0.9);
    inRange("temperature", temperature, 0.01, 1);
    inRange("contentWeight", contentWeight, 0, 100);
    inRange("wordWeight", wordWeight, 0, 100);
  }

  /// The smallest shape that still has every part; trains in a second or two.
  public static EncoderConfig tiny() {
    return new EncoderConfig(
        16,
        8,
        new Stack(16, 1, 2),
        new Stack(16, 1, 2),
        16,
        512,
        new Stack(16, 3, 2),
        16,
        0,
        0.07,
        true,
        false,
        0.1,
        0.5,
        new Stage(2, 20, 32, 2e-3, 0.1, 1e-3),
        new Stage(2, 40, 32, 2e-3, 0.1, 1e-3));
  }

  /// For some thousand items and two processor cores: a minute and a half.
  public static EncoderConfig small() {
    return new EncoderConfig(
        64,
        16,
        new Stack(64, 2, 4),
        new Stack(64, 2, 4),
        24,
        8192,
        new Stack(64, 3, 4),
        64,
        0,
        0.07,
        true,
        false,
        1,
        0.5,
        new Stage(10, 200, 128, 3e-3, 0.1, 1e-3),
        new Stage(10, 400, 128, 3e-3, 0.1, 1e-3));
  }

  /// The paper's: CN-CLIP ViT-B/16 and RoBERTa-wwm-base towers, a merger of 3 layers, 10 epochs of
  /// which 1 warms up, learning rate 1e-4, batches of 4,096.
  public static EncoderConfig paper() {
    Stage stage = new Stage(10, Integer.MAX_VALUE, 4096, 1e-4, 0.1, 1e-3);
    return new EncoderConfig(
        224,
        16,
        new Stack(768, 12, 12),
        new Stack(768, 12, 12),
        52,
        21_128,
        new Stack(512, 3, 8),
        64,
        0.1,
        0.07,
        true,
        false,
        0,
        0,
        stage,
        stage);
  }

  /// Patches of an image.
  int patches() {
    return (imageSize / patchSize) * (imageSize / patchSize);
  }

  private static void inRange(String name, double value, double low, double high) {
    if (!(value >= low && value <= high)) {
      throw new IllegalArgumentException(
          "%s must be in [%s, %s] but was %s"
              .formatted(name, plain(low), plain(high), plain(value)));
    }
  }

  private static String plain(double value) {
    return value == Math.rint(value) && Math.abs(value) < 1e15
        ? Long.toString((long) value)
        : Double.toString(value);
  }
}
