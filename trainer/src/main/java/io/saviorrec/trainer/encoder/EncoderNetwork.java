package io.saviorrec.trainer.encoder;

import io.saviorrec.trainer.optim.ParameterGroup;
import io.saviorrec.trainer.torch.ScriptModule;
import io.saviorrec.trainer.torch.Tensors;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/// The parameters of SaviorEnc, freshly initialised, behind the methods of `encoder.py`.
///
/// Initial values come from libtorch's global generator; CLIP's for the image tower, BERT's for the
/// rest.
public final class EncoderNetwork {
  private static final float[] PIXEL_MEAN = {0.48145467f, 0.4578275f, 0.40821072f};
  private static final float[] PIXEL_STD = {0.26862955f, 0.2613026f, 0.2757771f};
  static final int COLOURS = 3;
  private static final double BERT_STD = 0.02;
  private static final double WORD_STD = 0.1;

  /// Below 1, so that at the start the picture does not drown the words.
  private static final double STRAIGHT_GAIN = 0.5;

  /// Channels of the two convolutions before the patches; each halves the picture's sides.
  private static final int[] CHANNELS = {16, 32};

  private static final int CONVOLVED = 4;

  /// Colours that a picture's pixels are counted by, in four bands.
  private static final int PALETTE = 32;

  private static final int BANDS = 4;
  private static final double PALETTE_VARIANCE = 0.15;

  /// The map from the mean of a published text tower's outputs to z.
  static final String STRAIGHT_TEXT = "straight_text";

  /// The maps from a picture to z.
  static final List<String> STRAIGHT_PICTURE = List.of("straight_patch", "straight_statistic");

  private EncoderNetwork() {}

  /// A network with fresh weights for a vocabulary of this size, made by [TokenizerBuilder]. With
  /// profiles, these are of its first words.
  public static ScriptModule create(EncoderConfig config, int vocabulary) {
    long[] counts = new long[vocabulary];
    Arrays.fill(counts, 1);
    return create(config, Vocabulary.built(vocabulary), counts);
  }

  /// The same for the texts of a catalogue.
  ///
  /// @param counts of each token in the training items
  static ScriptModule create(EncoderConfig config, Vocabulary vocabulary, long[] counts) {
    if (config.profile().enabled()) {
      return ProfileNetwork.create(
          config, vocabulary, ProfileNetwork.words(config, vocabulary, counts));
    }
    return create(config, vocabulary, 4 * config.image().width(), 4 * config.text().width(), false);
  }

  /// A network with these weights, as far as they go, and the rest of it fresh.
  ///
  /// @param counts of each token in the training items
  static ScriptModule create(
      EncoderConfig config, InitialWeights weights, Vocabulary vocabulary, long[] counts) {
    ScriptModule module = weights.network(config, vocabulary, counts);
    weights.fill(module);
    return module;
  }

  static ScriptModule create(
      EncoderConfig config, Vocabulary vocabulary, int imageMlp, int textMlp, boolean pooledText) {
    ScriptModule module = new ScriptModule("SaviorEnc");
    module.attribute("patch", config.patchSize());
    module.attribute("image_heads", config.image().heads());
    module.attribute("text_heads", config.text().heads());
    module.attribute("merge_heads", config.merge().heads());
    module.attribute("first_word", vocabulary.firstWord());
    pixelScale(module);
    module.buffer("centre", torch.zeros(config.zDim()));
    imageTower(module, config, imageMlp);
    textTower(module, config, vocabulary.size(), textMlp);
    merger(module, config);
    if (config.shortcuts()) {
      shortcuts(module, config, vocabulary.size());
      module.defineResource("torchscript/encoder_shortcuts.py");
      if (pooledText) {
        weight(module, STRAIGHT_TEXT, 0, config.zDim(), config.merge().width());
        module.parameter(STRAIGHT_TEXT + "_bias", torch.zeros(config.zDim()));
        module.defineResource("torchscript/encoder_pooled.py");
      } else {
        module.defineResource("torchscript/encoder_bag.py");
      }
    } else {
      module.defineResource("torchscript/encoder_plain.py");
    }
    return module.defineResource("torchscript/encoder.py");
  }

  /// How pixels are scaled, as CLIP has it.
  static void pixelScale(ScriptModule module) {
    module.buffer("pixel_mean", Tensors.floats(PIXEL_MEAN, 1, COLOURS, 1, 1));
    module.buffer("pixel_std", Tensors.floats(PIXEL_STD, 1, COLOURS, 1, 1));
  }

  /// Every parameter for the optimiser; biases, norms and single vectors are not decayed.
  ///
  /// @param tableRate of the tables of words
  /// @param given names of the parameters that come from a checkpoint
  /// @param givenRate of these, their tables too; 0 leaves them as they are
  static List<ParameterGroup> groups(
      ScriptModule module,
      double rate,
      double tableRate,
      Set<String> given,
      double givenRate,
      double weightDecay) {
    Map<String, Tensor> fresh = new LinkedHashMap<>(module.parameters());
    Map<String, Tensor> slow = new LinkedHashMap<>(fresh);
    fresh.keySet().removeAll(given);
    slow.keySet().retainAll(given);
    List<ParameterGroup> groups = new ArrayList<>(groups(fresh, rate, tableRate, weightDecay));
    if (givenRate > 0 && !slow.isEmpty()) {
      groups.addAll(groups(slow, givenRate, givenRate, weightDecay));
    }
    return groups;
  }

  private static List<ParameterGroup> groups(
      Map<String, Tensor> parameters, double rate, double tableRate, double weightDecay) {
    List<Tensor> tables = new ArrayList<>();
    List<Tensor> decayed = new ArrayList<>();
    List<Tensor> others = new ArrayList<>();
    parameters.forEach(
        (name, tensor) -> {
          boolean matrix = !name.endsWith("_bias") && !name.contains("_ln_") && tensor.dim() >= 2;
          boolean table = name.endsWith("_word");
          (table ? tables : matrix ? decayed : others).add(tensor);
        });
    return List.of(
        new ParameterGroup(tables, tableRate, weightDecay),
        new ParameterGroup(decayed, rate, weightDecay),
        ParameterGroup.of(others, rate));
  }

  private static void imageTower(ScriptModule module, EncoderConfig config, int mlp) {
    int width = config.image().width();
    int layers = config.image().layers();
    int patch = config.shortcuts() ? config.patchSize() / CONVOLVED : config.patchSize();
    int channels = config.shortcuts() ? CHANNELS[1] : COLOURS;
    double scale = Math.pow(width, -0.5);
    double residual = scale * Math.pow(2.0 * layers, -0.5);
    double patchStd = Math.pow((double) channels * patch * patch, -0.5);
    weight(module, "image_patch", patchStd, width, channels, patch, patch);
    module.parameter("image_class", Tensors.normal(scale, width));
    module.parameter("image_position", Tensors.normal(scale, config.patches() + 1L, width));
    norm(module, "image_ln_pre", width);
    norm(module, "image_ln_1", layers, width);
    linear(module, "image_qkv", scale, layers, 3L * width, width);
    linear(module, "image_out", residual, layers, width, width);
    norm(module, "image_ln_2", layers, width);
    linear(module, "image_fc", Math.pow(2.0 * width, -0.5), layers, mlp, width);
    linear(module, "image_proj", residual, layers, width, mlp);
    norm(module, "image_ln_post", width);
    module.parameter("image_projection", Tensors.normal(scale, config.merge().width(), width));
  }

  private static void textTower(
      ScriptModule module, EncoderConfig config, int vocabulary, int mlp) {
    int width = config.text().width();
    int layers = config.text().layers();
    module.parameter("text_word", Tensors.normal(BERT_STD, vocabulary, width));
    module.parameter("text_position", Tensors.normal(BERT_STD, config.maxTokens(), width));
    module.parameter("text_type", Tensors.normal(BERT_STD, width));
    norm(module, "text_ln_embedding", width);
    linear(module, "text_qkv", xavier(width, width), layers, 3L * width, width);
    linear(module, "text_out", xavier(width, width), layers, width, width);
    norm(module, "text_ln_1", layers, width);
    linear(module, "text_fc", xavier(width, mlp), layers, mlp, width);
    linear(module, "text_proj", xavier(width, mlp), layers, width, mlp);
    norm(module, "text_ln_2", layers, width);
    module.parameter(
        "text_projection", Tensors.normal(Math.pow(width, -0.5), config.merge().width(), width));
  }

  private static void merger(ScriptModule module, EncoderConfig config) {
    int width = config.merge().width();
    int layers = config.merge().layers();
    module.parameter("merge_query", Tensors.normal(BERT_STD, width));
    linear(module, "merge_q", xavier(width, width), layers, width, width);
    weight(module, "merge_k", xavier(width, width), layers, width, width);
    linear(module, "merge_v", xavier(width, width), layers, width, width);
    linear(module, "merge_out", xavier(width, width), layers, width, width);
    norm(module, "merge_ln_1", layers, width);
    linear(module, "merge_fc", xavier(width, 4 * width), layers, 4L * width, width);
    linear(module, "merge_proj", xavier(width, 4 * width), layers, width, 4L * width);
    norm(module, "merge_ln_2", layers, width);
    linear(module, "head_1", xavier(width, width), width, width);
    linear(module, "head_2", xavier(width, config.zDim()), config.zDim(), width);
  }

  private static void shortcuts(ScriptModule module, EncoderConfig config, int vocabulary) {
    int zDim = config.zDim();
    convolution(module, "image_conv_1", COLOURS, CHANNELS[0]);
    convolution(module, "image_conv_2", CHANNELS[0], CHANNELS[1]);
    int patches = config.patches() * config.image().width();
    weight(module, "straight_patch", STRAIGHT_GAIN * xavier(patches, zDim), zDim, patches);
    // Each colour in each band; mean and deviation of each channel.
    int statistics = PALETTE * BANDS + 2 * (CHANNELS[0] + CHANNELS[1]);
    weight(
        module, "straight_statistic", STRAIGHT_GAIN * xavier(statistics, zDim), zDim, statistics);
    int width = config.image().width();
    weight(module, "image_statistic", Math.pow(statistics, -0.5), width, statistics);
    palette(module);
    module.parameter("straight_word", Tensors.normal(WORD_STD, vocabulary, zDim));
  }

  /// Colours at random, as they are after normalisation. A pixel's share in a colour is that of a
  /// mixture of Gaussians: the logit is (2 x · c - c · c) / 2 σ².
  private static void palette(ScriptModule module) {
    Tensor colours = torch.randn(PALETTE, COLOURS);
    module.parameter(
        "palette_weight", colours.div(new Scalar(PALETTE_VARIANCE)).view(PALETTE, COLOURS, 1, 1));
    module.parameter(
        "palette_bias", colours.square().sum(1).mul(new Scalar(-0.5 / PALETTE_VARIANCE)));
  }

  /// A 3 × 3 convolution before a ReLU.
  private static void convolution(ScriptModule module, String name, int in, int out) {
    weight(module, name, Math.sqrt(2.0 / (9 * in)), out, in, 3, 3);
    module.parameter(name + "_bias", torch.zeros(out));
  }

  private static double xavier(int in, int out) {
    return Math.sqrt(2.0 / (in + out));
  }

  private static void weight(ScriptModule module, String name, double std, long... shape) {
    module.parameter(name + "_weight", Tensors.normal(std, shape));
  }

  /// A linear map `[..., out, in]` and its bias `[..., out]`.
  private static void linear(ScriptModule module, String name, double std, long... shape) {
    weight(module, name, std, shape);
    module.parameter(name + "_bias", torch.zeros(Arrays.copyOf(shape, shape.length - 1)));
  }

  private static void norm(ScriptModule module, String name, long... shape) {
    module.parameter(name + "_weight", torch.ones(shape));
    module.parameter(name + "_bias", torch.zeros(shape));
  }
}
