package io.saviorrec.trainer;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/// The distribution that this build has made.
final class Distribution {
  static final Path FOLDER = Path.of("..", "target", "savior").toAbsolutePath().normalize();

  private Distribution() {}

  /// The names in `lib/` of what a program uses, beside its own jar.
  static List<String> libraries(String program) {
    try {
      return List.of(
          Files.readString(FOLDER.resolve("lib/" + program + ".classpath"))
              .strip()
              .replace("@lib@/", "")
              .split(":"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
