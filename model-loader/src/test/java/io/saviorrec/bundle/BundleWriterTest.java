package io.saviorrec.bundle;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BundleWriterTest {

  @TempDir Path repository;

  @Test
  void versionsCountUp() throws IOException {
    assertThat(BundleFixture.write(repository, "feed")).hasFileName("1");
    assertThat(BundleFixture.write(repository, "feed")).hasFileName("2");
    assertThat(BundleFixture.write(repository, "base")).hasFileName("1");
    assertThat(ModelRepository.versions(repository, "feed")).containsExactly(1L, 2L);
    assertThat(ModelRepository.newest(repository))
        .containsExactly(
            repository.resolve("base").resolve("1"), repository.resolve("feed").resolve("2"));
  }

  @Test
  void anUnfinishedBundleLeavesNothing() throws IOException {
    try (BundleWriter writer = BundleWriter.begin(repository, "feed")) {
      BundleFixture.writeFiles(writer);
      assertThat(ModelRepository.newest(repository)).isEmpty();
    }
    try (Stream<Path> left = Files.list(repository.resolve("feed"))) {
      assertThat(left).isEmpty();
    }
  }

  @Test
  void aBundleLackingAFileCannotBeFinished() throws IOException {
    try (BundleWriter writer = BundleWriter.begin(repository, "feed")) {
      BundleFixture.writeFiles(writer);
      Files.delete(writer.path(Bundle.RQ));
      assertThatThrownBy(() -> writer.finish(BundleFixture.manifest()))
          .isInstanceOf(BundleException.class)
          .hasMessage("feed/1: rq.pt was not written before the manifest");
    }
    assertThat(ModelRepository.versions(repository, "feed")).isEmpty();
  }

  @Test
  void twoWritersAtOnceGetTwoVersions() throws IOException {
    try (BundleWriter first = BundleWriter.begin(repository, "feed");
        BundleWriter second = BundleWriter.begin(repository, "feed")) {
      BundleFixture.writeFiles(first);
      BundleFixture.writeFiles(second);
      assertThat(second.finish(BundleFixture.manifest()).manifest().version()).isEqualTo(1);
      assertThat(first.finish(BundleFixture.manifest()).manifest().version()).isEqualTo(2);
      assertThat(first.version()).isEqualTo(2);
    }
  }

  /// Writes bundles in a process of its own.
  static final class Writer {
    private static final int BUNDLES = 5;

    public static void main(String[] args) throws IOException {
      for (int i = 0; i < BUNDLES; i++) {
        System.out.println(BundleFixture.write(Path.of(args[0]), "feed").getFileName());
      }
    }
  }

  @Test
  void processesThatWriteAtOnceNeverMakeOneVersion() throws IOException {
    Set<String> versions = new TreeSet<>();
    try (OtherProcess first = OtherProcess.start(Writer.class, repository);
        OtherProcess second = OtherProcess.start(Writer.class, repository)) {
      for (int i = 0; i < Writer.BUNDLES; i++) {
        versions.add(String.valueOf(BundleFixture.write(repository, "feed").getFileName()));
        versions.add(first.line());
        versions.add(second.line());
      }
    }
    assertThat(versions).hasSize(3 * Writer.BUNDLES);
    assertThat(ModelRepository.versions(repository, "feed"))
        .containsExactlyElementsOf(LongStream.rangeClosed(1, 3L * Writer.BUNDLES).boxed().toList());
  }

  @Test
  void anotherUserMayReadABundle() throws IOException {
    Path ordinary = Files.createDirectory(repository.resolve("ordinary"));
    Path bundle = BundleFixture.write(repository, "feed");
    assertThat(Files.getPosixFilePermissions(bundle))
        .isEqualTo(Files.getPosixFilePermissions(ordinary));
  }

  @Test
  void aFolderWithoutManifestOrNumberIsNotAVersion() throws IOException {
    Path model = repository.resolve("feed");
    for (String name : List.of("3", "latest", "04", ".staging-x", "-1")) {
      Files.createDirectories(model.resolve(name));
    }
    Files.writeString(model.resolve("04").resolve(Bundle.MANIFEST), "{}");
    assertThat(ModelRepository.versions(repository, "feed")).isEmpty();
    // Number 3 is not given again: somebody may still be copying it.
    assertThat(BundleFixture.write(repository, "feed")).hasFileName("4");
  }

  @Test
  void namesThatCouldLeaveTheRepositoryAreRefused() {
    for (String name : List.of("", "..", "a/b", ".hidden", "a b")) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> BundleWriter.begin(repository, name))
          .withMessageContaining("'%s'", name);
    }
  }

  @Test
  void aRepositoryThatIsNotAFolderIsAnError() {
    Path absent = repository.resolve("absent");
    assertThatThrownBy(() -> ModelRepository.newest(absent))
        .isInstanceOf(BundleException.class)
        .hasMessageStartingWith(absent + " is not a folder");
  }
}
