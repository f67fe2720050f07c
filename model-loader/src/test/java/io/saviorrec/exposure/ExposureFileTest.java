package io.saviorrec.exposure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ExposureFileTest {
  private static final Exposure ROW =
      new Exposure(
          "r1",
          1_700_000_000_123L,
          -7,
          "house",
          "control",
          "saviorrec",
          3,
          "saviorrec",
          "stable",
          "SHORT_HISTORY",
          new long[] {5, Long.MAX_VALUE, 6},
          new float[] {0.25f, 0.5f, 0.25f},
          new String[] {"TRAINED", "ENCODED", "UNKNOWN_ITEM"},
          new float[] {Float.NaN, 0, 1},
          Map.of("hour", 9.5, "device", "téléphone"),
          Map.of());

  @TempDir private Path folder;

  @Test
  void whatIsWrittenIsReadBack() throws IOException {
    Path file = folder.resolve(ExposureFiles.name("1"));
    try (ExposureWriter writer = ExposureWriter.create(file)) {
      writer.write(ROW);
      writer.write(ROW);
    }
    List<Exposure> read = new ArrayList<>();
    ExposureReader.read(file, read::add);

    assertThat(read)
        .hasSize(2)
        .allSatisfy(
            row ->
                assertThat(row)
                    .usingRecursiveComparison()
                    // NaN equals NaN.
                    .withEqualsForType(Float::equals, Float.class)
                    .isEqualTo(ROW));
  }

  @Test
  void ranksFollowTheScoresAndThenTheRequest() {
    assertThat(ROW.ranks()).containsExactly(2, 1, 3);
  }

  @Test
  void whatIsCutOffOrNoSuchFileIsRefused() throws IOException {
    Path file = folder.resolve(ExposureFiles.name("1"));
    try (ExposureWriter writer = ExposureWriter.create(file)) {
      writer.write(ROW);
    }
    byte[] whole = Files.readAllBytes(file);
    Files.write(file, Arrays.copyOf(whole, whole.length - 5));
    assertThatThrownBy(() -> ExposureReader.read(file, _ -> {})).isInstanceOf(IOException.class);
    Files.writeString(file, "no avro");
    assertThatThrownBy(() -> ExposureReader.read(file, _ -> {})).isInstanceOf(IOException.class);
  }

  @Test
  void filesThatAreWrittenAreNotAmongThoseThatAreWhole() throws IOException {
    Files.createFile(folder.resolve(ExposureFiles.name("2")));
    Files.createFile(folder.resolve(ExposureFiles.name("1")));
    Files.createFile(folder.resolve(ExposureFiles.unfinishedName(ExposureFiles.name("3"))));
    Files.createFile(folder.resolve("other.avro"));

    assertThat(ExposureFiles.of(folder))
        .extracting(file -> file.getFileName().toString())
        .containsExactly("exposures-1.avro", "exposures-2.avro");
    assertThat(ExposureFiles.unfinished(folder)).hasSize(1);
  }
}
