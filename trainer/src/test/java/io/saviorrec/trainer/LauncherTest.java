package io.saviorrec.trainer;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// How `bin/savior` starts the server of an image; the JVM is a script that says its arguments.
class LauncherTest {
  private static final Path SCRIPTS = Path.of("src", "main", "dist", "bin");

  @TempDir private Path folder;

  @BeforeEach
  void prepare() throws IOException {
    Path bin = Files.createDirectories(folder.resolve("savior/bin"));
    Files.copy(SCRIPTS.resolve("savior"), bin.resolve("savior"));
    Files.copy(SCRIPTS.resolve("find-jdk"), bin.resolve("find-jdk"));
    Files.createDirectories(folder.resolve("savior/lib/native"));
    Files.writeString(folder.resolve("savior/lib/server.classpath"), "@lib@/grpc.jar");
    Path java = Files.createDirectories(folder.resolve("jdk/bin")).resolve("java");
    Files.writeString(folder.resolve("jdk/release"), "JAVA_VERSION=\"25.0.1\"\n");
    Files.writeString(java, "#!/bin/sh\necho \"$@\"\n");
    assertThat(java.toFile().setExecutable(true)).isTrue();
    Files.createDirectories(folder.resolve("home"));
  }

  /// Runs a command where no temporary folder can be written to but under the home.
  private String savior(String command) throws Exception {
    return savior(command, 0);
  }

  private String savior(String command, int status) throws Exception {
    List<String> words =
        new ArrayList<>(List.of("bash", folder.resolve("savior/bin/savior").toString()));
    words.addAll(List.of(command.split(" ", -1)));
    ProcessBuilder builder = new ProcessBuilder(words).redirectErrorStream(true);
    builder
        .environment()
        .putAll(
            Map.of(
                "JAVA_HOME", folder.resolve("jdk").toString(),
                "HOME", folder.resolve("home").toString(),
                "TMPDIR", folder.resolve("nowhere").toString()));
    Process process = builder.start();
    process.getOutputStream().close();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as(said).isEqualTo(status);
    return said;
  }

  @Test
  void aHealthCheckLeavesTheTemporaryFolderOfTheServerAlone() throws Exception {
    Path temporary = folder.resolve("home/.savior/tmp");

    assertThat(savior("serve")).contains("-Djava.io.tmpdir=" + temporary);
    Path ofTheServer = Files.createDirectory(temporary.resolve("pt-model7"));
    assertThat(savior("health")).doesNotContain("java.io.tmpdir");

    assertThat(ofTheServer).exists();
    assertThat(savior("serve")).contains("-Djava.io.tmpdir=" + temporary);
    assertThat(ofTheServer).doesNotExist();
  }

  @Test
  void saysWhichProgramIsNotThere() throws Exception {
    assertThat(savior("train", 1))
        .isEqualTo(
            "savior: train belongs to the program trainer, which is not in %s\n"
                .formatted(folder.resolve("savior").toRealPath()));
  }

  @Test
  void bundlesAreCheckedByTheServersProgram() throws Exception {
    assertThat(savior("bundle check work/models/m/1"))
        .contains("io.saviorrec.server.ServerMain bundle check work/models/m/1");
    assertThat(savior("bundle show work/models/m/1", 1)).contains("belongs to the program trainer");
  }
}
