package io.saviorrec.trainer.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.saviorrec.bundle.Safetensors.DType;
import io.saviorrec.config.Settings;
import io.saviorrec.trainer.console.UserError;
import io.saviorrec.trainer.encoder.EncoderConfig;
import io.saviorrec.trainer.pretrained.CheckpointForms;
import io.saviorrec.trainer.pretrained.TinyClip;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class CheckpointSizingTest {
  @TempDir private Path folder;

  private final TinyClip clip = new TinyClip(1);

  private static Settings<TrainConfig> settings(Path checkpoint) {
    Settings<TrainConfig> settings = Preset.SMALL.settings();
    settings.set("encoder.checkpoint", checkpoint.toString(), "");
    return settings;
  }

  @Test
  void aCheckpointGivesTheShapeOfItsTowersBeneathWhatTheUserSet() {
    Settings<TrainConfig> settings = settings(clip.folder(folder, DType.F32));
    settings.set("encoder.maxTokens", "12", "");
    CheckpointSizing.apply(settings);
    EncoderConfig encoder = settings.bind().encoder();
    assertThat(encoder.imageSize()).isEqualTo(16);
    assertThat(encoder.patchSize()).isEqualTo(8);
    assertThat(encoder.shortcuts()).isFalse();
    assertThat(encoder.image()).isEqualTo(new EncoderConfig.Stack(12, 2, 3));
    assertThat(encoder.text()).isEqualTo(new EncoderConfig.Stack(8, 2, 2));
    assertThat(encoder.merge().width()).isEqualTo(12);
    assertThat(encoder.maxTokens()).isEqualTo(12);
  }

  @Test
  void theDataDoesNotShortenTextsThatACheckpointReads() {
    Settings<TrainConfig> settings = settings(clip.folder(folder, DType.F32));
    CheckpointSizing.apply(settings);
    DataSizing.apply(
        settings, Preset.SMALL, new DataShape(500, 40_000, 0, 500, 500, 500, 0.01, 17));
    assertThat(settings.bind().encoder().maxTokens()).isEqualTo(20);
  }

  @Test
  void withoutACheckpointNothingIsDecided() {
    Settings<TrainConfig> settings = Preset.SMALL.settings();
    assertThat(CheckpointSizing.apply(settings)).isEmpty();
    assertThat(settings.bind()).isEqualTo(Preset.SMALL.config());
  }

  @Test
  void aCheckpointThatIsNotThereIsTold() {
    Path missing = folder.resolve("missing");
    assertThatThrownBy(() -> CheckpointSizing.apply(settings(missing)))
        .isInstanceOf(UserError.class)
        .hasMessage("encoder.checkpoint: there is no %s", missing);
  }

  @Test
  void aPtFileNeedsItsVocabularyBesideIt() throws IOException {
    Path file = CheckpointForms.PT.write(clip, folder);
    Files.delete(folder.resolve("vocab.txt"));
    assertThatThrownBy(() -> CheckpointSizing.apply(settings(file)))
        .hasMessage("the checkpoint needs %s, which is missing", folder.resolve("vocab.txt"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "\"model_type\": \"chinese_clip\" | \"model_type\": \"clip\" | %s: model_type must be chinese_clip or bert, was \"clip\"",
        "\"hidden_act\": \"gelu\" | \"hidden_act\": \"relu\" | %s: text_config.hidden_act must be gelu, the only one that this encoder has, was relu",
        "1e-05 | 1e-6 | %s: vision_config.layer_norm_eps must be 1.0E-5, the only one that this encoder has, was 1.0E-6",
        "\"patch_size\": 8 | \"patch_size\": 5 | %s: vision_config.patch_size must divide image_size 16, was 5",
        "\"patch_size\": 8 | \"patch_size\": \"8\" | %s: vision_config.patch_size must be a whole number above 0, was \"8\"",
        "\"num_attention_heads\": 3 | \"num_attention_heads\": 5 | %s: vision_config.num_attention_heads must divide hidden_size 12, was 5",
      })
  void anotherNetworkThanTheEncodersIsRefused(String from, String to, String message)
      throws IOException {
    Path config = clip.folder(folder, DType.F32).resolve("config.json");
    Files.writeString(config, Files.readString(config).replace(from, to));
    assertThatThrownBy(() -> CheckpointSizing.apply(settings(folder)))
        .isInstanceOf(UserError.class)
        .hasMessage(message.formatted(config));
  }
}
