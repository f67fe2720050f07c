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

class RepositoryLoaderTest {
  @TempDir private Path repository;
  private final Logger logger = (Logger) LoggerFactory.getLogger(RepositoryLoader.class);
  private final ListAppender<ILoggingEvent> logged = new ListAppender<>();

  @BeforeEach
  void listen() {
    logged.start();
    logger.addAppender(logged);
  }

  @AfterEach
  void stopListening() {
    logger.detachAppender(logged);
  }

  @Test
  void warnsOfANewestVersionWithoutAManifest() throws Exception {
    Bundle old = TestBundles.write(repository, "m");
    Bundle newest = TestBundles.write(repository, "m");
    Files.delete(newest.path(Bundle.MANIFEST));

    assertThat(RepositoryLoader.find(repository)).containsExactly(repository.resolve("m/1"));
    assertThat(old.dir()).exists();
    assertThat(logged.list)
        .extracting(ILoggingEvent::getFormattedMessage)
        .containsExactly(
            newest.dir() + " has no manifest.json, so it is not finished; version 1 counts");
  }

  @Test
  void saysNothingOfOldVersionsWithoutAManifest() throws Exception {
    Bundle old = TestBundles.write(repository, "m");
    TestBundles.write(repository, "m");
    Files.delete(old.path(Bundle.MANIFEST));

    assertThat(RepositoryLoader.find(repository)).containsExactly(repository.resolve("m/2"));
    assertThat(logged.list).isEmpty();
  }
}
