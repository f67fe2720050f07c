package io.saviorrec.server.chart;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What the nightly run removes before it begins.
class MakeRoomTest {
  private static final Path SCRIPT = Chart.FOLDER.resolve("files").resolve("make-room.sh");

  @TempDir private Path repository;
  @TempDir private Path settings;

  @BeforeEach
  void train() throws IOException {
    for (int version = 1; version <= 11; version++) {
      version("saviorrec", version);
    }
    version("base", 1);
    Files.createDirectories(repository.resolve("saviorrec/12"));
    Files.createDirectories(repository.resolve("saviorrec/.12.part"));
    Files.createDirectories(repository.resolve(".stages/new"));
    Path old = Files.createDirectories(repository.resolve(".stages/old"));
    Files.setLastModifiedTime(old, FileTime.from(Instant.now().minus(Duration.ofDays(9))));
  }

  private void version(String model, int version) throws IOException {
    Path folder = Files.createDirectories(repository.resolve(model).resolve("" + version));
    Files.writeString(folder.resolve("manifest.json"), "{}");
  }

  private String makeRoom(String... arguments) {
    List<String> command =
        new ArrayList<>(List.of("bash", SCRIPT.toString(), repository.toString()));
    command.addAll(List.of(arguments));
    return Chart.run(command).successful();
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

    String said = makeRoom("saviorrec", "3", "3", routing.toString());

    assertThat(left("saviorrec")).containsExactly(".12.part", "10", "11", "12", "2", "5", "9");
    assertThat(left("base")).containsExactly("1");
    assertThat(left(".stages")).containsExactly("new");
    assertThat(said).contains("removing saviorrec/8").doesNotContain("saviorrec/2\n");
  }

  @Test
  void nothingIsRemovedWhereTheRoutingCannotBeRead() throws IOException {
    List<String> command =
        List.of("bash", SCRIPT.toString(), repository.toString(), "saviorrec", "3", "3", "nowhere");

    assertThat(Chart.run(command).status()).isEqualTo(1);
    assertThat(left("saviorrec")).hasSize(13);
  }

  @Test
  void zeroKeepsEverything() throws IOException {
    makeRoom("saviorrec", "0", "0");

    assertThat(left("saviorrec")).hasSize(13);
    assertThat(left(".stages")).hasSize(2);
  }

  @Test
  void aRepositoryThatIsNotThereYetIsNoMistake() {
    assertThat(makeRoom("another", "3", "3")).doesNotContain("another");
  }

  @Test
  void aVersionThatIsPinnedByHandInTheRoutingStays() {
    JsonNode pod =
        Chart.object(Chart.valuesFile("training"), "CronJob", "shop-saviorrec-training")
            .at("/spec/jobTemplate/spec/template/spec");
    JsonNode container = pod.at("/initContainers/0");
    List<String> command = new ArrayList<>();
    container.path("command").forEach(each -> command.add(each.asText()));

    assertThat(command)
        .endsWith(
            "make-room",
            "/models/production",
            "saviorrec",
            "7",
            "3",
            "/etc/savior/routing/routing.yaml");
    assertThat(command.get(2)).contains("mv -- \"$version\"");
    assertThat(container.path("volumeMounts").findValuesAsText("mountPath"))
        .contains("/etc/savior/routing");
    assertThat(pod.path("volumes").toString()).contains("{\"name\":\"shop-saviorrec-routing\"}");
  }
}
