package io.saviorrec.trainer.encoder;

import io.saviorrec.trainer.optim.ParameterGroup;
import io.saviorrec.trainer.torch.ScriptModule;
import io.saviorrec.trainer.torch.Tensors;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/// The parameters of an encoder of profiles, freshly initialised, behind the methods of
/// `encoder_profile.py`.
final class ProfileNetwork {
  /// The words of the profile, by token: a buffer.
  static final String WORDS = "profile_words";

  /// The map to z, whose columns are words and then statistics.
  static final String PLACE_WEIGHT = "place_weight";

  /// Colours of the palette, counted in each of four bands.
  static final int PALETTE = 32;

  private static final int BANDS = 4;

  /// Cells along each side of the grid, in each of which a colour has a mean and a deviation.
  private static final int GRID = 8;

  /// Of the cells beside the colours, where a picture tells of words.
  private static final double GRID_SCALE = 0.1;

  private static final double WORD_STD = 0.1;
  private static final double MAP_STD = 0.02;

  private ProfileNetwork() {}

  /// Statistics of a picture.
  static int statistics() {
    return BANDS * PALETTE + 2 * EncoderNetwork.COLOURS * GRID * GRID;
  }

  /// The most frequent words, as many as a profile holds; of equally frequent ones the first in the
  /// vocabulary.
  ///
  /// @param counts of each token in the training items
  static long[] words(EncoderConfig config, Vocabulary vocabulary, long[] counts) {
    return IntStream.range(vocabulary.firstWord(), vocabulary.size())
        .filter(token -> counts[token] > 0)
        .boxed()
        .sorted(Comparator.comparingLong(token -> -counts[token]))
        .limit(config.profile().words())
        .mapToLong(Integer::longValue)
        .toArray();
  }

  /// @param some tokens of the profile's words; padding stands for them where there are none, so
  ///   that there is something for a softmax
  static ScriptModule create(EncoderConfig config, Vocabulary vocabulary, long[] some) {
    long[] words = some.length == 0 ? new long[] {0} : some;
    ScriptModule module = new ScriptModule("ProfileEnc");
    int width = config.profile().width();
    int statistics = statistics();
    module.attribute("first_word", vocabulary.firstWord());
    module.attribute("grid", GRID);
    EncoderNetwork.pixelScale(module);
    module.buffer("centre", torch.zeros(config.zDim()));
    module.buffer(WORDS, Tensors.longs(words, words.length));
    Tensor colours = torch.randn(PALETTE, EncoderNetwork.COLOURS);
    module.buffer("palette_weight", Palette.weight(colours));
    module.buffer("palette_bias", Palette.bias(colours));
    module.buffer("look_mean", torch.zeros(statistics));
    module.buffer("look_deviation", torch.ones(statistics));
    module.buffer("look_scale", Tensors.floats(lookScale(statistics), statistics));
    module.parameter(
        "hidden_weight", Tensors.normal(Math.pow(statistics, -0.5), width, statistics));
    module.parameter("hidden_bias", torch.zeros(width));
    module.parameter("word", Tensors.normal(WORD_STD, vocabulary.size(), width));
    module.parameter("profile_weight", Tensors.normal(MAP_STD, words.length, width));
    module.parameter("profile_bias", torch.zeros(words.length));
    module.parameter("guess_weight", torch.zeros(statistics, width));
    int features = words.length + statistics;
    module.parameter(
        PLACE_WEIGHT, Tensors.normal(Math.pow(features, -0.5), config.zDim(), features));
    module.parameter("place_bias", torch.zeros(config.zDim()));
    return module.defineResource("torchscript/encoder_profile.py");
  }

  private static float[] lookScale(int statistics) {
    float[] scale = new float[statistics];
    Arrays.fill(scale, (float) GRID_SCALE);
    Arrays.fill(scale, 0, BANDS * PALETTE, 1);
    return scale;
  }

  /// Puts a weight in place of a fresh one that knows more words, behind those that it has. Where
  /// words come first in a row and something else after them, new words start at zero.
  static void copy(String name, Tensor from, Tensor into) {
    if (name.equals(PLACE_WEIGHT)) {
      long words = from.size(1) - statistics();
      into.zero_();
      into.narrow(1, 0, words).copy_(from.narrow(1, 0, words));
      into.narrow(1, into.size(1) - statistics(), statistics())
          .copy_(from.narrow(1, words, statistics()));
    } else {
      into.narrow(0, 0, from.size(0)).copy_(from);
    }
  }

  /// Every parameter for the optimiser. Tables and maps to words are not decayed: rare words would
  /// suffer most.
  ///
  /// @param share of the rate that what pictures are seen with learns at
  static List<ParameterGroup> groups(
      ScriptModule module, double rate, double share, double weightDecay) {
    return List.of(
        ParameterGroup.of(
            parameters(module, "word", "profile_weight", "profile_bias", "guess_weight"),
            ContentLoss.TABLE_RATE * rate),
        new ParameterGroup(
            parameters(module, "hidden_weight", PLACE_WEIGHT), share * rate, weightDecay),
        ParameterGroup.of(parameters(module, "hidden_bias", "place_bias"), share * rate));
  }

  private static List<Tensor> parameters(ScriptModule module, String... names) {
    return Arrays.stream(names).map(module::parameter).toList();
  }
}
