package io.saviorrec.trainer;

import static org.assertj.core.api.Assertions.assertThat;

import io.saviorrec.bundle.Bundle;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// What a user can get wrong on the command lines of `train` and `evaluate`.
@Timeout(300)
class CommandBadInputIT {
  @TempDir private Path folder;

  private static String refusal(int status, String... arguments) {
    CommandRun run = CommandRun.of(arguments);
    assertThat(run.errLines()).hasSize(1);
    assertThat(run.status()).isEqualTo(status);
    assertThat(run.out()).isEmpty();
    return run.errLines().getFirst();
  }

  private String train(int status, Path data, String... more) {
    List<String> arguments =
        Stream.concat(
                Stream.of("train", data.toString(), folder.resolve("models").toString()),
                Arrays.stream(more))
            .toList();
    return refusal(status, arguments.toArray(String[]::new));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "1 | --set ranker.heads=0 | savior: ranker.heads must be at least 1, was 0",
        "1 | --set ranker.headz=1 | savior: unknown key ranker.headz (known here: variant, wiring, ",
        "1 | --set ranker.heads=many | savior: ranker.heads must be a whole number, was \"many\"",
        "1 | --config nowhere.yaml | savior: nowhere.yaml: no such file",
        "1 | --model ../x | savior: --model: ",
        "1 | --threads 0 | savior: --threads must be at least 1, was 0",
        "1 | --variant base --set ranker.variant=no_z | savior: ranker.variant is set twice",
        "2 | --preset huge | savior: Invalid value for option '--preset'",
        "2 | --seed one | savior: Invalid value for option '--seed'",
        "2 | --set ranker.heads | savior: Value for option option '--set'",
        "2 | --variant deluxe | savior: Invalid value for option '--variant'",
      })
  void aWrongOptionIsOneLineAndNothingIsTrained(int status, String options, String line) {
    String[] more = ("--preset tiny " + options).split(" ");
    if (options.startsWith("--preset")) {
      more = options.split(" ");
    }
    assertThat(train(status, Shop.data(), more)).startsWith(line);
    assertThat(folder.resolve("models")).doesNotExist();
  }

  @Test
  void dataThatCannotBeReadIsOneLine() throws IOException {
    Path missing = folder.resolve("missing");
    assertThat(train(1, missing)).isEqualTo("savior: " + missing + ": no such folder");
    Path empty = Files.createDirectory(folder.resolve("empty"));
    assertThat(train(1, empty)).startsWith("savior: " + empty + " has no items file");
    Path broken = Files.createDirectory(folder.resolve("broken"));
    Files.writeString(broken.resolve("items.csv"), "item_id,title,image,category\n1,t,,c\n");
    Files.writeString(broken.resolve("impressions.csv"), "user_id,item_id\n\"1,2\n3");
    assertThat(train(1, broken)).startsWith("savior: " + broken.resolve("impressions.csv"));
    Path noParquet = Files.createDirectory(folder.resolve("no-parquet"));
    Files.writeString(noParquet.resolve("items.parquet"), "PAR1 but not really");
    assertThat(train(1, noParquet)).startsWith("savior: " + noParquet.resolve("items.parquet"));
  }

  @Test
  void wrongSettingsAreAllToldBeforeTheDataIsLookedAt() {
    CommandRun run =
        CommandRun.of(
            "train",
            folder.resolve("missing").toString(),
            folder.resolve("models").toString(),
            "--set",
            "encoder.image.width=0",
            "--set",
            "ranker.heads=0");
    assertThat(run.status()).isEqualTo(1);
    assertThat(run.errLines())
        .containsExactlyInAnyOrder(
            "savior: encoder.image.width must be in [4, 4096], was 0",
            "savior: ranker.heads must be at least 1, was 0");
  }

  @Test
  void aRepositoryBelowAFileIsOneLineBeforeTheDataIsRead() throws IOException {
    Path file = Files.writeString(folder.resolve("file"), "");
    CommandRun run =
        CommandRun.of(
            "train", folder.resolve("missing").toString(), file.resolve("models").toString());
    assertThat(run.status()).isEqualTo(1);
    assertThat(run.errLines())
        .containsExactly(
            "savior: %s cannot be the repository: %s is a file; name a folder for the models"
                .formatted(file.resolve("models"), file));
  }

  @Test
  void aRepositoryThatIsAFileIsOneLine() throws IOException {
    Files.writeString(folder.resolve("models"), "");
    assertThat(train(1, Shop.data(), "--preset", "tiny"))
        .startsWith("savior: " + folder.resolve("models"))
        .doesNotContain("unexpected");
  }

  @Test
  void aBundleThatCannotBeTrustedIsNotEvaluated() throws IOException {
    Path good = Shop.repository().resolve("saviorrec").resolve("1");
    Path bundle = Shop.copy(good, "evaluated/saviorrec/1");
    Path ranker = bundle.resolve(Bundle.RANKER);
    byte[] bytes = Files.readAllBytes(ranker);
    Files.write(ranker, Arrays.copyOf(bytes, bytes.length - 1));
    String data = Shop.data().toString();
    assertThat(refusal(1, "evaluate", bundle.toString(), data))
        .startsWith("savior: saviorrec/1 " + ranker + ": ");
    Path missing = folder.resolve("missing");
    assertThat(refusal(1, "evaluate", missing.toString(), data))
        .startsWith("savior: ")
        .contains(missing.toString());
    assertThat(refusal(1, "evaluate", good.toString(), missing.toString()))
        .isEqualTo("savior: " + missing + ": no such folder");
    assertThat(refusal(1, "evaluate", good.toString(), data, "--buckets", "5,3"))
        .isEqualTo("savior: --buckets must start at 0 and ascend, was 5,3");
    assertThat(refusal(2, "evaluate", good.toString(), data, "--split", "future"))
        .startsWith("savior: Invalid value for option '--split'");
  }

  @Test
  void absentAndUnreadableImagesAreCountedAndTrainingGoesOn() throws IOException {
    Path data = Shop.copy(Shop.data(), "damaged-data");
    List<Path> images;
    try (Stream<Path> files = Files.list(data.resolve("images"))) {
      images = files.sorted().toList();
    }
    Files.delete(images.get(0));
    Files.writeString(images.get(1), "no picture");
    Files.write(images.get(2), Arrays.copyOf(Files.readAllBytes(images.get(2)), 40));
    Path repository = folder.resolve("models");
    try (SaviorProcess train =
        SaviorProcess.start(
            Map.of(), "train", data.toString(), repository.toString(), "--preset", "tiny")) {
      SaviorProcess.Ended ended = train.awaitEnd();
      assertThat(ended.status()).isZero();
      assertThat(String.join("\n", ended.err()))
          .contains("items: 1 row: its image file does not exist; kept without image; first: ")
          .contains(
              "items: 1 row: its image file is not a readable JPEG, PNG or WebP; kept without image")
          .contains("1 of 300 pictures cannot be read; those items are encoded by their text");
    }
    assertThat(Bundle.open(repository.resolve("saviorrec").resolve("1")).items().size())
        .isGreaterThan(200);
  }
}
