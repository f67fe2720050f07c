package io.saviorrec.server.proof;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/// A program that nobody here wrote, from the folder that `tools.folder` names or from the `PATH`.
final class OutsideTool {
  private static final String FOLDER = System.getProperty("tools.folder", "/usr/local/bin");

  private OutsideTool() {}

  /// Skips the test where there is no such program.
  static Path require(String name) {
    List<String> folders = new ArrayList<>(List.of(FOLDER));
    folders.addAll(List.of(System.getenv().getOrDefault("PATH", "").split(File.pathSeparator, -1)));
    List<Path> found =
        folders.stream().map(folder -> Path.of(folder, name)).filter(Files::isExecutable).toList();
    assumeTrue(!found.isEmpty(), "needs " + name + "; see docs/RELIABILITY.md");
    return found.getFirst();
  }
}
