package io.saviorrec.trainer;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// `savior load`, as a program of its own, on a real server.
@Timeout(300)
class LoadIT {
  @TempDir Path folder;

  private static JsonNode load(Path requests, String... more)
      throws IOException, InterruptedException {
    List<String> command = new ArrayList<>();
    command.add(Distribution.FOLDER.resolve("bin/savior").toString());
    command.addAll(
        List.of(
            "load",
            "--requests",
            requests.toString(),
            "--target",
            "localhost:" + Shop.ports().grpc(),
            "--warm-up",
            "1s",
            "--json"));
    command.addAll(Arrays.asList(more));
    ProcessBuilder builder =
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT);
    builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
    Process process = builder.start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    int status = process.waitFor();
    JsonNode json = new ObjectMapper().readTree(output);
    assertThat(status).isEqualTo(json.path("met").asBoolean() ? 0 : 3);
    return json;
  }

  private Path requests() {
    Path file = folder.resolve("shop.binpb");
    CommandRun run =
        CommandRun.of(
            "requests", Shop.data().toString(), file.toString(), "--candidates", "30", "--packed");
    assertThat(run.err()).isEmpty();
    return file;
  }

  @Test
  void aServerIsMeasuredByBothOfItsProtocolsWhileItGetsNewItems()
      throws IOException, InterruptedException {
    String target = "localhost:" + Shop.ports().grpc();
    Path page = folder.resolve("page.html");
    JsonNode json =
        load(
            requests(),
            "--rate",
            "30",
            "--duration",
            "2s",
            "--turn",
            "1s",
            "--vs",
            target,
            "--vs-protocol",
            "oip",
            "--model",
            "saviorrec",
            "--upserts",
            "4",
            "--page",
            page.toString());

    for (JsonNode measured : json.path("targets")) {
      assertThat(measured.path("answered").asInt()).isPositive();
      assertThat(measured.path("failed").asInt()).isZero();
      assertThat(measured.path("upserts").path("failed").asInt()).isZero();
    }
    assertThat(json.path("targets").path(1).path("target").asText()).isEqualTo(target + " oip");
    assertThat(Files.readString(page)).contains("Side by side");
    // Of what was sent nothing is left.
    CommandRun items = CommandRun.of("items", "ls", "--target", target);
    assertThat(items.out()).doesNotContain("item " + (1L << 56));
  }
}
