package io.saviorrec.server.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.io.StringReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ModuleBenchTest {
  @TempDir private Path folder;

  private static String answer(String line) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (ModuleBench bench = new ModuleBench();
        PrintStream lines = new PrintStream(out, true, StandardCharsets.UTF_8)) {
      bench.run(new BufferedReader(new StringReader(line)), lines);
    }
    return out.toString(StandardCharsets.UTF_8).strip();
  }

  @Test
  void answersAModuleThatIsNotOpenWithAnError() throws IOException {
    assertThat(answer("{\"measure\": \"ours\", \"seconds\": 1}"))
        .isEqualTo("{\"error\":\"no module ours is open\"}");
  }

  @Test
  void answersAKindThatItDoesNotKnowWithAnError() throws IOException {
    assertThat(answer("{\"open\": \"ours\", \"kind\": \"wheel\", \"path\": \"x\"}"))
        .isEqualTo("{\"error\":\"there is no kind wheel\"}");
  }

  @Test
  void answersAnUnknownSettingAndGoesOn() throws IOException {
    Path config = Files.writeString(folder.resolve("server.yaml"), "engine: {precisely: bf16}\n");
    String open =
        "{\"open\": \"ours\", \"kind\": \"bundle\", \"path\": \"%s\", \"config\": \"%s\"}"
            .formatted(folder, config);
    assertThat(answer(open + "\n" + open).lines())
        .hasSize(2)
        .allMatch(line -> line.startsWith("{\"error\":\"unknown key engine.precisely"));
  }

  @Test
  void answersWhatIsNoJsonWithAnError() throws IOException {
    assertThat(answer("what?")).startsWith("{\"error\":");
  }
}
