package io.saviorrec.trainer.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.saviorrec.bundle.Bundle;
import io.saviorrec.bundle.BundleWriter;
import io.saviorrec.bundle.Manifest;
import io.saviorrec.bundle.Provenance;
import io.saviorrec.config.Settings;
import io.saviorrec.content.TextPart;
import io.saviorrec.feature.FeatureColumn;
import io.saviorrec.feature.FeatureSchema;
import io.saviorrec.trainer.CommandRun;
import io.saviorrec.trainer.train.Preset;
import io.saviorrec.trainer.train.TrainConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BundleShowCommandTest {
  private static final TrainConfig CONFIG = Preset.TINY.config();

  @TempDir private Path folder;
  private Path bundle;

  @BeforeEach
  void write() throws IOException {
    bundle = write(folder);
  }

  /// Writes a bundle that is none but for its manifest and hashes.
  static Path write(Path repository) throws IOException {
    try (BundleWriter writer = BundleWriter.begin(repository, "feed")) {
      for (String file : Bundle.FILES) {
        Files.writeString(writer.path(file), file);
      }
      return writer.finish(manifest()).dir();
    }
  }

  private static Manifest manifest() {
    return new Manifest(
        Manifest.FORMAT_VERSION,
        "",
        0,
        "saviorrec",
        "2026-01-02T03:04:05Z",
        new Manifest.Dims(16, 2, 8, 4, 3, 30, 104, 57, true),
        new FeatureSchema(
            List.of(FeatureColumn.categorical("city", 10)),
            List.of(),
            List.of(),
            FeatureSchema.ITEM_STATS),
        new Manifest.ImageSpec(64),
        new Manifest.TextSpec(24, TextPart.ALL),
        new Manifest.Lineage("shop", 7, 1_700_000_000, "aa", "bb", "pa4e"),
        new Provenance(
            List.of("train", "shop", "models", "--seed", "7"),
            "da7a",
            2,
            Settings.tree(CONFIG),
            new TreeMap<>(Map.of("encoder", "e1c0", "quantizer", "9a17")),
            new TreeMap<>(Map.of("trainer", "c0de", "libtorch", "2.7.1"))),
        new TreeMap<>(Map.of("validation_auc", 0.71234)),
        Manifest.Fallback.of(-0.5, -0.25, 0.125),
        1e-5,
        new TreeMap<>());
  }

  @Test
  void everythingThatABundleRecordsIsPrinted() {
    CommandRun run = CommandRun.of("bundle", "show", bundle.toString());
    assertThat(run.err()).isEmpty();
    assertThat(run.status()).isZero();
    assertThat(run.outLines().stream().map(line -> line.strip().replaceAll(" +", " ")))
        .startsWith(
            "feed version 1 (saviorrec), made 2026-01-02T03:04:05Z, format "
                + Manifest.FORMAT_VERSION)
        .contains(
            "unknown_item -0.5000",
            "unknown_item_without_base -0.5000",
            "shared_category -0.2500",
            "shared_codes 0.1250",
            "command savior train shop models --seed 7",
            "data shop",
            "data's SHA-256 da7a",
            "trained until 2023-11-14T22:13:20Z",
            "seed 7",
            "threads 2",
            "parent pa4e",
            "codes 2 levels of 8",
            "profile city (categorical)",
            "context none",
            "item none",
            "item statistics pv, clicks, age_days",
            "encoder e1c0",
            "quantizer 9a17",
            "libtorch 2.7.1",
            "trainer c0de",
            "validation_auc 0.7123")
        .anyMatch(line -> line.matches("ranker.pt [0-9a-f]{64}"));
  }

  @Test
  void thePrintedSettingsCanBeTrainedWithAgain() throws IOException {
    List<String> lines = CommandRun.of("bundle", "show", bundle.toString()).outLines();
    String yaml =
        lines.subList(lines.indexOf("settings") + 1, lines.size()).stream()
            .collect(Collectors.joining("\n"));
    Settings<TrainConfig> settings = Preset.PAPER.settings();
    settings.file(Files.writeString(folder.resolve("settings.yaml"), yaml));
    assertThat(settings.bind()).isEqualTo(CONFIG);
  }

  @Test
  void asJsonItIsTheManifest() throws IOException {
    CommandRun run = CommandRun.of("bundle", "show", bundle.toString(), "--json");
    ObjectMapper json = new ObjectMapper();
    JsonNode shown = json.readTree(run.out());
    assertThat(shown).isEqualTo(json.readTree(bundle.resolve(Bundle.MANIFEST).toFile()));
    assertThat(shown.at("/provenance/dataSha").asText()).isEqualTo("da7a");
  }

  @Test
  void aBundleThatIsNotWholeIsOneLine() throws IOException {
    Files.delete(bundle.resolve(Bundle.RANKER));
    CommandRun run = CommandRun.of("bundle", "show", bundle.toString());
    assertThat(run.status()).isEqualTo(1);
    assertThat(run.out()).isEmpty();
    assertThat(run.errLines())
        .singleElement()
        .asString()
        .startsWith("savior: feed/1 " + bundle.resolve(Bundle.RANKER) + ": is missing");
  }

  @Test
  void theCommandAloneSaysWhatThereIs() {
    CommandRun run = CommandRun.of("bundle");
    assertThat(run.status()).isEqualTo(2);
    assertThat(run.errLines())
        .containsExactly(
            "savior: say what to do with it, for instance show; see savior bundle --help");
  }
}
