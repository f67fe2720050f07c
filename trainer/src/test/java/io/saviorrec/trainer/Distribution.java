package io.saviorrec.trainer;

import java.nio.file.Path;

/// The distribution that this build has made.
final class Distribution {
  static final Path FOLDER = Path.of("..", "target", "savior").toAbsolutePath().normalize();

  private Distribution() {}
}
