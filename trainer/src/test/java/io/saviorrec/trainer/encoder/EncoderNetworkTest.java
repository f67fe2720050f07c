package io.saviorrec.trainer.encoder;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.saviorrec.config.Settings;
import io.saviorrec.trainer.torch.ScriptModule;
import io.saviorrec.trainer.torch.Tensors;
import io.saviorrec.trainer.train.Preset;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class EncoderNetworkTest {
  private static final int ITEMS = 3;
  private static final int TOKENS = 5;
  private static final int VOCABULARY = 20;
  private static final EncoderConfig CONFIG = Preset.TINY.config().encoder();
  private static final int PIXELS = 3 * CONFIG.imageSize() * CONFIG.imageSize();

  @TempDir private Path folder;

  @BeforeAll
  static void useOneThread() {
    torch.set_num_threads(1);
  }

  private static ScriptModule network() {
    torch.manual_seed(1);
    ScriptModule module = EncoderNetwork.create(CONFIG, VOCABULARY);
    // Values that fresh biases and norms do not have, so that a swapped one shows.
    module
        .parameters()
        .forEach(
            (name, parameter) -> {
              if (name.endsWith("_bias") || name.contains("_ln_")) {
                parameter.detach().add_(torch.randn(parameter.sizes()).mul(scalar(0.3f)));
              }
            });
    return module;
  }

  private static org.bytedeco.pytorch.Scalar scalar(float value) {
    return new org.bytedeco.pytorch.Scalar(value);
  }

  private static byte[] pixels() {
    byte[] bytes = new byte[ITEMS * PIXELS];
    new Random(1).nextBytes(bytes);
    return bytes;
  }

  private static final boolean[] PRESENT = {true, false, true};
  private static final long[] IDS = {2, 7, 8, 9, 3, 2, 10, 3, 0, 0, 0, 0, 0, 0, 0};
  private static final boolean[] MASK = {
    true, true, true, true, true, true, true, true, false, false, false, false, false, false, false
  };

  private static float[] z(ScriptModule module, byte[] pixels, long[] ids, boolean[] mask) {
    int width = ids.length / ITEMS;
    return Tensors.toFloats(
        module.callTensor(
            "forward", images(pixels), present(), ids(ids, width), mask(mask, width)));
  }

  private static Tensor images(byte[] pixels) {
    return Tensors.bytes(pixels, ITEMS, 3, CONFIG.imageSize(), CONFIG.imageSize());
  }

  private static Tensor present() {
    return Tensors.booleans(PRESENT, ITEMS);
  }

  private static Tensor ids(long[] ids, int width) {
    return Tensors.longs(ids, ITEMS, width);
  }

  private static Tensor mask(boolean[] mask, int width) {
    return Tensors.booleans(mask, ITEMS, width);
  }

  @Test
  void doesNotSeeThePixelsOfAnAbsentImage() {
    try (var _ = new PointerScope()) {
      ScriptModule module = network();
      byte[] other = pixels();
      Arrays.fill(other, PIXELS, 2 * PIXELS, (byte) 200);
      assertThat(z(module, other, IDS, MASK)).containsExactly(z(module, pixels(), IDS, MASK));
      other[0] ^= 0x40;
      assertThat(z(module, other, IDS, MASK)).isNotEqualTo(z(module, pixels(), IDS, MASK));
    }
  }

  @Test
  void doesNotSeePaddingOrWhatStandsInIt() {
    try (var _ = new PointerScope()) {
      ScriptModule module = network();
      float[] expected = z(module, pixels(), IDS, MASK);
      int wide = TOKENS + 4;
      long[] ids = new long[ITEMS * wide];
      boolean[] mask = new boolean[ITEMS * wide];
      Arrays.fill(ids, 11);
      for (int i = 0; i < IDS.length; i++) {
        if (MASK[i]) {
          ids[i / TOKENS * wide + i % TOKENS] = IDS[i];
          mask[i / TOKENS * wide + i % TOKENS] = true;
        }
      }
      // An item without any words still reads its first position, where padding stands.
      ids[2 * wide] = 0;
      assertThat(z(module, pixels(), ids, mask)).containsExactly(expected, within(1e-5f));
    }
  }

  @Test
  void givesFiniteUnitVectorsEvenWithoutImageAndWords() {
    try (var _ = new PointerScope()) {
      boolean[] nothing = new boolean[MASK.length];
      float[] z = z(network(), pixels(), new long[IDS.length], nothing);
      for (int item = 0; item < ITEMS; item++) {
        double square = 0;
        for (int d = 0; d < CONFIG.zDim(); d++) {
          square += (double) z[item * CONFIG.zDim() + d] * z[item * CONFIG.zDim() + d];
        }
        assertThat(square).isCloseTo(1, within(1e-5));
      }
    }
  }

  @Test
  void subtractsTheCentreBeforeItsLastNormalisation() {
    try (var _ = new PointerScope()) {
      ScriptModule module = network();
      float[] raw =
          Tensors.toFloats(
              module.callTensor(
                  "embed", images(pixels()), present(), ids(IDS, TOKENS), mask(MASK, TOKENS)));
      int dim = CONFIG.zDim();
      float[] centre = new float[dim];
      for (int d = 0; d < dim; d++) {
        centre[d] = 0.02f * d;
      }
      Objects.requireNonNull(module.buffers().get("centre")).copy_(Tensors.floats(centre, dim));
      float[] z = z(module, pixels(), IDS, MASK);
      for (int item = 0; item < ITEMS; item++) {
        double square = 0;
        for (int d = 0; d < dim; d++) {
          square += Math.pow(raw[item * dim + d] - centre[d], 2);
        }
        for (int d = 0; d < dim; d++) {
          double expected = (raw[item * dim + d] - centre[d]) / Math.sqrt(square);
          assertThat((double) z[item * dim + d]).isCloseTo(expected, within(1e-5));
        }
      }
    }
  }

  @Test
  void aSavedArchiveGivesTheSameValues() {
    try (var _ = new PointerScope()) {
      ScriptModule module = network();
      module.save(folder.resolve("encoder.pt"));
      ScriptModule archive = ScriptModule.load(folder.resolve("encoder.pt"));
      assertThat(z(archive, pixels(), IDS, MASK)).containsExactly(z(module, pixels(), IDS, MASK));
    }
  }

  @Test
  void givesEveryParameterAGradient() {
    try (var _ = new PointerScope()) {
      ScriptModule module = network();
      List<Tensor> views =
          module.callTensors(
              "views", images(pixels()), present(), ids(IDS, TOKENS), mask(MASK, TOKENS), 0.0);
      Tensor loss = torch.zeros(1);
      for (Tensor view : views) {
        loss = loss.add(view.mul(torch.randn(view.sizes())).sum());
      }
      loss.backward();
      module
          .parameters()
          .forEach(
              (name, parameter) -> {
                assertThat(parameter.grad().defined()).as(name).isTrue();
                float[] gradient = Tensors.toFloats(parameter.grad());
                assertThat(gradient).as(name).isNotEqualTo(new float[gradient.length]);
              });
    }
  }

  @Test
  void aViewWithoutImageIsTheItemWithoutImage() {
    try (var _ = new PointerScope()) {
      ScriptModule module = network();
      List<Tensor> views =
          module.callTensors(
              "views", images(pixels()), present(), ids(IDS, TOKENS), mask(MASK, TOKENS), 0.0);
      float[] whole = Tensors.toFloats(views.get(0));
      float[] words = Tensors.toFloats(views.get(2));
      int dim = CONFIG.zDim();
      // Item 1 has no image anyway.
      assertThat(Arrays.copyOfRange(words, dim, 2 * dim))
          .containsExactly(Arrays.copyOfRange(whole, dim, 2 * dim), within(1e-5f));
      assertThat(Arrays.copyOf(words, dim)).isNotEqualTo(Arrays.copyOf(whole, dim));
    }
  }

  @Test
  void attendsLikeThePlainFormulaPerHead() {
    int width = 4;
    int heads = 2;
    float[] q = gaussians(2 * width, 1);
    float[] k = gaussians(3 * width, 2);
    float[] v = gaussians(3 * width, 3);
    boolean[] allowed = {true, false, true};
    try (var _ = new PointerScope()) {
      float[] out =
          Tensors.toFloats(
              network()
                  .callTensor(
                      "attend",
                      Tensors.floats(q, 1, 2, width),
                      Tensors.floats(k, 1, 3, width),
                      Tensors.floats(v, 1, 3, width),
                      Tensors.booleans(allowed, 1, 3),
                      heads,
                      0.0));
      float[] expected = new float[2 * width];
      for (int query = 0; query < 2; query++) {
        for (int head = 0; head < heads; head++) {
          plainAttention(q, k, v, allowed, query, head, width, width / heads, expected);
        }
      }
      assertThat(out).containsExactly(expected, within(1e-5f));
    }
  }

  private static void plainAttention(
      float[] q,
      float[] k,
      float[] v,
      boolean[] allowed,
      int query,
      int head,
      int width,
      int size,
      float[] out) {
    double[] weight = new double[allowed.length];
    double total = 0;
    for (int token = 0; token < allowed.length; token++) {
      double score = 0;
      for (int d = head * size; d < (head + 1) * size; d++) {
        score += q[query * width + d] * k[token * width + d];
      }
      weight[token] = allowed[token] ? Math.exp(score / Math.sqrt(size)) : 0;
      total += weight[token];
    }
    for (int d = head * size; d < (head + 1) * size; d++) {
      double sum = 0;
      for (int token = 0; token < allowed.length; token++) {
        sum += weight[token] / total * v[token * width + d];
      }
      out[query * width + d] = (float) sum;
    }
  }

  private static float[] gaussians(int count, int seed) {
    Random random = new Random(seed);
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = (float) random.nextGaussian();
    }
    return values;
  }

  /// The merger projects queries and results instead of every token; here every token is projected.
  @Test
  void mergesLikePlainCrossAttention() {
    try (var _ = new PointerScope()) {
      ScriptModule module = network();
      int width = CONFIG.merge().width();
      Tensor image = Tensors.floats(gaussians(2 * 3 * width, 5), 2, 3, width);
      Tensor text = Tensors.floats(gaussians(2 * 2 * width, 6), 2, 2, width);
      Tensor hasImage = Tensors.booleans(new boolean[] {true, false}, 2);
      Tensor allowed = Tensors.booleans(new boolean[] {true, true, true, false}, 2, 2);
      float[] merged =
          Tensors.toFloats(module.callTensor("merge", image, text, hasImage, allowed, 0.0));
      assertThat(merged)
          .containsExactly(
              Tensors.toFloats(plainMerge(module, image, text, hasImage, allowed)), within(1e-4f));
    }
  }

  private static Tensor plainMerge(
      ScriptModule module, Tensor image, Tensor text, Tensor hasImage, Tensor allowed) {
    Tensor tokens = torch.cat(new org.bytedeco.pytorch.TensorVector(image, text), 1);
    Tensor mask =
        torch.cat(
            new org.bytedeco.pytorch.TensorVector(
                hasImage.unsqueeze(1).expand(2, image.size(1)), allowed),
            1);
    Tensor summary =
        image
            .select(1, 0)
            .mul(hasImage.to(torch.ScalarType.Float).unsqueeze(1))
            .add(text.select(1, 0));
    Tensor q = module.parameter("merge_query").unsqueeze(0).expand(2, image.size(2));
    for (int layer = 0; layer < CONFIG.merge().layers(); layer++) {
      q = q.add(summary);
      Tensor k = tokens.matmul(layer(module, "merge_k_weight", layer).t());
      Tensor v = linear(module, "merge_v", layer, tokens);
      Tensor attended =
          module.callTensor(
              "attend",
              linear(module, "merge_q", layer, q).unsqueeze(1),
              k,
              v,
              mask,
              CONFIG.merge().heads(),
              0.0);
      Tensor y = linear(module, "merge_out", layer, attended.squeeze(1));
      q = norm(module, "merge_ln_1", layer, q.add(y));
      y = linear(module, "merge_proj", layer, torch.gelu(linear(module, "merge_fc", layer, q)));
      q = norm(module, "merge_ln_2", layer, q.add(y));
    }
    return q;
  }

  private static Tensor layer(ScriptModule module, String name, int layer) {
    return module.parameter(name).detach().select(0, layer);
  }

  private static Tensor linear(ScriptModule module, String name, int layer, Tensor x) {
    return x.matmul(layer(module, name + "_weight", layer).t())
        .add(layer(module, name + "_bias", layer));
  }

  private static Tensor norm(ScriptModule module, String name, int layer, Tensor x) {
    return module.callTensor(
        "layer_norm",
        x,
        layer(module, name + "_weight", layer),
        layer(module, name + "_bias", layer),
        1e-5);
  }

  @Test
  void withoutShortcutsEverythingGoesThroughTheTransformers() {
    try (var _ = new PointerScope()) {
      Settings<EncoderConfig> plain = Settings.over(EncoderConfig.class, CONFIG);
      plain.set("shortcuts", "false", "shortcuts");
      ScriptModule module = EncoderNetwork.create(plain.bind(), VOCABULARY);
      assertThat(module.parameters().keySet()).noneMatch(name -> name.contains("straight"));
      List<Tensor> seen = module.callTensors("image_tokens", images(pixels()), present());
      assertThat(Tensors.toFloats(seen.get(1))).containsOnly(0f);
      assertThat(z(module, pixels(), IDS, MASK)).hasSize(ITEMS * CONFIG.zDim());
    }
  }

  @Test
  void presetsOfEverySizeFitTogether() {
    List<EncoderConfig> presets =
        new ArrayList<>(List.of(Preset.TINY.config().encoder(), Preset.SMALL.config().encoder()));
    try (var _ = new PointerScope()) {
      for (EncoderConfig preset : presets) {
        ScriptModule module = EncoderNetwork.create(preset, VOCABULARY);
        Tensor z =
            module.callTensor(
                "forward",
                torch.zeros(1, 3, preset.imageSize(), preset.imageSize()).to(torch.ScalarType.Byte),
                Tensors.booleans(new boolean[] {true}, 1),
                Tensors.longs(new long[preset.maxTokens()], 1, preset.maxTokens()),
                Tensors.booleans(new boolean[preset.maxTokens()], 1, preset.maxTokens()));
        assertThat(z.size(1)).isEqualTo(preset.zDim());
      }
    }
  }
}
