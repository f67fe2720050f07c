package io.saviorrec.trainer.encoder;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.saviorrec.config.Settings;
import io.saviorrec.trainer.torch.ScriptModule;
import io.saviorrec.trainer.torch.Tensors;
import io.saviorrec.trainer.train.Preset;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

final class ProfileNetworkTest {
  static final EncoderConfig CONFIG = config();
  private static final int SIZE = CONFIG.imageSize();
  private static final int VOCABULARY = 12;
  private static final int TOKENS = 5;

  /// Two pictures, of which the first item and the third have one each; two items have words.
  private static final boolean[] PRESENT = {true, false, true, false};

  private static final long[] IDS = {2, 7, 8, 9, 3, 2, 10, 3, 0, 0, 2, 3, 0, 0, 0, 2, 3, 0, 0, 0};
  private static final boolean[] MASK = {
    true, true, true, true, true, true, true, true, false, false, true, true, false, false, false,
    true, true, false, false, false
  };

  @BeforeAll
  static void useOneThread() {
    torch.set_num_threads(1);
  }

  static EncoderConfig config(String... settings) {
    Settings<EncoderConfig> changed =
        Settings.over(EncoderConfig.class, Preset.TINY.config().encoder());
    changed.set("profile.enabled", "true", "");
    for (int i = 0; i < settings.length; i += 2) {
      changed.set(settings[i], settings[i + 1], "");
    }
    return changed.bind();
  }

  private static ScriptModule network() {
    torch.manual_seed(1);
    ScriptModule module = EncoderNetwork.create(CONFIG, VOCABULARY);
    module.parameter("guess_weight").detach().copy_(Tensors.normal(0.3, 512, 16));
    module.buffer("look_mean").copy_(Tensors.normal(0.1, 512));
    return module;
  }

  private static Tensor images() {
    byte[] pixels = new byte[4 * 3 * SIZE * SIZE];
    new Random(1).nextBytes(pixels);
    return Tensors.bytes(pixels, 4, 3, SIZE, SIZE);
  }

  private static Tensor present() {
    return Tensors.booleans(PRESENT, PRESENT.length);
  }

  private static Tensor ids() {
    return Tensors.longs(IDS, PRESENT.length, TOKENS);
  }

  private static Tensor mask() {
    return Tensors.booleans(MASK, PRESENT.length, TOKENS);
  }

  /// f32[N, C] of a palette's colours, taken back from its weight.
  private static double[][] colours(ScriptModule module) {
    float[] weight = Tensors.toFloats(module.buffer("palette_weight"));
    double[][] colours = new double[ProfileNetwork.PALETTE][3];
    for (int c = 0; c < weight.length; c++) {
      colours[c / 3][c % 3] = weight[c] * 0.05;
    }
    return colours;
  }

  @Test
  void coloursAreCountedBandByBandByTheirGaussians() {
    try (var _ = new PointerScope()) {
      ScriptModule module = network();
      Tensor small = module.callTensor("small", module.callTensor("pixels", images()));
      float[] x = Tensors.toFloats(small);
      float[] counted =
          Tensors.toFloats(module.callTensor("colours", module.callTensor("pixels", images())));
      double[][] colours = colours(module);
      int side = SIZE / 2;
      int bandHeight = side / 4;
      double[] share = new double[ProfileNetwork.PALETTE];
      int band = 2;
      for (int p = band * bandHeight * side; p < (band + 1) * bandHeight * side; p++) {
        double[] density = new double[colours.length];
        for (int c = 0; c < colours.length; c++) {
          double square = 0;
          for (int d = 0; d < 3; d++) {
            square += Math.pow(x[d * side * side + p] - colours[c][d], 2);
          }
          density[c] = Math.exp(-square / (2 * 0.05));
        }
        double total = Arrays.stream(density).sum();
        for (int c = 0; c < colours.length; c++) {
          share[c] += density[c] / total / (bandHeight * side);
        }
      }
      for (int c = 0; c < colours.length; c++) {
        assertThat((double) counted[c * 4 + band]).isCloseTo(Math.sqrt(share[c]), within(1e-4));
      }
    }
  }

  @Test
  void aCellHasMeanAndDeviationOfEachChannel() {
    try (var _ = new PointerScope()) {
      ScriptModule module = network();
      float[] x = Tensors.toFloats(module.callTensor("pixels", images()));
      float[] all = Tensors.toFloats(module.callTensor("statistics", images()));
      int cell = SIZE / 8;
      int channel = 1;
      int row = 3;
      int column = 5;
      double sum = 0;
      double square = 0;
      for (int y = row * cell; y < (row + 1) * cell; y++) {
        for (int c = column * cell; c < (column + 1) * cell; c++) {
          double value = x[(channel * SIZE + y) * SIZE + c];
          sum += value / (cell * cell);
          square += value * value / (cell * cell);
        }
      }
      int at = 4 * ProfileNetwork.PALETTE + channel * 64 + row * 8 + column;
      assertThat((double) all[at]).isCloseTo(sum, within(1e-4));
      assertThat((double) all[at + 3 * 64]).isCloseTo(Math.sqrt(square - sum * sum), within(1e-3));
    }
  }

  @Test
  void theBagOfWordsLeavesOutSpecialTokensAndPadding() {
    try (var _ = new PointerScope()) {
      ScriptModule module = network();
      Tensor counted = module.callTensor("counted", ids(), mask());
      assertThat(Tensors.toFloats(counted))
          .containsExactly(0, 1, 1, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
      float[] bag = Tensors.toFloats(module.callTensor("bag", ids(), counted, 0.0));
      float[] words = Tensors.toFloats(module.parameter("word"));
      int width = CONFIG.profile().width();
      for (int d = 0; d < width; d++) {
        double three = words[7 * width + d] + words[8 * width + d] + words[9 * width + d];
        assertThat((double) bag[d]).isCloseTo(three / Math.sqrt(3), within(1e-5));
        assertThat(bag[width + d]).isCloseTo(words[10 * width + d], within(1e-6f));
        assertThat(bag[2 * width + d]).isZero();
      }
    }
  }

  /// Item 0 has both, 1 words, 2 a picture, 3 neither.
  @Test
  void anItemIsToldByWhatItHas() {
    try (var _ = new PointerScope()) {
      ScriptModule module = network();
      List<Tensor> told = module.callTensors("told", images(), present(), ids(), mask(), 0.0);
      float[] seen = Tensors.toFloats(told.get(0).exp());
      float[] read = Tensors.toFloats(told.get(1).exp());
      float[] look = Tensors.toFloats(told.get(2));
      float[] guess = Tensors.toFloats(told.get(3));
      float[] features = Tensors.toFloats(told.get(4));
      int words = VOCABULARY - Vocabulary.built(VOCABULARY).firstWord();
      int statistics = ProfileNetwork.statistics();
      for (int w = 0; w < words; w++) {
        assertThat(features[w])
            .isCloseTo((float) Math.sqrt((seen[w] + read[w]) / 2), within(1e-5f));
        for (int item : new int[] {1, 3}) {
          assertThat(features[item * (words + statistics) + w])
              .isCloseTo((float) Math.sqrt(read[item * words + w]), within(1e-5f));
        }
        assertThat(features[2 * (words + statistics) + w])
            .isCloseTo((float) Math.sqrt(seen[2 * words + w]), within(1e-5f));
      }
      for (int s = 0; s < statistics; s++) {
        assertThat(look[statistics + s]).isZero();
        for (int item = 0; item < 4; item++) {
          float[] has = PRESENT[item] ? look : guess;
          assertThat(features[item * (words + statistics) + words + s])
              .isCloseTo(has[item * statistics + s], within(1e-5f));
        }
      }
    }
  }

  @Test
  void zIsOfUnitLengthLessTheCentre() {
    try (var _ = new PointerScope()) {
      ScriptModule module = network();
      module.buffer("centre").copy_(Tensors.normal(0.1, CONFIG.zDim()));
      float[] z =
          Tensors.toFloats(module.callTensor("forward", images(), present(), ids(), mask()));
      float[] before =
          Tensors.toFloats(module.callTensor("embed", images(), present(), ids(), mask()));
      float[] centre = Tensors.toFloats(module.buffer("centre"));
      int dim = CONFIG.zDim();
      for (int item = 0; item < 4; item++) {
        double square = 0;
        for (int d = 0; d < dim; d++) {
          square += Math.pow(before[item * dim + d] - centre[d], 2);
        }
        for (int d = 0; d < dim; d++) {
          assertThat((double) z[item * dim + d])
              .isCloseTo((before[item * dim + d] - centre[d]) / Math.sqrt(square), within(1e-5));
        }
      }
    }
  }

  @Test
  void aProfileHasTheMostFrequentWords() {
    Vocabulary vocabulary = Vocabulary.built(10);
    long[] counts = {9, 9, 9, 9, 9, 2, 0, 5, 5, 1};
    assertThat(ProfileNetwork.words(CONFIG, vocabulary, counts)).containsExactly(7, 8, 5, 9);
    assertThat(ProfileNetwork.words(config("profile.words", "2"), vocabulary, counts))
        .containsExactly(7, 8);
    assertThat(ProfileNetwork.words(CONFIG, vocabulary, new long[10])).isEmpty();
    try (var _ = new PointerScope()) {
      ScriptModule module = ProfileNetwork.create(CONFIG, vocabulary, new long[0]);
      assertThat(Tensors.toLongs(module.buffer(ProfileNetwork.WORDS))).containsExactly(0);
    }
  }

  @Test
  void whatAWeightKnowsStandsBeforeNewWordsAndTheRestOfARowBehindThem() {
    try (var _ = new PointerScope()) {
      int statistics = ProfileNetwork.statistics();
      Tensor place = Tensors.normal(1, 2, 3 + statistics);
      Tensor into = Tensors.normal(1, 2, 5 + statistics);
      ProfileNetwork.copy(ProfileNetwork.PLACE_WEIGHT, place, into);
      assertThat(Tensors.toFloats(into.narrow(1, 0, 3)))
          .isEqualTo(Tensors.toFloats(place.narrow(1, 0, 3)));
      assertThat(Tensors.toFloats(into.narrow(1, 3, 2))).containsOnly(0);
      assertThat(Tensors.toFloats(into.narrow(1, 5, statistics)))
          .isEqualTo(Tensors.toFloats(place.narrow(1, 3, statistics)));
      Tensor words = Tensors.normal(1, 3, 4);
      Tensor more = Tensors.normal(1, 5, 4);
      float[] fresh = Tensors.toFloats(more.narrow(0, 3, 2));
      ProfileNetwork.copy("word", words, more);
      assertThat(Tensors.toFloats(more.narrow(0, 0, 3))).isEqualTo(Tensors.toFloats(words));
      assertThat(Tensors.toFloats(more.narrow(0, 3, 2))).isEqualTo(fresh);
    }
  }
}
