package io.saviorrec.trainer.train;

import static org.assertj.core.api.Assertions.assertThat;

import io.saviorrec.config.Settings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class StageKeysTest {
  private static final DataFingerprint DATA = new DataFingerprint("1ea2", "a11", new long[0]);
  private static final StageKeys KEYS =
      new StageKeys(toolchain(Map.of(), ""), DATA, Preset.TINY.config(), "", 1, 1, 1);

  /// Versions over the usual ones, and one script that was edited.
  private static Toolchain toolchain(Map<String, String> versions, String edited) {
    SortedMap<String, String> all =
        new TreeMap<>(
            Map.of("trainer", "c0de", "libtorch", "2.7.1", "duckdb", "1.5", "java", "25"));
    all.putAll(versions);
    return new Toolchain(all, script -> script.equals(edited) ? "edited" : "text of " + script);
  }

  private static StageKeys with(Toolchain toolchain) {
    return new StageKeys(toolchain, DATA, KEYS.config(), "", 1, 1, 1);
  }

  private static StageKeys with(String key, String value) {
    Settings<TrainConfig> settings = Preset.TINY.settings();
    settings.set(key, value, "");
    return new StageKeys(KEYS.toolchain(), DATA, settings.bind(), "", 1, 1, 1);
  }

  private static void assertBothChange(StageKeys other) {
    assertThat(other.encoder().sha()).isNotEqualTo(KEYS.encoder().sha());
    assertThat(other.quantizer().sha()).isNotEqualTo(KEYS.quantizer().sha());
  }

  @Test
  void theSameInputsGiveTheSameKeys() {
    StageKeys again =
        new StageKeys(
            toolchain(Map.of(), ""),
            new DataFingerprint("1ea2", "other features", new long[1]),
            Preset.TINY.config(),
            "",
            1,
            1,
            1);
    assertThat(again.encoder()).isEqualTo(KEYS.encoder());
    assertThat(again.encoder().sha()).isEqualTo(KEYS.encoder().sha()).hasSize(64);
    assertThat(again.quantizer().sha()).isEqualTo(KEYS.quantizer().sha());
  }

  @Test
  void rankersOfSeveralSeedsShareWhatComesBeforeThem() {
    StageKeys other = new StageKeys(KEYS.toolchain(), DATA, KEYS.config(), "", 1, 2, 1);
    assertThat(other.encoder().sha()).isEqualTo(KEYS.encoder().sha());
    assertThat(other.quantizer().sha()).isEqualTo(KEYS.quantizer().sha());
    assertThat(other.input().sha()).isEqualTo(KEYS.input().sha());
    assertThat(other.ranker().sha()).isNotEqualTo(KEYS.ranker().sha());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"encoder.py", "encoder_profile.py", "infonce.py", "kmeans.py", "words.py"})
  void anEditedScriptOfTheEncoderChangesBothKeys(String script) {
    assertBothChange(with(toolchain(Map.of(), script)));
  }

  @Test
  void anEditedScriptOfTheQuantizerLeavesTheEncoder() {
    StageKeys other = with(toolchain(Map.of(), "rq.py"));
    assertThat(other.encoder().sha()).isEqualTo(KEYS.encoder().sha());
    assertThat(other.quantizer().sha()).isNotEqualTo(KEYS.quantizer().sha());
  }

  @ParameterizedTest
  @ValueSource(strings = {"trainer", "libtorch", "duckdb", "java"})
  void anotherVersionOfAnythingBeneathChangesBothKeys(String name) {
    assertBothChange(with(toolchain(Map.of(name, "another"), "")));
  }

  @Test
  void threadsSeedAndDataChangeBothKeys() {
    assertBothChange(new StageKeys(KEYS.toolchain(), DATA, KEYS.config(), "", 1, 1, 2));
    assertBothChange(new StageKeys(KEYS.toolchain(), DATA, KEYS.config(), "", 2, 2, 1));
    DataFingerprint other = new DataFingerprint("1ea3", "a11", new long[0]);
    assertBothChange(new StageKeys(KEYS.toolchain(), other, KEYS.config(), "", 1, 1, 1));
  }

  @ParameterizedTest
  @CsvSource({
    "coClicks.minUsers, 3, true, true",
    "encoder.zDim, 8, true, true",
    "encoder.align.learningRate, 0.1, true, true",
    "quantizer.levels, 3, false, true",
    "ranker.heads, 1, false, false"
  })
  void aSettingChangesTheKeysOfItsStageAndOfTheLaterOnes(
      String key, String value, boolean encoder, boolean quantizer) {
    StageKeys other = with(key, value);
    assertThat(!other.encoder().sha().equals(KEYS.encoder().sha())).isEqualTo(encoder);
    assertThat(!other.quantizer().sha().equals(KEYS.quantizer().sha())).isEqualTo(quantizer);
  }

  @Test
  void aCheckpointCountsByItsContentAndNotByItsPlace() {
    StageKeys first = new StageKeys(KEYS.toolchain(), DATA, KEYS.config(), "5ha", 1, 1, 1);
    assertBothChange(first);
    Settings<TrainConfig> settings = Preset.TINY.settings();
    settings.set("encoder.checkpoint", "elsewhere/clip", "");
    StageKeys moved = new StageKeys(KEYS.toolchain(), DATA, settings.bind(), "5ha", 1, 1, 1);
    assertThat(moved.encoder()).isEqualTo(first.encoder());
    StageKeys another = new StageKeys(KEYS.toolchain(), DATA, settings.bind(), "5hb", 1, 1, 1);
    assertThat(another.encoder()).isNotEqualTo(first.encoder());
  }

  @Test
  void whatTheRankerDependsOnIsInTheKeyOfItsCheckpoints() {
    assertThat(with("ranker.heads", "1").ranker().sha()).isNotEqualTo(KEYS.ranker().sha());
    assertThat(with("quantizer.levels", "3").ranker().sha()).isNotEqualTo(KEYS.ranker().sha());
    assertThat(with("checkpoints.everySteps", "5").ranker().sha()).isEqualTo(KEYS.ranker().sha());
    DataFingerprint others = new DataFingerprint(DATA.learned(), "other features", new long[0]);
    assertThat(new StageKeys(KEYS.toolchain(), others, KEYS.config(), "", 1, 1, 1).ranker().sha())
        .isNotEqualTo(KEYS.ranker().sha());
  }

  @Test
  void everyScriptThatAStageCompilesIsInItsKey() throws IOException {
    assertThat(scriptsOf("ranker")).isEqualTo(new TreeSet<>(StageKeys.RANKER_SCRIPTS));
    assertThat(scriptsOf("encoder", "contrast"))
        .isEqualTo(new TreeSet<>(StageKeys.ENCODER_SCRIPTS));
    assertThat(scriptsOf("quantizer", "contrast"))
        .isEqualTo(new TreeSet<>(StageKeys.QUANTIZER_SCRIPTS));
  }

  private static Set<String> scriptsOf(String... packages) throws IOException {
    Pattern script = Pattern.compile("\"torchscript/(\\w+\\.py)\"");
    Set<String> names = new TreeSet<>();
    for (String name : List.of(packages)) {
      try (Stream<Path> files = Files.walk(Path.of("src/main/java/io/saviorrec/trainer", name))) {
        for (Path file : files.filter(Files::isRegularFile).toList()) {
          script.matcher(Files.readString(file)).results().forEach(m -> names.add(m.group(1)));
        }
      }
    }
    return names;
  }
}
