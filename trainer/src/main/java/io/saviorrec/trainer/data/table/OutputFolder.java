package io.saviorrec.trainer.data.table;

import io.saviorrec.trainer.console.DiskFault;
import io.saviorrec.trainer.console.UserError;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.UUID;
import java.util.stream.Stream;

/// A folder that appears whole or not at all: written under another name beside it, then renamed.
public final class OutputFolder implements AutoCloseable {
  private final Path target;
  private final Path staging;

  private OutputFolder(Path target, Path staging) {
    this.target = target;
    this.staging = staging;
  }

  /// Fills a new folder, which is there only if the filler comes to its end.
  ///
  /// @throws UserError if the target holds anything, or if the disk does not take what is written
  public static <T> T fill(Path out, Filler<T> filler) {
    try (OutputFolder folder = begin(out)) {
      T result = filler.fill(folder.staging);
      folder.finish();
      return result;
    } catch (IOException e) {
      throw DiskFault.writing(out, e);
    }
  }

  /// Writes everything that the folder is to hold.
  @FunctionalInterface
  public interface Filler<T> {
    T fill(Path folder) throws IOException;
  }

  private static OutputFolder begin(Path out) throws IOException {
    Path target = out.toAbsolutePath().normalize();
    requireEmpty(target, out);
    Path parent = target.getParent();
    if (parent == null) {
      throw new UserError(out + " cannot be a data set; name a folder for it");
    }
    Files.createDirectories(parent);
    // Not createTempDirectory, whose folders nobody else may read.
    Path staging = parent.resolve("." + target.getFileName() + "." + UUID.randomUUID());
    return new OutputFolder(target, Files.createDirectory(staging));
  }

  private static void requireEmpty(Path target, Path out) throws IOException {
    if (!Files.exists(target)) {
      return;
    }
    if (!Files.isDirectory(target)) {
      throw new UserError(out + " is a file; name a folder for the data set");
    }
    try (Stream<Path> entries = Files.list(target)) {
      if (entries.findAny().isPresent()) {
        throw new UserError(out + " is not empty; name a new folder or empty this one");
      }
    }
  }

  private void finish() throws IOException {
    Files.deleteIfExists(target);
    Files.move(staging, target);
  }

  /// Removes what was written if it was not finished.
  @Override
  public void close() throws IOException {
    if (!Files.exists(staging)) {
      return;
    }
    List<Path> deepestFirst;
    try (Stream<Path> tree = Files.walk(staging)) {
      deepestFirst = tree.sorted(Comparator.reverseOrder()).toList();
    }
    for (Path path : deepestFirst) {
      Files.delete(path);
    }
  }
}
