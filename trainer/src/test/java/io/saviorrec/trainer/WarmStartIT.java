package io.saviorrec.trainer;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.saviorrec.bundle.Bundle;
import io.saviorrec.bundle.ItemTable;
import io.saviorrec.bundle.Manifest;
import io.saviorrec.bundle.ModelRepository;
import io.saviorrec.content.TextPart;
import io.saviorrec.trainer.data.log.Day;
import io.saviorrec.trainer.train.TrainConfig;
import io.saviorrec.trainer.train.WarmStart;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// Training day by day.
@Timeout(300)
class WarmStartIT {
  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir private Path folder;

  /// The shop as it stands so many days before its validation period begins.
  private Path earlier(int days) throws IOException {
    Path data = Files.createDirectory(folder.resolve("data-" + days));
    try (Stream<Path> files = Files.list(Shop.data())) {
      for (Path file : files.toList()) {
        Files.createSymbolicLink(data.resolve(file.getFileName()), file);
      }
    }
    Path description = data.resolve("dataset.json");
    ObjectNode cuts = (ObjectNode) JSON.readTree(description.toFile());
    for (String cut : List.of("validation_from", "test_from")) {
      cuts.put(cut, cuts.get(cut).asLong() - (long) days * Day.SECONDS);
    }
    Files.delete(description);
    JSON.writeValue(description.toFile(), cuts);
    return data;
  }

  private CommandRun train(Path data, String... more) {
    return CommandRun.of(
        Stream.concat(
                Stream.of("train", data.toString(), folder.resolve("models").toString()),
                Stream.of(more))
            .toArray(String[]::new));
  }

  private Bundle bundle(long version) {
    return Bundle.open(ModelRepository.versionDir(folder.resolve("models"), "saviorrec", version));
  }

  @Test
  void aRankerGoesOnWithANewDayAndKeepsEncoderQuantizerAndColumns() throws IOException {
    CommandRun first = train(earlier(3), "--preset", "tiny");
    assertThat(first.status()).as(first.err()).isZero();
    String parent = bundle(1).dir().toString();
    CommandRun second = train(earlier(1), "--warm-start", parent);
    assertThat(second.status()).as(second.err()).isZero();
    CommandRun third =
        train(
            Shop.data(), "--warm-start", folder.resolve("models").resolve("saviorrec").toString());
    assertThat(third.status()).as(third.err()).isZero();

    Manifest before = bundle(1).manifest();
    Manifest after = bundle(3).manifest();
    for (String file : List.of(Bundle.ENCODER, Bundle.RQ, Bundle.TOKENIZER)) {
      assertThat(after.files().get(file)).isEqualTo(before.files().get(file));
    }
    assertThat(after.features()).isEqualTo(before.features());
    assertThat(after.lineage().rankerParent())
        .isEqualTo(bundle(2).manifest().files().get(Bundle.RANKER));
    assertThat(after.lineage().trainedUntil() - before.lineage().trainedUntil())
        .isEqualTo(3 * Day.SECONDS);
    assertThat(after.metrics()).containsKey("validation_auc");
    try (ItemTable items = bundle(3).items();
        ItemTable fewer = bundle(1).items()) {
      assertThat(items.size()).isGreaterThan(fewer.size());
    }

    CommandRun again = train(Shop.data(), "--warm-start", bundle(3).dir().toString());
    assertThat(again.status()).isEqualTo(1);
    assertThat(again.errLines())
        .last()
        .asString()
        .contains("no impression between", "bring in the new days and move the cuts on");
  }

  /// Its manifest says nothing of profiles, of parts of words or of candidates trained as new.
  @Test
  void aParentOfAnOlderReleaseGoesOnAsItWasTrained() throws IOException {
    Path older = Shop.copy(Shop.bundle("saviorrec").dir(), "older/saviorrec/1");
    Path file = older.resolve(Bundle.MANIFEST);
    ObjectNode manifest = (ObjectNode) JSON.readTree(file.toFile());
    ObjectNode encoder = (ObjectNode) manifest.at("/provenance/settings/encoder");
    assertThat(encoder.remove("profile")).isNotNull();
    ObjectNode training = (ObjectNode) manifest.at("/provenance/settings/ranker/training");
    assertThat(training.remove("coldDropout")).isNotNull();
    assertThat(((ObjectNode) manifest.get("text")).remove("parts")).isNotNull();
    JSON.writeValue(file.toFile(), manifest);
    Bundle parent = Bundle.open(older);
    TrainConfig settings = WarmStart.settings(parent).bind();
    assertThat(settings.encoder().profile().enabled()).isFalse();
    assertThat(settings.ranker().training().coldDropout()).isZero();
    assertThat(parent.manifest().text().parts()).isEqualTo(TextPart.ALL);
  }

  @Test
  void aParentThatIsNoneIsRefused() throws IOException {
    Path other = Shop.copy(Shop.bundle("saviorrec").dir(), "foreign/saviorrec/1");
    Path state = other.resolve(Bundle.STATE);
    CommandRun shaped =
        train(Shop.data(), "--warm-start", other.toString(), "--set", "ranker.heads=2");
    assertThat(shaped.status()).isEqualTo(1);
    assertThat(shaped.err()).contains("--set ranker.heads cannot be given with --warm-start");
    assertThat(train(Shop.data(), "--warm-start", other.toString(), "--preset", "tiny").err())
        .contains("--preset cannot be given with --warm-start");

    // Another encoder with all hashes in order, as a hand might put a bundle together.
    Path manifest = other.resolve(Bundle.MANIFEST);
    ObjectNode tree = (ObjectNode) JSON.readTree(manifest.toFile());
    ObjectNode lineage = (ObjectNode) tree.get("lineage");
    lineage.put("encoderSha", "0".repeat(64));
    JSON.writeValue(manifest.toFile(), tree);
    assertThat(train(Shop.data(), "--warm-start", other.toString()).err())
        .contains("says that its items were made with another encoder.pt than it has");

    ((ObjectNode) tree.get("files")).remove(Bundle.STATE);
    JSON.writeValue(manifest.toFile(), tree);
    Files.delete(state);
    assertThat(train(Shop.data(), "--warm-start", other.toString()).err())
        .contains("has no " + Bundle.STATE, "train it once without --warm-start");
  }
}
