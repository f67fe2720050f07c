package io.saviorrec.trainer.train;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ToolchainTest {
  @TempDir private Path folder;

  private Path classes(String name, String body) throws IOException {
    Path root = folder.resolve(name);
    Files.createDirectories(root.resolve("io/saviorrec"));
    Files.createDirectories(root.resolve("META-INF"));
    Files.writeString(root.resolve("io/saviorrec/A.class"), body);
    Files.writeString(root.resolve("presets.yaml"), "a: 1");
    Files.writeString(root.resolve("META-INF/MANIFEST.MF"), "built for " + name);
    return root;
  }

  private Path jar() throws IOException {
    Path jar = folder.resolve("a.jar");
    try (OutputStream file = Files.newOutputStream(jar);
        JarOutputStream out = new JarOutputStream(file)) {
      for (List<String> entry :
          List.of(
              List.of("META-INF/MANIFEST.MF", "built as a JAR"),
              List.of("presets.yaml", "a: 1"),
              List.of("io/saviorrec/A.class", "one"))) {
        out.putNextEntry(new JarEntry(entry.getFirst()));
        out.write(entry.getLast().getBytes(StandardCharsets.UTF_8));
      }
    }
    return jar;
  }

  @Test
  void codeHasTheSameHashInAFolderAndInAJar() throws IOException {
    String hash = Toolchain.codeHash(List.of(classes("one", "one")));
    assertThat(Toolchain.codeHash(List.of(classes("two", "one")))).isEqualTo(hash).hasSize(64);
    assertThat(Toolchain.codeHash(List.of(jar()))).isEqualTo(hash);
  }

  @Test
  void anyChangeOfTheCodeChangesTheHash() throws IOException {
    String hash = Toolchain.codeHash(List.of(classes("one", "one")));
    assertThat(Toolchain.codeHash(List.of(classes("two", "two")))).isNotEqualTo(hash);
    Path renamed = classes("three", "one");
    Files.move(renamed.resolve("presets.yaml"), renamed.resolve("preset.yaml"));
    assertThat(Toolchain.codeHash(List.of(renamed))).isNotEqualTo(hash);
  }

  @Test
  void theRunningProgramKnowsItsVersions() {
    Toolchain toolchain = Toolchain.current();
    assertThat(toolchain.versions())
        .containsOnlyKeys(
            "device",
            "duckdb",
            "java",
            "javacpp",
            "libtorch",
            "openblas",
            "release",
            "tokenizers",
            "trainer")
        .doesNotContainValue("")
        .allSatisfy((_, version) -> assertThat(version).doesNotContain("$"));
    assertThat(toolchain.scripts().apply("encoder.py"))
        .hasSize(64)
        .isNotEqualTo(toolchain.scripts().apply("rq.py"));
    assertThat(Toolchain.current().versions()).isEqualTo(toolchain.versions());
  }
}
