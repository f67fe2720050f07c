package io.saviorrec.bundle;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ModelRepositoryTest {
  @TempDir private Path repository;

  @Test
  void aNewestVersionWithoutAManifestIsPassedOverButNotSilently() throws IOException {
    BundleFixture.write(repository, "feed");
    Path second = BundleFixture.write(repository, "feed");
    Files.delete(repository.resolve("feed").resolve("1").resolve(Bundle.MANIFEST));
    assertThat(ModelRepository.unfinished(repository)).isEmpty();

    Path third = Files.createDirectory(second.resolveSibling("3"));
    Path lone = Files.createDirectories(repository.resolve("base").resolve("10"));
    assertThat(ModelRepository.newest(repository))
        .containsExactly(repository.resolve("feed").resolve("2"));
    assertThat(ModelRepository.unfinished(repository))
        .containsExactly(
            lone + " has no manifest.json, so it is not finished; the model has no other version",
            repository.resolve("feed").resolve(third.getFileName())
                + " has no manifest.json, so it is not finished; version 2 counts");
  }
}
