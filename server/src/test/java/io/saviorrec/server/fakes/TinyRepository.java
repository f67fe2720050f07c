package io.saviorrec.server.fakes;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;

/// Repositories of the model `tiny`, which libtorch can run: its scores depend on the item, its
/// content, the history, the user and the context.
///
/// The archives are made by another libtorch, which must not meet the engine's in one process.
public final class TinyRepository {
  /// Items `FIRST_ITEM`, `FIRST_ITEM + 1` … are in the bundle's table.
  public static final long FIRST_ITEM = 11;

  private TinyRepository() {}

  /// Writes versions 1 … `versions`, each with as many items; at least five.
  public static void write(Path repository, int versions, int items)
      throws IOException, InterruptedException {
    Path target = Path.of("..", "model-loader", "target");
    Files.createDirectories(repository);
    Path output = repository.resolve(".output");
    String classPath =
        String.join(
            File.pathSeparator,
            target.resolve("test-classes").toString(),
            target.resolve("classes").toString(),
            Files.readString(target.resolve("test-classpath")));
    Process writer =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "-Xmx512m",
                "-cp",
                classPath,
                "io.saviorrec.engine.TinyBundle",
                repository.toString(),
                Integer.toString(versions),
                Integer.toString(items))
            .redirectErrorStream(true)
            .redirectOutput(output.toFile())
            .start();
    if (!writer.waitFor(3, TimeUnit.MINUTES) || writer.exitValue() != 0) {
      writer.destroyForcibly();
      throw new IllegalStateException("no bundle was written: " + Files.readString(output));
    }
  }
}
