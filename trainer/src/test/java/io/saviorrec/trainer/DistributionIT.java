package io.saviorrec.trainer;

import static org.assertj.core.api.Assertions.assertThat;

import io.saviorrec.command.BuildVersion;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// The distribution runs anywhere with a JDK and nothing else.
@Timeout(300)
class DistributionIT {
  @TempDir private Path folder;

  /// How a command ended, with both of its streams.
  private record Ended(int status, String output) {}

  private Ended run(Path program, Map<String, String> environment, String... arguments)
      throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(List.of(program.toString()));
    command.addAll(Arrays.asList(arguments));
    ProcessBuilder builder =
        new ProcessBuilder(command).directory(folder.toFile()).redirectErrorStream(true);
    builder.environment().clear();
    builder.environment().put("PATH", "/usr/bin:/bin");
    builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
    builder.environment().putAll(environment);
    Process process = builder.start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    return new Ended(process.waitFor(), output);
  }

  @Test
  void theTwoProgramsShareAFolderAndNoLibtorch() {
    List<String> server = Distribution.libraries("server");
    List<String> trainer = Distribution.libraries("trainer");
    for (List<String> libraries : List.of(server, trainer)) {
      assertThat(libraries)
          .hasSizeGreaterThan(20)
          .allSatisfy(
              entry ->
                  assertThat(Distribution.FOLDER.resolve("lib").resolve(entry)).isRegularFile());
    }
    assertThat(server).anyMatch(entry -> entry.contains("pytorch-native-cpu"));
    assertThat(server).noneMatch(entry -> entry.contains("javacpp"));
    assertThat(trainer).anyMatch(entry -> entry.contains("javacpp"));
    assertThat(trainer).noneMatch(entry -> entry.contains("pytorch-engine"));
    assertThat(trainer).noneMatch(entry -> entry.contains("pytorch-native-cpu"));
  }

  @Test
  void theLoadTestCarriesNothingOfTheOtherTwo() throws IOException, InterruptedException {
    List<String> libraries = Distribution.libraries("loadtest");
    assertThat(libraries).hasSizeGreaterThan(10).anyMatch(entry -> entry.contains("HdrHistogram"));
    assertThat(libraries)
        .noneMatch(entry -> entry.contains("javacpp") || entry.contains("model-loader"))
        .noneMatch(entry -> entry.contains("djl") || entry.contains("pytorch"));
    Ended usage =
        run(Distribution.FOLDER.resolve("bin/savior"), Map.of(), "load", "--requests", "x");
    assertThat(usage.output())
        .isEqualTo("savior: give --rate or --find-capacity; see savior load --help\n");
    assertThat(usage.status()).isEqualTo(2);
  }

  @Test
  void runsFromAnotherFolderWithoutMavenOrAHome() throws IOException, InterruptedException {
    Path elsewhere = Shop.FOLDER.resolve("another place").toAbsolutePath();
    for (String part : List.of("bin", "conf", "lib")) {
      Path copy = Files.createDirectories(elsewhere.resolve(part));
      try (Stream<Path> files = Files.list(Distribution.FOLDER.resolve(part))) {
        for (Path file : files.toList()) {
          Files.createLink(copy.resolve(file.getFileName().toString()), file);
        }
      }
    }
    Path program = elsewhere.resolve("bin/savior");
    Ended version = run(program, Map.of(), "--version");
    assertThat(version.output()).startsWith("savior " + BuildVersion.read().version() + "\n");
    assertThat(version.status()).isZero();
    Ended serve = run(program, Map.of(), "serve", "--repository", "nowhere");
    assertThat(serve.output())
        .isEqualTo("savior: nowhere is not a folder; name the folder that holds the models\n");
    assertThat(serve.status()).isEqualTo(1);
    Ended synth =
        run(
            program,
            Map.of("HOME", "/nowhere", "TMPDIR", folder.toString()),
            "synth",
            "shop",
            "--preset",
            "tiny");
    assertThat(synth.output()).contains("Wrote shop");
    assertThat(synth.status()).isZero();
    // What is unpacked without a home lies in a folder that is this user's alone.
    try (Stream<Path> caches = Files.list(folder)) {
      Path cache =
          caches
              .filter(file -> file.getFileName().toString().startsWith("savior-"))
              .findAny()
              .orElseThrow();
      assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(cache)))
          .isEqualTo("rwx------");
    }
  }

  @Test
  void aJavaThatIsTooOldIsOneLine() throws IOException, InterruptedException {
    Path old = folder.resolve("jdk");
    Path java = Files.createFile(Files.createDirectories(old.resolve("bin")).resolve("java"));
    Files.setPosixFilePermissions(java, PosixFilePermissions.fromString("rwxr-xr-x"));
    Files.writeString(old.resolve("release"), "JAVA_VERSION=\"21.0.4\"\n");
    Path script =
        Files.writeString(
            folder.resolve("check"),
            """
            . %s/bin/find-jdk
            is_jdk25 %s java && echo new || echo old
            is_jdk25 %s java && echo new || echo old
            """
                .formatted(Distribution.FOLDER, old, System.getProperty("java.home")));
    assertThat(run(Path.of("/bin/bash"), Map.of(), script.toString()).output())
        .isEqualTo("old\nnew\n");
  }
}
