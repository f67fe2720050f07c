package io.saviorrec.server.exposures;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.saviorrec.exposure.Exposure;
import io.saviorrec.exposure.ExposureFiles;
import io.saviorrec.exposure.ExposureReader;
import io.saviorrec.server.config.ExposuresConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ExposureFolderTest {
  private static final InstantSource CLOCK = InstantSource.fixed(Instant.ofEpochSecond(1_000_000));

  @TempDir private Path parent;
  private final AtomicLong nanos = new AtomicLong();
  private final SplittableRandom random = new SplittableRandom(1);

  @Test
  void aFileIsFinishedWhenItIsLarge() throws IOException {
    try (ExposureFolder folder = open(2000, 100, 1L << 30)) {
      int put = 0;
      while (files().size() < 2) {
        folder.put(row("r" + put++, 1000));
      }
      assertThat(rows()).isEqualTo(put);
      assertThat(folder.takeFinished()).isEqualTo(put);
    }
  }

  @Test
  void aFileIsFinishedWhenItIsOldAlsoWhereNothingMoreComes() throws IOException {
    try (ExposureFolder folder = open(1 << 20, 100, 1L << 30)) {
      folder.put(row("a", 1));
      nanos.addAndGet(Duration.ofSeconds(59).toNanos());
      folder.rotateWhenOld();
      assertThat(files()).isEmpty();
      nanos.addAndGet(Duration.ofSeconds(1).toNanos());
      folder.rotateWhenOld();
      assertThat(files()).hasSize(1);
      folder.put(row("b", 1));
      folder.finish();
      assertThat(files()).hasSize(2);
    }
  }

  @Test
  void theOldestFilesGoWhenThereAreTooMany() throws IOException {
    try (ExposureFolder folder = open(1 << 20, 3, 1L << 30)) {
      for (int i = 0; i < 5; i++) {
        folder.put(row("r" + i, 1));
        folder.finish();
      }
    }
    assertThat(requests()).containsExactly("r2", "r3", "r4");
  }

  @Test
  void theOldestFilesGoWhenTheyAreTooLarge() throws IOException {
    try (ExposureFolder folder = open(20_000, 1000, 50_000)) {
      for (int i = 0; i < 8; i++) {
        folder.put(row("r" + i, 1000));
        folder.finish();
      }
    }
    long bytes = 0;
    for (Path file : files()) {
      bytes += Files.size(file);
    }
    assertThat(bytes).isLessThanOrEqualTo(50_000);
    assertThat(requests()).endsWith("r7").doesNotContain("r0");
  }

  /// What a kill leaves is no part of the log.
  @Test
  void whatAKilledServerHadNotFinishedIsRemoved() throws IOException {
    Path directory = Files.createDirectories(parent.resolve("log"));
    Path part = directory.resolve(ExposureFiles.unfinishedName(ExposureFiles.name("old")));
    Files.writeString(part, "half a fi");
    try (ExposureFolder folder = open(1 << 20, 3, 1L << 30)) {
      folder.put(row("a", 1));
      assertThat(files()).isEmpty();
      folder.finish();
    }
    assertThat(part).doesNotExist();
    assertThat(requests()).containsExactly("a");
  }

  @Test
  void twoServersDoNotShareAFolder() throws IOException {
    try (ExposureFolder _ = open(1 << 20, 3, 1L << 30)) {
      assertThatThrownBy(() -> open(1 << 20, 3, 1L << 30))
          .hasMessageEndingWith("log is another server's; give each a folder of its own");
    }
    open(1 << 20, 3, 1L << 30).close();
  }

  @Test
  void aFolderThatIsAFileIsSaidToBeOne() throws IOException {
    Files.writeString(parent.resolve("log"), "");

    assertThatThrownBy(() -> open(1 << 20, 3, 1L << 30))
        .hasMessageContaining("is a file and no folder");
  }

  @Test
  void rowsThatCannotBeWrittenCountAsLostAndTheNextFileIsWhole() throws IOException {
    try (ExposureFolder folder = open(1 << 20, 3, 1L << 30)) {
      folder.put(row("a", 1));
      // Not a float: what fails in the middle of a row.
      Exposure broken = row("b", 1);
      Exposure bad =
          new Exposure(
              "b",
              0,
              0,
              "",
              "",
              "",
              0,
              "",
              "",
              "",
              broken.items(),
              broken.pctr(),
              broken.sources(),
              broken.pctrBase(),
              Map.of("x", List.of()),
              Map.of());
      assertThatThrownBy(() -> folder.put(bad)).isInstanceOf(RuntimeException.class);
      assertThat(folder.takeLost()).isEqualTo(2);
      folder.put(row("c", 1));
      folder.finish();
      assertThat(folder.takeFinished()).isEqualTo(1);
    }
    assertThat(requests()).containsExactly("c");
  }

  private ExposureFolder open(long rotateBytes, int keepFiles, long keepBytes) throws IOException {
    return ExposureFolder.open(
        parent.resolve("log"),
        new ExposuresConfig("log", 1, 10, rotateBytes, Duration.ofMinutes(1), keepFiles, keepBytes),
        CLOCK,
        nanos::get);
  }

  private Exposure row(String requestId, int candidates) {
    long[] items = new long[candidates];
    float[] pctr = new float[candidates];
    String[] sources = new String[candidates];
    float[] base = new float[candidates];
    for (int i = 0; i < candidates; i++) {
      items[i] = random.nextLong();
      pctr[i] = (float) random.nextDouble();
      sources[i] = "TRAINED";
      base[i] = Float.NaN;
    }
    return new Exposure(
        requestId, 5, 1, "", "b", "m", 1, "v", "", "", items, pctr, sources, base, Map.of(),
        Map.of());
  }

  private List<Path> files() throws IOException {
    return ExposureFiles.of(parent.resolve("log"));
  }

  private int rows() throws IOException {
    return requests().size();
  }

  private List<String> requests() throws IOException {
    List<String> ids = new ArrayList<>();
    for (Path file : files()) {
      ExposureReader.read(file, row -> ids.add(row.requestId()));
    }
    return ids;
  }
}
