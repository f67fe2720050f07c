package io.saviorrec.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.assertj.core.api.AbstractListAssert;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SettingsTest {
  enum Mode {
    ON,
    OFF,
    AUTO_MODE
  }

  record Layer(int width, double rate) {
    Layer {
      Check.all(
          check ->
              check
                  .atLeast("width", width, 1)
                  .positive("rate", rate)
                  .that(width % 2 == 0, "width", "be even", width));
    }
  }

  record Tower(Layer layer, boolean deep) {}

  record All(
      int whole,
      long large,
      String text,
      @Nullable String optional,
      Mode mode,
      Duration pause,
      SortedMap<String, Integer> shares,
      Tower tower) {
    All {
      Check.all(check -> check.range("pause", pause, Duration.ZERO, Duration.ofSeconds(10)));
    }
  }

  private static final All DEFAULTS =
      new All(
          1,
          1L << 40,
          "text",
          "given",
          Mode.AUTO_MODE,
          Duration.ofMillis(1500),
          new TreeMap<>(Map.of("a", 1)),
          new Tower(new Layer(4, 0.5), true));

  @TempDir private Path folder;

  private static Settings<All> settings() {
    return Settings.over(All.class, DEFAULTS);
  }

  private static All with(String key, String value) {
    Settings<All> settings = settings();
    settings.set(key, value, "--" + key);
    return settings.bind();
  }

  private static AbstractListAssert<?, List<? extends String>, String, ?> problems(
      Settings<All> settings) {
    return assertThatThrownBy(settings::bind)
        .asInstanceOf(InstanceOfAssertFactories.type(ConfigException.class))
        .extracting(ConfigException::problems, InstanceOfAssertFactories.list(String.class));
  }

  @Test
  void nothingGivenIsTheDefaults() {
    assertThat(settings().bind()).isEqualTo(DEFAULTS);
  }

  @Test
  void everyKindOfValueIsRead() {
    assertThat(with("whole", "-7").whole()).isEqualTo(-7);
    assertThat(with("large", "9000000000").large()).isEqualTo(9_000_000_000L);
    assertThat(with("text", "12").text()).isEqualTo("12");
    assertThat(with("mode", "on").mode()).isEqualTo(Mode.ON);
    assertThat(with("mode", "Auto_Mode").mode()).isEqualTo(Mode.AUTO_MODE);
    assertThat(with("pause", "2s").pause()).isEqualTo(Duration.ofSeconds(2));
    assertThat(with("shares", "{b: 2}").shares()).isEqualTo(Map.of("b", 2));
    assertThat(with("tower.layer.rate", "1e-4").tower().layer().rate()).isEqualTo(1e-4);
    assertThat(with("tower.layer.rate", "3").tower().layer().rate()).isEqualTo(3);
    assertThat(with("tower.deep", "false").tower().deep()).isFalse();
  }

  @Test
  void onlyAnOptionalValueMayBeNothing() {
    assertThat(with("optional", "null").optional()).isNull();
    assertThatThrownBy(() -> with("text", "null")).hasMessage("text has no value");
    assertThatThrownBy(() -> with("tower.layer.width", ""))
        .hasMessage("tower.layer.width has no value");
    assertThat(with("tower.layer", "")).isEqualTo(DEFAULTS);
  }

  @Test
  void laterLayersWinAndASuggestionLiesBeneathThem() throws IOException {
    Settings<All> settings = settings();
    settings.file(Files.writeString(folder.resolve("a.yaml"), "whole: 2\ntower: {deep: false}"));
    settings.set("whole", "3", "");
    settings.suggest("whole", "4");
    settings.suggest("text", "suggested");
    All all = settings.bind();
    assertThat(all.whole()).isEqualTo(3);
    assertThat(all.text()).isEqualTo("suggested");
    assertThat(all.tower()).isEqualTo(new Tower(new Layer(4, 0.5), false));
  }

  @Test
  void aValueCanBeSeenBeforeAnythingIsChecked() throws IOException {
    Settings<All> settings = settings();
    assertThat(settings.peek("optional")).hasValue("given");
    settings.file(Files.writeString(folder.resolve("a.yaml"), "optional: other\ntower: nonsense"));
    assertThat(settings.peek("optional")).hasValue("other");
    settings.set("optional", "null", "");
    assertThat(settings.peek("optional")).isEmpty();
    assertThat(settings.peek("tower.layer.width")).hasValue("4");
    assertThat(settings.peek("tower")).isEmpty();
    assertThat(settings.peek("tower.layer.unknown")).isEmpty();
  }

  @Test
  void allThatIsWrongIsToldAtOnceUnderItsFullKey() {
    Settings<All> settings = settings();
    settings.set("tower.layer.width", "-1", "");
    settings.set("tower.layer.rate", "0", "");
    settings.set("tower.deep", "maybe", "");
    settings.set("tower.layer.depth", "1", "");
    settings.set("shares", "{a: much}", "");
    settings.set("pause", "1m", "");
    settings.set("mode", "sometimes", "");
    settings.set("whole", "2.5", "");
    settings.set("text", "[", "TEXT");
    settings.problem("something else");
    problems(settings)
        .containsExactlyInAnyOrder(
            "tower.layer.width must be at least 1, was -1",
            "tower.layer.width must be even, was -1",
            "tower.layer.rate must be above 0 and finite, was 0",
            "tower.deep must be true or false, was \"maybe\"",
            "unknown key tower.layer.depth (known here: width, rate)",
            "shares.a must be a whole number, was \"much\"",
            "pause must be in [0s, 10s], was 60s",
            "mode must be one of on, off, auto_mode, was \"sometimes\"",
            "whole must be a whole number, was 2.5",
            "TEXT is not YAML: while parsing a flow node",
            "something else");
  }

  @Test
  void defaultsOfTextMustNameEveryKey() {
    record Two(int a, int b) {}
    assertThatThrownBy(() -> Settings.over(Two.class, "a: 1\nc: 2", "two.yaml").bind())
        .hasMessage("unknown key c (known here: a, b); b is missing");
  }

  @Test
  void whatIsWrittenReadsBack() throws IOException {
    Settings<All> other = settings();
    other.set("optional", "null", "");
    All all = other.bind();
    Settings<All> read = settings();
    read.file(Files.writeString(folder.resolve("a.yaml"), Settings.yaml(Settings.tree(all))));
    assertThat(read.bind()).isEqualTo(all);
  }

  @Test
  void aConfigurationIsDescribedInOneLine() {
    assertThat(Settings.describe(DEFAULTS))
        .isEqualTo(
            "whole=1 large=1099511627776 text=text optional=given mode=auto_mode pause=1500ms"
                + " shares={\"a\":1} tower.layer.width=4 tower.layer.rate=0.5 tower.deep=true");
    assertThat(Settings.keys(All.class)).contains("whole", "tower.layer.width").hasSize(10);
  }

  @Test
  void aRecordMadeByCodeNamesItsOwnKeys() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new Layer(3, Double.NaN))
        .withMessage("rate must be above 0 and finite, was NaN; width must be even, was 3");
  }
}
