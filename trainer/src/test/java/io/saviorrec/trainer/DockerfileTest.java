package io.saviorrec.trainer;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/// What can be said of the Dockerfile without a container engine.
class DockerfileTest {
  @Test
  void everyStageIsOfOneBeforeItOrOfTheRegistryThatMayBeNamed() throws IOException {
    List<String> stages = new ArrayList<>();
    List<String> wrong = new ArrayList<>();
    for (String line : Files.readAllLines(Path.of("..", "Dockerfile"))) {
      if (line.startsWith("FROM ")) {
        String[] words = line.split(" ", -1);
        if (!stages.contains(words[1]) && !words[1].matches("\\$\\{REGISTRY}[a-z-]+:[a-z0-9.-]+")) {
          wrong.add(line);
        }
        stages.add(words[3]);
      }
    }

    assertThat(stages).contains("cpu", "cuda", "trainer", "load");
    assertThat(wrong).isEmpty();
  }
}
