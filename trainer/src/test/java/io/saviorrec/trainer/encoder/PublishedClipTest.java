package io.saviorrec.trainer.encoder;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.assertj.core.api.Assertions.withinPercentage;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.saviorrec.bundle.Safetensors;
import io.saviorrec.bundle.Safetensors.DType;
import io.saviorrec.config.Settings;
import io.saviorrec.content.EncodedText;
import io.saviorrec.content.ImagePreprocessor;
import io.saviorrec.content.TextTokenizer;
import io.saviorrec.trainer.torch.ScriptModule;
import io.saviorrec.trainer.torch.Tensors;
import io.saviorrec.trainer.train.CheckpointSizing;
import io.saviorrec.trainer.train.Preset;
import io.saviorrec.trainer.train.TrainConfig;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Holds the encoder against what CN-CLIP's own code computed, for whoever has such values:
/// `-Dclip.reference=FOLDER`.
///
/// The folder has a checkpoint in both forms, `hf/` and `clip_cn_golden.pt`, with four heads in the
/// text tower; pictures `images/N.png`, `texts.json`, and in `golden.safetensors` the pixels, token
/// ids, features and logits of these.
final class PublishedClipTest {
  private static final int CONTEXT = 52;
  private static final float TOLERANCE = 1e-4f;

  /// What the logits were computed with: 1/τ before any training.
  private static final double SCALE = Math.exp(2.65926);

  private static final double[] MEAN = {0.48145466, 0.4578275, 0.40821073};
  private static final double[] DEVIATION = {0.26862954, 0.26130258, 0.27577711};

  private static Path reference;

  @TempDir private Path folder;

  @BeforeAll
  static void findReference() {
    String named = System.getProperty("clip.reference", "");
    assumeTrue(!named.isEmpty(), "no values of CN-CLIP's own code: -Dclip.reference=FOLDER");
    reference = Path.of(named);
    torch.set_num_threads(1);
  }

  @Test
  void pixelsTokensFeaturesAndLogitsAreThoseOfTheFolder() throws IOException {
    assertSame(reference.resolve("hf"));
  }

  @Test
  void pixelsTokensFeaturesAndLogitsAreThoseOfThePtFile() throws IOException {
    // The file does not tell its heads and comes without a vocabulary.
    Path file = folder.resolve("clip.pt");
    Files.copy(reference.resolve("clip_cn_golden.pt"), file);
    Files.copy(reference.resolve("hf/vocab.txt"), folder.resolve("vocab.txt"));
    assertSame(file, "encoder.text.heads=4");
  }

  private void assertSame(Path checkpoint, String... more) throws IOException {
    Settings<TrainConfig> settings = Preset.TINY.settings();
    settings.set("encoder.checkpoint", checkpoint.toString(), "");
    for (String setting : more) {
      settings.set(setting.split("=", 2)[0], setting.split("=", 2)[1], "");
    }
    CheckpointSizing.apply(settings);
    EncoderConfig config = settings.bind().encoder();
    assertThat(config.maxTokens()).isEqualTo(CONTEXT);
    List<String> texts =
        Arrays.asList(
            new ObjectMapper().readValue(reference.resolve("texts.json").toFile(), String[].class));
    try (Safetensors golden = Safetensors.open(reference.resolve("golden.safetensors"));
        InitialWeights weights = InitialWeights.open(checkpoint.toString(), config);
        var _ = new PointerScope();
        var _ = new NoGradGuard()) {
      byte[] pixels = pixels(config.imageSize(), golden);
      EncodedText tokens = tokens(weights, config, texts, golden);
      ScriptModule module = StartedNetwork.of(config, weights, folder);
      int images = pixels.length / (3 * config.imageSize() * config.imageSize());
      boolean[] present = new boolean[images];
      Arrays.fill(present, true);
      Tensor image =
          module
              .callTensors(
                  "image_tokens",
                  Tensors.bytes(pixels, images, 3, config.imageSize(), config.imageSize()),
                  Tensors.booleans(present, images))
              .getFirst()
              .select(1, 0);
      Tensor text =
          module
              .callTensor(
                  "text_tokens",
                  Tensors.longs(tokens.ids(), texts.size(), CONTEXT),
                  Tensors.booleans(tokens.mask(), texts.size(), CONTEXT),
                  0.0)
              .select(1, 0);
      assertThat(Tensors.toFloats(image))
          .containsExactly(floats(golden, "image_features"), within(TOLERANCE));
      assertThat(Tensors.toFloats(text))
          .containsExactly(floats(golden, "text_features"), within(TOLERANCE));
      Tensor cosines = module.callTensor("unit", image).matmul(module.callTensor("unit", text).t());
      // The logits were computed with a scale that half precision, in which the file keeps it,
      // rounds by 4 in 10,000; everything else is exact in both files.
      assertThat(1 / weights.temperature(Double.NaN)).isCloseTo(SCALE, withinPercentage(0.1));
      assertThat(Tensors.toFloats(cosines.mul(new Scalar(SCALE))))
          .containsExactly(floats(golden, "logits_per_image"), within(TOLERANCE));
    }
  }

  private static byte[] pixels(int size, Safetensors golden) throws IOException {
    float[] expected = floats(golden, "pixel_values");
    byte[] all = new byte[expected.length];
    ImagePreprocessor preprocessor = new ImagePreprocessor(size);
    int each = preprocessor.length();
    for (int i = 0; i < all.length / each; i++) {
      Path file = reference.resolve("images/" + i + ".png");
      System.arraycopy(preprocessor.pixels(Files.readAllBytes(file)), 0, all, i * each, each);
    }
    float[] normalised = new float[all.length];
    for (int i = 0; i < all.length; i++) {
      int colour = i / (size * size) % 3;
      double share = Byte.toUnsignedInt(all[i]) / 255.0;
      normalised[i] = (float) ((share - MEAN[colour]) / DEVIATION[colour]);
    }
    assertThat(normalised).containsExactly(expected, within(TOLERANCE));
    return all;
  }

  private EncodedText tokens(
      InitialWeights weights, EncoderConfig config, List<String> texts, Safetensors golden) {
    Path file = folder.resolve("tokenizer.json");
    weights.writeTokenizer(file, config, new TokenizerBuilder());
    try (TextTokenizer tokenizer = TextTokenizer.load(file, CONTEXT)) {
      EncodedText tokens = tokenizer.encode(texts);
      assertThat(tokens.ids())
          .isEqualTo(
              golden
                  .require("input_ids", DType.I64, 2)
                  .data()
                  .toArray(ValueLayout.JAVA_LONG_UNALIGNED));
      return tokens;
    }
  }

  private static float[] floats(Safetensors golden, String name) {
    Safetensors.Tensor tensor =
        golden.require(name, DType.F32, name.equals("pixel_values") ? 4 : 2);
    return tensor.data().toArray(ValueLayout.JAVA_FLOAT_UNALIGNED);
  }
}
