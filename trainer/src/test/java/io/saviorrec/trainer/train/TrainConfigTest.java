package io.saviorrec.trainer.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.saviorrec.trainer.console.UserError;
import io.saviorrec.trainer.ranker.AttentionNorm;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class TrainConfigTest {
  private static final TrainConfig TINY = TrainConfig.of(Preset.TINY);

  @TempDir private Path folder;

  private Path file(String text) throws IOException {
    return Files.writeString(folder.resolve("settings.yaml"), text);
  }

  @Test
  void aFileReplacesWhatItNamesAndSingleSettingsReplaceThat() throws IOException {
    TrainConfig config =
        TINY.with(file("ranker:\n  heads: 4\n  dropout: 0.1\n  mba:\n    width: 3\n"))
            .with(Map.of("ranker.heads", "6", "ranker.attentionNorm", "softmax"));
    assertThat(config.ranker().heads()).isEqualTo(6);
    assertThat(config.ranker().dropout()).isEqualTo(0.1);
    assertThat(config.ranker().mba().width()).isEqualTo(3);
    assertThat(config.ranker().attentionNorm()).isEqualTo(AttentionNorm.SOFTMAX);
    // Everything else is the preset's.
    assertThat(config.ranker().mba().eps()).isEqualTo(TINY.ranker().mba().eps());
    assertThat(config.ranker().training()).isEqualTo(TINY.ranker().training());
    assertThat(config.encoder()).isEqualTo(TINY.encoder());
    assertThat(config.quantizer()).isEqualTo(TINY.quantizer());
  }

  @ParameterizedTest
  @EnumSource(Preset.class)
  void whatAPresetPrintsReadsBack(Preset preset) throws IOException {
    TrainConfig config = TrainConfig.of(preset);
    Path printed = Files.writeString(folder.resolve("printed.yaml"), config.toJson());
    assertThat(TINY.with(printed)).isEqualTo(config);
  }

  @Test
  void thePapersPresetHasThePapersSizes() {
    TrainConfig paper = TrainConfig.of(Preset.PAPER);
    assertThat(paper.ranker().heads()).isEqualTo(8);
    assertThat(paper.ranker().mba().width()).isEqualTo(64);
    assertThat(paper.ranker().training().batchSize()).isEqualTo(1024);
    assertThat(paper.quantizer().levels()).isEqualTo(8);
    assertThat(paper.quantizer().codebookSize()).isEqualTo(2048);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "ranker.heads | 0 | ranker.heads must be at least 1 but was 0",
        "ranker.dropout | 1 | ranker.dropout must be in [0, 1) but was 1.0",
        "ranker.dropout | NaN | ranker.dropout must be in [0, 1) but was NaN",
        "ranker.mba.eps | 0 | ranker.mba.eps must be above 0 and finite but was 0.0",
        "ranker.training.tableRate | -1 | ranker.training.tableRate must be above 0 and finite but was -1.0",
        "ranker.training.tableRate | Infinity | above 0 and finite but was Infinity",
        "ranker.heads | many | ranker.heads",
        "ranker.heads | 2.5 | ranker.heads",
        "ranker.attentionNorm | sigmoid | ranker.attentionNorm",
        "ranker.residualLogit | maybe | ranker.residualLogit",
        "ranker.headz | 1 | unknown setting ranker.headz; there are ranker.variant, ranker.wiring",
        "rankr.heads | 1 | unknown setting rankr; there are coClicks, encoder, quantizer, ranker",
        "ranker | 5 | ranker",
        "ranker.heads.more | 5 | ranker.heads",
        "ranker..heads | 5 | unknown setting ranker.",
      })
  void aSettingThatMakesNoSenseIsNamed(String key, String value, String message) {
    assertThatThrownBy(() -> TINY.with(Map.of(key, value)))
        .isInstanceOf(UserError.class)
        .message()
        .contains(message)
        .doesNotContain("\n");
  }

  @Test
  void aSettingOfNothingIsNamed() throws IOException {
    Path settings = file("ranker:\n  mba:\n");
    assertThatThrownBy(() -> TINY.with(settings))
        .isInstanceOf(UserError.class)
        .hasMessage("setting ranker.mba has no value");
  }

  @Test
  void aFileThatHoldsNoSettingsIsNamed() throws IOException {
    Path missing = folder.resolve("missing.yaml");
    assertThatThrownBy(() -> TINY.with(missing))
        .isInstanceOf(UserError.class)
        .hasMessage(missing + ": no such file, or not readable");
    Path list = file("- 1\n- 2\n");
    assertThatThrownBy(() -> TINY.with(list))
        .isInstanceOf(UserError.class)
        .hasMessage(list + ": not a YAML mapping of settings");
    Path broken = file("ranker: {heads: 4\n");
    assertThatThrownBy(() -> TINY.with(broken))
        .isInstanceOf(UserError.class)
        .hasMessageStartingWith(broken + ": ");
    Path twice = file("ranker:\n  heads: 4\n  heads: 5\n");
    assertThatThrownBy(() -> TINY.with(twice))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("heads");
  }
}
