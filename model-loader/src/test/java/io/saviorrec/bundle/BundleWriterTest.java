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

  /// Begins a bundle and waits.
  static final class Slow {
    public static void main(String[] args) throws IOException {
      try (BundleWriter writer = BundleWriter.begin(Path.of(args[0]), "feed")) {
        BundleFixture.writeFiles(writer);
        System.out.println("begun");
        System.in.read();
        System.out.println(writer.finish(BundleFixture.manifest()).manifest().version());
      }
    }
  }

  @Test
  void whatAKilledWriterLeavesTheNextOneRemoves() throws IOException {
    try (OtherProcess killed = OtherProcess.start(Slow.class, repository);
        OtherProcess slow = OtherProcess.start(Slow.class, repository);
        BundleWriter ours = BundleWriter.begin(repository, "feed")) {
      assertThat(killed.line()).isEqualTo("begun");
      assertThat(slow.line()).isEqualTo("begun");
      killed.kill();
      assertThat(staged()).hasSize(3);
      assertThat(BundleFixture.write(repository, "feed")).hasFileName("1");
      // Those of the writers that live stay, this process's own too, whoever looks.
      assertThat(staged()).hasSize(2);
      try (OtherProcess third = OtherProcess.start(Slow.class, repository)) {
        assertThat(third.line()).isEqualTo("begun");
        assertThat(staged()).hasSize(3);
      }
      slow.proceed();
      assertThat(slow.line()).isEqualTo("2");
      BundleFixture.writeFiles(ours);
      assertThat(ours.finish(BundleFixture.manifest()).manifest().version()).isEqualTo(3);
    }
    try (Stream<Path> left = Files.list(repository.resolve("feed"))) {
      assertThat(left)
          .extracting(Path::getFileName)
          .extracting(Path::toString)
          .contains("1", "2", "3", ".lock")
          // The third was killed, and nobody came after it.
          .filteredOn(name -> name.startsWith(".staging-"))
          .hasSize(2);
    }
  }

  private List<Path> staged() throws IOException {
    try (Stream<Path> files = Files.list(repository.resolve("feed"))) {
      return files
          .filter(Files::isDirectory)
          .filter(file -> file.toString().contains(".staging-"))
          .toList();
    }
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
