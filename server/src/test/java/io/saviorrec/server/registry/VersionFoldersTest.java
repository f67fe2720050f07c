package io.saviorrec.server.registry;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.saviorrec.bundle.Bundle;
import io.saviorrec.server.fakes.TestBundles;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

class VersionFoldersTest {
  private static final VersionId SECOND = new VersionId("m", 2);

  @TempDir private Path repository;
  private final Logger logger = (Logger) LoggerFactory.getLogger(VersionFolders.class);
  private final ListAppender<ILoggingEvent> logged = new ListAppender<>();
  private VersionFolders folders;

  @BeforeEach
  void write() throws Exception {
    TestBundles.write(repository, "m");
    TestBundles.write(repository, "m");
    folders = new VersionFolders(repository);
    logged.start();
    logger.addAppender(logged);
  }

  @AfterEach
  void stopListening() {
    logger.detachAppender(logged);
  }

  @Test
  void aDoubtfulVersionIsRefusedOnlyWhenItsFilesWereTheSameAtTwoLooks() throws Exception {
    folders.look();
    assertThat(folders.doubt(SECOND, folders.files(SECOND), "half")).isFalse();
    assertThat(folders.usable().get("m")).containsExactly(1L);
    assertThat(folders.waiting()).extracting(RefusedVersion::version).containsExactly(2L);

    Files.writeString(repository.resolve("m/2").resolve(Bundle.RQ), "more of it");
    folders.look();
    assertThat(folders.usable().get("m")).containsExactly(1L, 2L);
    assertThat(folders.doubt(SECOND, folders.files(SECOND), "half")).isFalse();
    folders.look();
    assertThat(folders.usable().get("m")).containsExactly(1L, 2L);
    assertThat(folders.doubt(SECOND, folders.files(SECOND), "half\n of it")).isTrue();

    assertThat(folders.refused()).containsExactly(new RefusedVersion("m", 2, "half of it"));
    assertThat(folders.waiting()).isEmpty();
    assertThat(logged.list).hasSize(1);
  }

  @Test
  void aRefusedVersionIsNotTriedAgainBeforeItsFilesChange() throws Exception {
    folders.look();
    folders.refuse(SECOND, folders.files(SECOND), "no good");
    for (int i = 0; i < 3; i++) {
      folders.look();
      assertThat(folders.usable().get("m")).containsExactly(1L);
    }
    assertThat(logged.list)
        .extracting(ILoggingEvent::getFormattedMessage)
        .containsExactly("m/2 is refused and not served: no good");

    Files.writeString(repository.resolve("m/2").resolve(Bundle.SIGNATURE), "signed now");
    folders.look();
    assertThat(folders.usable().get("m")).containsExactly(1L, 2L);
    assertThat(folders.refused()).isEmpty();
  }

  @Test
  void passesOverFoldersWithoutAManifestAndHiddenOnes() throws Exception {
    Files.createDirectories(repository.resolve("m/3"));
    Files.move(repository.resolve("m/2"), repository.resolve("m/.2.incoming"));
    folders.look();

    assertThat(folders.usable().get("m")).containsExactly(1L);
    assertThat(folders.refused()).isEmpty();
    assertThat(logged.list).isEmpty();
  }
}
