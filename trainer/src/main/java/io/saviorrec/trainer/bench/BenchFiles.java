package io.saviorrec.trainer.bench;

import io.saviorrec.trainer.console.UserError;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.stream.Stream;

/// Where a benchmark keeps what it makes; nothing of it outlives the run.
///
/// @param folder of this run alone
record BenchFiles(Path folder) implements AutoCloseable {
  static BenchFiles create(Path work) {
    try {
      Files.createDirectories(work);
      return new BenchFiles(Files.createTempDirectory(work.toAbsolutePath(), "bench-"));
    } catch (IOException e) {
      throw new UserError(
          "--work %s: nothing can be written there; name another folder".formatted(work), e);
    }
  }

  /// Both models, with as many items as the reference has inside.
  Path repository() {
    return folder.resolve("models");
  }

  /// One model with many items, for the start.
  Path largeRepository() {
    return folder.resolve("large");
  }

  Path archive(String name) {
    return folder.resolve(name + ".pt");
  }

  /// A server's settings by the name of its precision.
  Path config(String precision) {
    return folder.resolve("server-" + precision + ".yaml");
  }

  Path log(String process) {
    return folder.resolve(process + ".log");
  }

  Path itemStore(String server) {
    return folder.resolve("items-" + server);
  }

  @Override
  public void close() {
    try (Stream<Path> entries = Files.walk(folder)) {
      for (Path entry : entries.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(entry);
      }
    } catch (IOException e) {
      throw new UserError("cannot delete " + folder + ": " + e.getMessage(), e);
    }
  }
}
