package io.saviorrec.trainer.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.saviorrec.trainer.CommandRun;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What the nightly run removes before it begins.
class BundlePruneCommandTest {
  @TempDir private Path repository;
  @TempDir private Path settings;
  private final FakeServer server = new FakeServer();

  @BeforeEach
  void train() throws IOException {
    for (int version = 1; version <= 11; version++) {
      version("saviorrec", version);
    }
    version("base", 1);
    Files.createDirectories(repository.resolve("saviorrec/12"));
    Files.createDirectories(repository.resolve("saviorrec/.12.part"));
    Files.createDirectories(repository.resolve("saviorrec/.removed-7/code"));
    Files.createDirectories(repository.resolve(".stages/new"));
    Path old = Files.createDirectories(repository.resolve(".stages/old"));
    Files.writeString(old.resolve("done"), "");
    Files.setLastModifiedTime(old, FileTime.from(Instant.now().minus(Duration.ofDays(9))));
  }

  @AfterEach
  void stop() {
    server.close();
  }

  private void version(String model, int version) throws IOException {
    Path folder = Files.createDirectories(repository.resolve(model).resolve("" + version));
    Files.writeString(folder.resolve("manifest.json"), "{}");
  }

  private CommandRun prune(String model, String... more) {
    List<String> arguments =
        new ArrayList<>(List.of("bundle", "prune", repository.toString(), model));
    arguments.addAll(List.of("--target", server.target().replace("localhost", "127.0.0.1")));
    arguments.addAll(List.of(more));
    return CommandRun.of(arguments.toArray(String[]::new));
  }

  private List<String> left(String folder) throws IOException {
    try (Stream<Path> entries = Files.list(repository.resolve(folder))) {
      return entries.map(each -> String.valueOf(each.getFileName())).sorted().toList();
    }
  }

  @Test
  void theNewestVersionsStayAndThoseThatTheRoutingNames() throws IOException {
    Path routing =
        Files.writeString(
            settings.resolve("routing.yaml"),
            "labels: {saviorrec: {stable: 2}}\nbuckets: {old: saviorrec/5}\nsplit: {old: 70}\n");

    CommandRun run =
        prune("saviorrec", "--keep-versions=3", "--keep-stages-days=3", "--routing=" + routing);

    assertThat(run.status()).as(run.err()).isZero();
    assertThat(left("saviorrec")).containsExactly(".12.part", "10", "11", "12", "2", "3", "5", "9");
    assertThat(left("base")).containsExactly("1");
    assertThat(left(".stages")).containsExactly("new");
    assertThat(run.outLines())
        .contains("removing saviorrec/8", "removing the stage old")
        .doesNotContain("removing saviorrec/2");
  }

  /// When the newest ones were all refused, the one that served was older than they, and went.
  @Test
  void aVersionThatIsLiveStaysHoweverManyNewerOnesWereRefused() throws IOException {
    server.live = List.of(4L, 6L);

    assertThat(prune("saviorrec", "--keep-versions=3").status()).isZero();

    assertThat(left("saviorrec")).containsExactly(".12.part", "10", "11", "12", "4", "6", "9");
  }

  @Test
  void noVersionGoesWhereAServerDoesNotSayWhatIsLive() throws IOException {
    server.live = null;

    CommandRun run = prune("saviorrec", "--keep-versions=3", "--keep-stages-days=3");

    assertThat(run.status()).isZero();
    assertThat(run.err())
        .startsWith(
            "savior: which versions are live is not known, so none is removed: the server at")
        .contains("127.0.0.1:", "starting");
    assertThat(left("saviorrec")).hasSize(13);
    assertThat(left(".stages")).containsExactly("new");
  }

  @Test
  void aServerThatHasNoVersionOfTheModelKeepsNone() throws IOException {
    version("base", 2);

    assertThat(prune("base", "--keep-versions=1").status()).isZero();

    assertThat(left("base")).containsExactly("2");
  }

  @Test
  void nothingIsRemovedWhereTheRoutingCannotBeRead() throws IOException {
    CommandRun run = prune("saviorrec", "--keep-versions=3", "--routing=nowhere");

    assertThat(run.status()).isEqualTo(1);
    assertThat(run.err()).contains("--routing nowhere cannot be read; nothing is removed");
    assertThat(left("saviorrec")).hasSize(14);
  }

  @Test
  void zeroKeepsEverything() throws IOException {
    server.live = null;

    CommandRun run = prune("saviorrec", "--keep-versions=0");

    assertThat(run.err()).isEmpty();
    assertThat(left("saviorrec")).hasSize(13);
    assertThat(left(".stages")).hasSize(2);
  }

  @Test
  void aRepositoryThatIsNotThereYetIsNoMistake() {
    CommandRun run = prune("another", "--keep-versions=3", "--keep-stages-days=3");

    assertThat(run.status()).isZero();
    assertThat(run.outLines()).containsExactly("removing the stage old");
  }
}
