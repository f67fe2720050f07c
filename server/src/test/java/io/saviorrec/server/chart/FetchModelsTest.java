package io.saviorrec.server.chart;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// How pods follow an object store; rclone is a script here that says what it was asked.
class FetchModelsTest {
  private static final Path SCRIPT = Chart.FOLDER.resolve("files").resolve("fetch-models.sh");

  @TempDir private Path folder;

  @BeforeEach
  void install() throws IOException {
    Path rclone =
        Files.writeString(
            folder.resolve("rclone"),
            """
            #!/bin/sh
            if [ "$1" = lsf ]; then
              for remote; do :; done
              case $remote in *models) echo saviorrec/ ;; *away) exit 3 ;; esac
            else
              echo "$@"
            fi
            """);
    assertThat(rclone.toFile().setExecutable(true)).isTrue();
  }

  private Chart.Run fetch(String remote) {
    return Chart.run(
        List.of(
            "env",
            "PATH=" + folder + ":/usr/bin:/bin",
            "sh",
            "-c",
            script(),
            "fetch-models",
            remote));
  }

  private static String script() {
    try {
      return Files.readString(SCRIPT);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void theModelsBecomeWhatTheStoreHasButForHiddenFolders() {
    assertThat(fetch("s3:shop/models").successful().strip())
        .isEqualTo("sync --delete-after --exclude .*/** s3:shop/models /models");
  }

  @Test
  void aStoreWithoutModelsTakesNobodyTheModelsThatThereAre() {
    Chart.Run empty = fetch("s3:shop/modles");

    assertThat(empty.status()).isEqualTo(1);
    assertThat(empty.printed().strip())
        .isEqualTo("s3:shop/modles has no models; nothing is changed");
  }

  @Test
  void aStoreThatCannotBeReadChangesNothing() {
    Chart.Run away = fetch("s3:shop/away");

    assertThat(away.status()).isEqualTo(3);
    assertThat(away.printed()).isEmpty();
  }

  @Test
  void aPodFetchesBeforeTheServerStartsAndFollowsBesideIt() {
    JsonNode pod =
        Chart.object(Chart.valuesFile("redis-ha"), "Deployment", "shop-saviorrec")
            .at("/spec/template/spec");
    List<String> fetch = command(pod.at("/initContainers/0"));
    List<String> follow = command(pod.at("/initContainers/1"));

    assertThat(fetch).containsExactly("/bin/sh", "-c", script(), "fetch-models", "s3:shop/models");
    assertThat(follow).hasSizeGreaterThan(5).endsWith(fetch.toArray(String[]::new));
    assertThat(pod.at("/initContainers/1/restartPolicy").asText()).isEqualTo("Always");
  }

  private static List<String> command(JsonNode container) {
    List<String> words = new ArrayList<>();
    container.path("command").forEach(each -> words.add(each.asText()));
    return words;
  }
}
