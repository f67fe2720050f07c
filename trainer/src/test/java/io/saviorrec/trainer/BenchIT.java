package io.saviorrec.trainer;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// `savior bench` with sizes so small that its figures say nothing, but with every part.
@Timeout(600)
class BenchIT {
  @TempDir private Path folder;

  @Test
  void measuresEveryPartAndLeavesNothingBehind() throws IOException, InterruptedException {
    Path work = folder.resolve("work");
    Path markdown = folder.resolve("tables.md");
    Path recordings = folder.resolve("recordings");
    ProcessBuilder builder =
        new ProcessBuilder(
                Distribution.FOLDER.resolve("bin/savior").toString(),
                "bench",
                "--tiny",
                "--json",
                "--work",
                work.toString(),
                "--markdown",
                markdown.toString(),
                "--profile",
                recordings.toString())
            .redirectError(folder.resolve("err").toFile());
    builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
    Process process = builder.start();
    String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as(Files.readString(folder.resolve("err"))).isZero();

    JsonNode report = new ObjectMapper().readTree(out);
    assertThat(report.path("parts").findValuesAsText("part"))
        .containsExactlyElementsOf(
            IntStream.rangeClosed(1, 9).mapToObj(Integer::toString).toList());
    for (JsonNode figure : report.path("parts").findParents("value")) {
      assertThat(figure.path("unit").asText()).isNotEmpty();
    }
    assertThat(report.path("targets").asInt()).isPositive();
    JsonNode exports = report.path("parts").get(0).path("rows").get(0);
    assertThat(exports.path("tiled_over_ours").path("value").asDouble()).isPositive();

    List<String> lines = Files.readAllLines(markdown);
    assertThat(lines.getFirst()).startsWith("`./savior bench --tiny ");
    assertThat(lines.stream().filter(line -> line.startsWith("### ("))).hasSize(9);
    try (Stream<Path> files = Files.list(recordings)) {
      assertThat(files).hasSize(4).allMatch(file -> file.toString().endsWith(".jfr"));
    }
    try (Stream<Path> files = Files.list(work)) {
      assertThat(files).isEmpty();
    }
  }

  @Test
  void aBenchmarkThatIsInterruptedLeavesNoProcessAndNoFile() throws IOException {
    Path work = folder.resolve("work");
    try (SaviorProcess bench =
        SaviorProcess.start(Map.of(), "bench", "--tiny", "--work", work.toString())) {
      bench.awaitLine("(4) long and short histories");
      List<ProcessHandle> children = bench.children();
      assertThat(children).isNotEmpty();
      bench.interrupt();
      SaviorProcess.Ended ended = bench.awaitEnd();
      assertThat(ended.status()).isEqualTo(130);
      assertThat(ended.messages()).endsWith("savior: interrupted; nothing is reported");
      assertThat(children).noneMatch(ProcessHandle::isAlive);
    }
    try (Stream<Path> files = Files.list(work)) {
      assertThat(files).isEmpty();
    }
  }
}
