package io.saviorrec.bundle;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.saviorrec.content.TextPart;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.FieldSource;
import org.junit.jupiter.params.provider.ValueSource;

class BundleTest {

  @TempDir Path repository;
  private Path dir;

  @BeforeEach
  void writeBundle() throws IOException {
    dir = BundleFixture.write(repository, "feed");
  }

  @Test
  void whatIsWrittenIsRead() {
    Bundle bundle = Bundle.open(dir);
    Manifest manifest = bundle.manifest();
    assertThat(manifest)
        .usingRecursiveComparison()
        .ignoringFields("model", "version", "files")
        .isEqualTo(BundleFixture.manifest());
    assertThat(manifest.model()).isEqualTo("feed");
    assertThat(manifest.version()).isEqualTo(1);
    assertThat(manifest.files()).containsOnlyKeys(Bundle.FILES);
    assertThat(bundle).hasToString("feed/1");
    assertThat(bundle.golden().getScoresCount()).isZero();
    try (ItemTable items = bundle.items()) {
      assertThat(items.title(items.find(9))).isEqualTo("nine");
    }
  }

  @ParameterizedTest
  @FieldSource("io.saviorrec.bundle.Bundle#FILES")
  void aMissingFileIsAnError(String file) throws IOException {
    Files.delete(dir.resolve(file));
    assertThatThrownBy(() -> Bundle.open(dir))
        .isInstanceOf(BundleException.class)
        .hasMessageStartingWith("feed/1 %s: is missing".formatted(dir.resolve(file)));
  }

  @ParameterizedTest
  @FieldSource("io.saviorrec.bundle.Bundle#FILES")
  void anAlteredFileIsAnError(String file) throws IOException {
    byte[] bytes = Files.readAllBytes(dir.resolve(file));
    byte[] altered = bytes.length == 0 ? new byte[1] : bytes.clone();
    altered[altered.length / 2] ^= 1;
    Files.write(dir.resolve(file), altered);
    assertThatThrownBy(() -> Bundle.open(dir))
        .isInstanceOf(BundleException.class)
        .hasMessageStartingWith("feed/1 %s: is truncated or altered".formatted(dir.resolve(file)));
  }

  @Test
  void aTruncatedFileIsAnError() throws IOException {
    Path items = dir.resolve(Bundle.ITEMS);
    byte[] bytes = Files.readAllBytes(items);
    Files.write(items, Arrays.copyOf(bytes, bytes.length - 1));
    assertThatThrownBy(() -> Bundle.open(dir))
        .isInstanceOf(BundleException.class)
        .hasMessageContaining(
            "is truncated or altered: it has %d bytes".formatted(bytes.length - 1));
  }

  @Test
  void aFolderWithoutManifestIsNotABundle() throws IOException {
    Files.delete(dir.resolve(Bundle.MANIFEST));
    assertThatThrownBy(() -> Bundle.open(dir))
        .isInstanceOf(BundleException.class)
        .hasMessageContaining("manifest.json: is missing, so this is not a complete bundle");
  }

  @Test
  void anotherFormatVersionIsNamed() throws IOException {
    // A later format may have fields that this one lacks; the version must be reported first.
    editManifest("\"formatVersion\" : 4", "\"formatVersion\" : 5, \"novelty\" : true");
    assertThatThrownBy(() -> Bundle.open(dir))
        .isInstanceOf(BundleException.class)
        .hasMessageContaining("is of bundle format 5 but this program reads format 4");
  }

  private static final String ALL_PARTS =
      ",\n    \"parts\" : [ \"title\", \"category\", \"text\" ]";

  @Test
  void anEncoderReadsAllWordsWhereTheManifestDoesNotSay() throws IOException {
    editManifest(ALL_PARTS, ",\n    \"parts\" : [ \"title\", \"text\" ]");
    assertThat(Bundle.open(dir).manifest().text().parts())
        .containsExactly(TextPart.TITLE, TextPart.TEXT);
    editManifest(",\n    \"parts\" : [ \"title\", \"text\" ]", "");
    assertThat(Bundle.open(dir).manifest().text().parts()).isEqualTo(TextPart.ALL);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          []                  | text.parts must be some of title, category and text in this order, was []
          ["text", "title"]   | text.parts must be some of title, category and text in this order, was [text, title]
          ["title", "title"]  | text.parts must be some of title, category and text in this order, was [title, title]
          ["plot"]            | text.parts[0] must be one of title, category, text, was "plot"
          "title"             | text.parts must be a list, was "title"
          """)
  void wordsThatAreNoPartsAreAnError(String parts, String message) throws IOException {
    editManifest(ALL_PARTS, ", \"parts\" : " + parts);
    assertThatThrownBy(() -> Bundle.open(dir))
        .isInstanceOf(BundleException.class)
        .hasMessageContaining(message);
  }

  @Test
  void aMalformedManifestIsAnError() throws IOException {
    editManifest("\"zDim\" : 2", "\"zDim\" : 0");
    assertThatThrownBy(() -> Bundle.open(dir)).hasMessageContaining("zDim must be at least 1");
    editManifest("\"zDim\" : 0", "\"zdim\" : 2");
    assertThatThrownBy(() -> Bundle.open(dir))
        .isInstanceOf(BundleException.class)
        .hasMessageContaining("manifest.json: is malformed: dims.zDim is missing");
    Files.writeString(dir.resolve(Bundle.MANIFEST), "{");
    assertThatThrownBy(() -> Bundle.open(dir))
        .isInstanceOf(BundleException.class)
        .hasMessageEndingWith("manifest.json: is malformed: it is not JSON, line 1");
    Files.writeString(dir.resolve(Bundle.MANIFEST), "[]");
    assertThatThrownBy(() -> Bundle.open(dir))
        .isInstanceOf(BundleException.class)
        .hasMessageContaining("it has no formatVersion");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "model",
        "version",
        "variant",
        "createdAt",
        "dims",
        "dims.zDim",
        "features",
        "features.profile",
        "features.itemStats",
        "image",
        "image.size",
        "text",
        "lineage",
        "lineage.encoderSha",
        "provenance",
        "provenance.command",
        "provenance.settings",
        "provenance.stages",
        "metrics",
        "metrics.auc",
        "goldenTolerance",
        "files",
        "files.rq.pt"
      })
  void aSectionThatIsNullOrMissingIsNamed(String key) throws IOException {
    String[] path = key.split("\\.", 2);
    Path file = dir.resolve(Bundle.MANIFEST);
    ObjectMapper json = new ObjectMapper();
    ObjectNode tree = (ObjectNode) json.readTree(file.toFile());
    ObjectNode section = path.length == 1 ? tree : (ObjectNode) tree.get(path[0]);
    section.putNull(path[path.length - 1]);
    json.writeValue(file.toFile(), tree);
    String problem = "manifest.json: is malformed: " + key + " is missing; export the model again";
    assertThatThrownBy(() -> Bundle.open(dir))
        .isInstanceOf(BundleException.class)
        .hasMessageContaining(problem);
    if (!key.startsWith("metrics.") && !key.startsWith("files.")) {
      section.remove(path[path.length - 1]);
      json.writeValue(file.toFile(), tree);
      assertThatThrownBy(() -> Bundle.open(dir))
          .isInstanceOf(BundleException.class)
          .hasMessageContaining(problem);
    }
  }

  @Test
  void aColumnThatIsNullIsNamed() throws IOException {
    editManifest("\"profile\" : [ {", "\"profile\" : [ null, {");
    assertThatThrownBy(() -> Bundle.open(dir))
        .isInstanceOf(BundleException.class)
        .hasMessageContaining("features.profile[0] is missing");
  }

  @Test
  void aManifestMustListEveryFileAndNoPath() throws IOException {
    editManifest("\"mba.pt\"", "\"../mba.pt\"");
    assertThatThrownBy(() -> Bundle.open(dir))
        .isInstanceOf(BundleException.class)
        .hasMessageContaining("does not list mba.pt");
    editManifest("\"../mba.pt\"", "\"mba.pt\" : \"00\", \"../x\"");
    assertThatThrownBy(() -> Bundle.open(dir))
        .isInstanceOf(BundleException.class)
        .hasMessageContaining("lists '../x', which is not a plain file name");
  }

  @Test
  void aRenamedFolderIsRefused() throws IOException {
    Path renamed = Files.move(dir, dir.resolveSibling("7"));
    assertThatThrownBy(() -> Bundle.open(renamed))
        .isInstanceOf(BundleException.class)
        .hasMessageContaining("says that it is feed/1; put the folder back under that name");
  }

  @Test
  void anItemTableOfAnotherShapeIsRefused() throws IOException {
    editManifest("\"zDim\" : 2", "\"zDim\" : 3");
    Bundle bundle = Bundle.open(dir);
    assertThatThrownBy(bundle::items)
        .isInstanceOf(BundleException.class)
        .hasMessageContaining(
            "has z of 2, codes of 1, stats of 3 and features of 1 columns but the manifest says 3");
  }

  private void editManifest(String from, String to) throws IOException {
    Path manifest = dir.resolve(Bundle.MANIFEST);
    String text = Files.readString(manifest);
    assertThat(text).contains(from);
    Files.writeString(manifest, text.replace(from, to));
  }
}
