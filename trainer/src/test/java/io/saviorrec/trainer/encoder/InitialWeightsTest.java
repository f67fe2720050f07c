package io.saviorrec.trainer.encoder;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.saviorrec.bundle.Safetensors.DType;
import io.saviorrec.config.ConfigException;
import io.saviorrec.config.Settings;
import io.saviorrec.content.EncodedText;
import io.saviorrec.content.TextPart;
import io.saviorrec.content.TextTokenizer;
import io.saviorrec.trainer.console.UserError;
import io.saviorrec.trainer.loop.Checkpoints;
import io.saviorrec.trainer.pretrained.CheckpointForms;
import io.saviorrec.trainer.pretrained.TinyClip;
import io.saviorrec.trainer.torch.ScriptModule;
import io.saviorrec.trainer.torch.Tensors;
import io.saviorrec.trainer.train.CheckpointSizing;
import io.saviorrec.trainer.train.Preset;
import io.saviorrec.trainer.train.TrainConfig;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

final class InitialWeightsTest {
  private static final int[] TEXT = {3, 6, 7, 8, 11, 12, 4};
  private static final byte[] PIXELS = new byte[3 * 16 * 16];

  static {
    new Random(1).nextBytes(PIXELS);
  }

  @TempDir private Path folder;

  private final TinyClip clip = new TinyClip(1);

  @BeforeAll
  static void useOneThread() {
    torch.set_num_threads(1);
  }

  private static EncoderConfig config(Path checkpoint, String... more) {
    Settings<TrainConfig> settings = Preset.TINY.settings();
    settings.set("encoder.checkpoint", checkpoint.toString(), "");
    for (String setting : more) {
      String[] parts = setting.split("=", 2);
      settings.set(parts[0], parts[1], "");
    }
    CheckpointSizing.apply(settings);
    return settings.bind().encoder();
  }

  /// The heads are not in every form.
  private static EncoderConfig withHeads(Path checkpoint) {
    return config(checkpoint, "encoder.image.heads=3", "encoder.text.heads=2");
  }

  private static InitialWeights open(EncoderConfig config) {
    return InitialWeights.open(String.valueOf(config.checkpoint()), config);
  }

  private ScriptModule network(EncoderConfig config) {
    torch.manual_seed(5);
    try (InitialWeights weights = open(config)) {
      return StartedNetwork.of(config, weights, folder);
    }
  }

  private static float[] imageFeatures(ScriptModule module) {
    Tensor images = Tensors.bytes(PIXELS, 1, 3, 16, 16);
    Tensor present = Tensors.booleans(new boolean[] {true}, 1);
    return Tensors.toFloats(
        module.callTensors("image_tokens", images, present).getFirst().select(1, 0));
  }

  private static float[] textFeatures(ScriptModule module) {
    int padded = TEXT.length + 2;
    long[] ids = new long[padded];
    boolean[] mask = new boolean[padded];
    for (int t = 0; t < TEXT.length; t++) {
      ids[t] = TEXT[t];
      mask[t] = true;
    }
    return Tensors.toFloats(
        module
            .callTensor(
                "text_tokens",
                Tensors.longs(ids, 1, padded),
                Tensors.booleans(mask, 1, padded),
                0.0)
            .select(1, 0));
  }

  private static float[] floats(double[] values) {
    float[] floats = new float[values.length];
    for (int i = 0; i < values.length; i++) {
      floats[i] = (float) values[i];
    }
    return floats;
  }

  @ParameterizedTest
  @EnumSource(CheckpointForms.class)
  void featuresAreThoseOfThePlainNetworkInEveryForm(CheckpointForms form) {
    EncoderConfig config = withHeads(form.write(clip, folder));
    PlainClip plain = new PlainClip(clip);
    try (var _ = new PointerScope()) {
      ScriptModule module = network(config);
      assertThat(imageFeatures(module))
          .containsExactly(floats(plain.image(PIXELS, 16, 2, 3)), within(1e-4f));
      assertThat(textFeatures(module))
          .containsExactly(floats(plain.text(TEXT, 2, 2)), within(1e-4f));
    }
    try (InitialWeights weights = open(config)) {
      assertThat(weights.temperature(0.5)).isEqualTo(Math.exp(-2.5), within(1e-9));
    }
  }

  @Test
  void aBertGivesTheTextTowerAloneAndLeavesTheRestToTheSettings() {
    EncoderConfig config = config(clip.bert(folder));
    EncoderConfig tiny = Preset.TINY.config().encoder();
    assertThat(config.image()).isEqualTo(tiny.image());
    assertThat(config.shortcuts()).isTrue();
    assertThat(config.text()).isEqualTo(new EncoderConfig.Stack(8, 2, 2));
    try (var _ = new PointerScope();
        InitialWeights weights = open(config)) {
      ScriptModule module = StartedNetwork.of(config, weights, folder);
      assertThat(weights.parameters()).allMatch(name -> name.startsWith("text_"));
      assertThat(weights.parameters()).doesNotContain("text_projection");
      // The network's own projection in place of the one that a BERT lacks.
      float[] words = Tensors.toFloats(module.parameter("text_word"));
      assertThat(words)
          .isEqualTo(clip.get("text_model.embeddings.word_embeddings.weight").values());
      float[] identity = new float[config.merge().width() * 8];
      for (int i = 0; i < 8; i++) {
        identity[i * 8 + i] = 1;
      }
      clip.weights.put(
          "text_projection.weight", new TinyClip.Array(identity, config.merge().width(), 8));
      try (var _ = new org.bytedeco.pytorch.NoGradGuard()) {
        module.parameter("text_projection").copy_(Tensors.floats(identity, identity.length / 8, 8));
      }
      assertThat(textFeatures(module))
          .containsExactly(floats(new PlainClip(clip).text(TEXT, 2, 2)), within(1e-4f));
      assertThat(weights.temperature(0.5)).isEqualTo(0.5);
    }
  }

  @Test
  void theTokenizerIsTheVocabularyOfTheCheckpoint() {
    EncoderConfig config = config(clip.folder(folder, DType.F32));
    Path file = folder.resolve("tokenizer.json");
    try (InitialWeights weights = open(config)) {
      assertThat(weights.writeTokenizer(file, config, new TokenizerBuilder()))
          .isEqualTo(new Vocabulary(TinyClip.words(), 6));
    }
    try (TextTokenizer tokenizer = TextTokenizer.load(file, 9)) {
      EncodedText text = tokenizer.encode(List.of("RED Dresses 红色", "unheard"));
      assertThat(text.ids()).startsWith(3, 6, 7, 8, 11, 12, 4, 0, 0, 3, 2, 4);
    }
  }

  @Test
  void missingUnknownAndMisshapenWeightsAreNamed() {
    clip.weights.remove("vision_model.encoder.layers.1.mlp.fc1.bias");
    clip.weights.put("text_model.encoder.layer.2.output.dense.bias", clip.get("logit_scale"));
    clip.weights.put("text_projection.weight", new TinyClip.Array(new float[6], 3, 2));
    EncoderConfig config = config(clip.folder(folder, DType.F32));
    assertThatThrownBy(() -> open(config))
        .isInstanceOf(UserError.class)
        .hasMessage(
            "the weights of the checkpoint %s are not those of its shape; missing: vision_model.encoder.layers.1.mlp.fc1.bias; of another shape: text_projection.weight is [3, 2] and must be [12, 8]; unknown: text_model.encoder.layer.2.output.dense.bias"
                .formatted(folder));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "encoder.image.layers=3 | encoder.image.layers must be 2 as in the checkpoint %s, was 3",
        "encoder.text.width=16 | encoder.text.width must be 8 as in the checkpoint %s, was 16",
        "encoder.image.heads=4 | encoder.image.heads must be 3 as in the checkpoint %s, was 4",
        "encoder.merge.width=16 | encoder.merge.width must be 12 as in the checkpoint %s, was 16",
        "encoder.maxTokens=21 | encoder.maxTokens must be at most the 20 positions of the checkpoint %s, was 21",
        "encoder.shortcuts=true | encoder.shortcuts must be false as in the checkpoint %s, whose patches are linear in their pixels, was true",
      })
  void aSettingThatIsNotTheCheckpointsIsNamed(String setting, String message) {
    EncoderConfig config = config(clip.folder(folder, DType.F32), setting);
    assertThatThrownBy(() -> open(config))
        .isInstanceOf(ConfigException.class)
        .hasMessage(message.formatted(folder));
  }

  @Test
  void aVocabularyWithoutASpecialTokenIsRefused() throws Exception {
    clip.folder(folder, DType.F32);
    EncoderConfig config = config(folder);
    List<String> words = Files.readAllLines(folder.resolve("vocab.txt"));
    Files.write(
        folder.resolve("vocab.txt"), words.stream().filter(w -> !w.equals("[SEP]")).toList());
    assertThatThrownBy(() -> open(config))
        .hasMessage("the vocabulary of the checkpoint %s has no [SEP]", folder);
  }

  /// Weights of a checkpoint are tuned with the rest, or stay as they are.
  @ParameterizedTest
  @CsvSource({"0, false", "0.5, true"})
  void theRateOfTheCheckpointSaysWhetherItsWeightsMove(double rate, boolean move) {
    EncoderConfig config =
        config(clip.folder(folder.resolve("clip"), DType.F16), "encoder.checkpointRate=" + rate);
    ToyCatalogue catalogue = new ToyCatalogue(40, 5);
    Path archive = folder.resolve("encoder.pt");
    EncoderTrainer.train(
        config,
        TextPart.ALL,
        40,
        catalogue.items::get,
        catalogue.pairs(),
        catalogue.all(),
        archive,
        folder.resolve("tokenizer.json"),
        1,
        Checkpoints.none());
    try (var _ = new PointerScope()) {
      ScriptModule before = network(config);
      ScriptModule after = ScriptModule.load(archive);
      assertThat(Arrays.equals(imageFeatures(after), imageFeatures(before))).isEqualTo(!move);
      assertThat(Arrays.equals(textFeatures(after), textFeatures(before))).isEqualTo(!move);
    }
  }
}
