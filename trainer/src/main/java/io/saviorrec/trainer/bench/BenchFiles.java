package io.saviorrec.trainer.bench;

import io.saviorrec.trainer.console.UserError;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;

/// Where a benchmark keeps what it makes, which is deleted when this process ends, however it ends.
///
/// @param folder of this run alone
record BenchFiles(Path folder) {
  private static final String LOG = ".log";

  /// Longer than a server takes to stop.
  private static final long DELETE_ATTEMPTS = 300;

  private static final long PAUSE_NANOS = 100_000_000;

  static BenchFiles create(Path work) {
    try {
      Files.createDirectories(work);
      BenchFiles files = new BenchFiles(Files.createTempDirectory(work.toAbsolutePath(), "bench-"));
      Runtime.getRuntime().addShutdownHook(new Thread(files::deleteAtEnd, "delete-files"));
      return files;
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

  /// Deletes everything.
  void delete() {
    try {
      delete(false);
    } catch (IOException e) {
      throw new UserError("cannot delete " + folder + ": " + e.getMessage(), e);
    }
  }

  /// Deletes what is large, and keeps what can say why a run failed.
  void deleteAllButLogs() {
    try {
      delete(true);
    } catch (IOException _) {
      // The failure itself is what the user must hear of.
    }
  }

  private void delete(boolean keepLogs) throws IOException {
    if (!Files.exists(folder)) {
      return;
    }
    try (Stream<Path> entries = Files.walk(folder)) {
      for (Path entry : entries.sorted(Comparator.reverseOrder()).toList()) {
        boolean log = entry.toString().endsWith(LOG);
        boolean holdsLogs = entry.equals(folder) && !isEmpty(folder);
        if (!keepLogs || !(log || holdsLogs)) {
          Files.delete(entry);
        }
      }
    }
  }

  private static boolean isEmpty(Path folder) throws IOException {
    try (Stream<Path> entries = Files.list(folder)) {
      return entries.findAny().isEmpty();
    }
  }

  /// Processes that are being stopped meanwhile may still write.
  private void deleteAtEnd() {
    // Asked once: an attempt that ends half-way deletes the models too.
    boolean failed = Files.notExists(repository());
    for (int attempt = 0; attempt < DELETE_ATTEMPTS; attempt++) {
      try {
        delete(failed);
        return;
      } catch (IOException | UncheckedIOException _) {
        LockSupport.parkNanos(PAUSE_NANOS);
      }
    }
  }
}
