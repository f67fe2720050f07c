package io.saviorrec.trainer.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.saviorrec.config.ConfigException;
import io.saviorrec.config.Settings;
import io.saviorrec.trainer.ranker.AttentionNorm;
import io.saviorrec.trainer.ranker.Inputs;
import io.saviorrec.trainer.ranker.RankerConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class TrainConfigTest {
  private static final TrainConfig TINY = Preset.TINY.config();

  @TempDir private Path folder;

  private Path file(String text) throws IOException {
    return Files.writeString(folder.resolve("settings.yaml"), text);
  }

  private static TrainConfig with(String key, String value) {
    Settings<TrainConfig> settings = Preset.TINY.settings();
    settings.set(key, value, "--set " + key);
    return settings.bind();
  }

  private static TrainConfig with(Path file) {
    Settings<TrainConfig> settings = Preset.TINY.settings();
    settings.file(file);
    return settings.bind();
  }

  @Test
  void aFileReplacesWhatItNamesAndSingleSettingsReplaceThat() throws IOException {
    Settings<TrainConfig> settings = Preset.TINY.settings();
    settings.file(
        file("ranker:\n  heads: 4\n  dropout: 0.1\n  userId: on\n  mba:\n    width: 3\n"));
    settings.set("ranker.heads", "6", "");
    settings.set("ranker.attentionNorm", "softmax", "");
    settings.set("ranker.training.tableRate", "1e-4", "");
    TrainConfig config = settings.bind();
    assertThat(config.ranker().heads()).isEqualTo(6);
    assertThat(config.ranker().dropout()).isEqualTo(0.1);
    assertThat(config.ranker().userId()).isEqualTo(RankerConfig.Switch.ON);
    assertThat(config.ranker().mba().width()).isEqualTo(3);
    assertThat(config.ranker().attentionNorm()).isEqualTo(AttentionNorm.SOFTMAX);
    assertThat(config.ranker().training().tableRate()).isEqualTo(1e-4);
    // Everything else is the preset's.
    assertThat(config.ranker().mba().eps()).isEqualTo(TINY.ranker().mba().eps());
    assertThat(config.ranker().training().denseRate())
        .isEqualTo(TINY.ranker().training().denseRate());
    assertThat(config.encoder()).isEqualTo(TINY.encoder());
    assertThat(config.quantizer()).isEqualTo(TINY.quantizer());
  }

  @ParameterizedTest
  @EnumSource(Preset.class)
  void whatARunRecordsReadsBack(Preset preset) throws IOException {
    TrainConfig config = preset.config();
    assertThat(with(file(Settings.yaml(Settings.tree(config))))).isEqualTo(config);
  }

  @Test
  void thePapersPresetHasThePapersSizes() {
    TrainConfig paper = Preset.PAPER.config();
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
        "encoder.image.width | 0 | encoder.image.width must be in [4, 4096], was 0",
        "ranker.heads | 0 | ranker.heads must be at least 1, was 0",
        "ranker.dropout | 1 | ranker.dropout must be in [0, 1), was 1",
        "ranker.dropout | .nan | --set ranker.dropout is not YAML: Malformed numeric value '.nan'",
        "ranker.dropout | NaN | ranker.dropout must be a number, was \"NaN\"",
        "ranker.mba.eps | 0 | ranker.mba.eps must be above 0 and finite, was 0",
        "ranker.taste.halfLife | 0 | ranker.taste.halfLife must be above 0 and finite, was 0",
        "ranker.training.tableRate | -1 | ranker.training.tableRate must be above 0 and finite, was -1",
        "ranker.training.tableRate | 1e999 | ranker.training.tableRate must be above 0 and finite, was Infinity",
        "ranker.heads | many | ranker.heads must be a whole number, was \"many\"",
        "ranker.heads | 2.5 | ranker.heads must be a whole number, was 2.5",
        "coClicks.windowSeconds | 1e99 | coClicks.windowSeconds must be a whole number, was 1.0E99",
        "ranker.attentionNorm | sigmoid | ranker.attentionNorm must be one of softmax, linear_sum, linear_mean, was \"sigmoid\"",
        "ranker.residualLogit | maybe | ranker.residualLogit must be true or false, was \"maybe\"",
        "ranker.headz | 1 | unknown key ranker.headz (known here: variant, wiring, attentionNorm, inputs, heads, headWidth, historyLength, idWidth, statWidth, statBuckets, userWidth, featureWidth, minItemImpressions, firstWidth, secondWidth, dropout, residualLogit, userId, mba, taste, calibration, training)",
        "rankr.heads | 1 | unknown key rankr (known here: coClicks, encoder, quantizer, ranker, checkpoints)",
        "ranker | 5 | ranker must be a map of settings, was 5",
        "ranker.heads.more | 5 | ranker.heads must be a whole number, was {\"more\":5}",
        "ranker.heads | '' | ranker.heads has no value",
        "ranker.heads | [ | --set ranker.heads is not YAML: while parsing a flow node",
      })
  void aSettingThatMakesNoSenseIsNamed(String key, String value, String message) {
    assertThatThrownBy(() -> with(key, value))
        .isInstanceOf(ConfigException.class)
        .hasMessage(message);
  }

  @Test
  void aVariantWhoseWidthsDoNotFitIsRefusedBeforeAnythingIsTrained() {
    Settings<TrainConfig> settings = Preset.TINY.settings();
    settings.set("ranker.variant", "no_z", "");
    settings.set("ranker.mba.width", "3", "");
    assertThatThrownBy(settings::bind)
        .hasMessage(
            "ranker.mba.width must be quantizer.codeDim 8 for variant no_z, whose codebook starts"
                + " from the RQ-VAE's, was 3");
  }

  @Test
  void contentIsTakenFromTheWholeModelAlone() {
    assertThat(with("ranker.inputs", "no_content").ranker().inputs()).isEqualTo(Inputs.NO_CONTENT);
    Settings<TrainConfig> settings = Preset.TINY.settings();
    settings.set("ranker.inputs", "no_content", "--set ranker.inputs");
    settings.set("ranker.variant", "simtier", "--set ranker.variant");
    assertThatThrownBy(settings::bind)
        .isInstanceOf(ConfigException.class)
        .hasMessage(
            "ranker.inputs must leave content in but for variant saviorrec without taste profiles,"
                + " was \"no_content\"");
  }

  @Test
  void tastesAreRefusedForAVariantWithoutContent() {
    Settings<TrainConfig> settings = Preset.TINY.settings();
    settings.set("ranker.taste.enabled", "true", "--set ranker.taste.enabled");
    assertThat(settings.bind().ranker().taste().enabled()).isTrue();
    settings.set("ranker.variant", "base", "--set ranker.variant");
    assertThatThrownBy(settings::bind)
        .isInstanceOf(ConfigException.class)
        .hasMessage(
            "ranker.taste.enabled must be false for variant base, which has no z, was true");
  }

  @Test
  void allMistakesAreToldAtOnce() throws IOException {
    Settings<TrainConfig> settings = Preset.TINY.settings();
    settings.file(file("ranker: {heads: 0, idWidth: 0, headz: 1}\nencoder: {image: {layers: 65}}"));
    settings.set("quantizer.levels", "x", "");
    assertThatThrownBy(settings::bind)
        .asInstanceOf(InstanceOfAssertFactories.type(ConfigException.class))
        .extracting(ConfigException::problems, InstanceOfAssertFactories.list(String.class))
        .hasSize(5)
        .contains(
            "ranker.heads must be at least 1, was 0",
            "ranker.idWidth must be at least 1, was 0",
            "encoder.image.layers must be in [1, 64], was 65",
            "quantizer.levels must be a whole number, was \"x\"");
  }

  @Test
  void aSettingOfNothingIsNamed() throws IOException {
    Path settings = file("ranker:\n  mba:\n    width:\n");
    assertThatThrownBy(() -> with(settings)).hasMessage("ranker.mba.width has no value");
  }

  @Test
  void aFileThatHoldsNoSettingsIsNamed() throws IOException {
    Path missing = folder.resolve("missing.yaml");
    assertThatThrownBy(() -> with(missing)).hasMessage(missing + ": no such file");
    assertThatThrownBy(() -> with(folder)).hasMessageStartingWith(folder + " cannot be read");
    Path list = file("- 1\n- 2\n");
    assertThatThrownBy(() -> with(list)).hasMessage(list + " must be a map of sections");
    Path broken = file("ranker: {heads: 4\n");
    assertThatThrownBy(() -> with(broken)).hasMessageStartingWith(broken + " line 1 is not YAML: ");
    Path twice = file("ranker:\n  heads: 4\n  heads: 5\n");
    assertThatThrownBy(() -> with(twice))
        .hasMessage(twice + " line 3 is not YAML: Duplicate field 'heads'");
  }
}
