package io.saviorrec.trainer.train;

import io.saviorrec.bundle.ModelRepository;
import io.saviorrec.trainer.console.UserError;
import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;

/// The repository that a run will write to, looked at before the run has cost anything.
public final class RepositoryFolder {
  private RepositoryFolder() {}

  /// Refuses a repository that the run's model could not be written to in the end. Makes nothing.
  public static void require(Path repository, String model) {
    try {
      ModelRepository.versionDir(repository, model, 1);
    } catch (IllegalArgumentException e) {
      throw new UserError("--model: " + e.getMessage(), e);
    }
    Path folder = repository.toAbsolutePath().normalize();
    requireWritable(repository, folder.resolve(model));
    requireWritable(repository, folder.resolve(".stages"));
  }

  /// Tries the folder itself, or the one that it would be made in.
  private static void requireWritable(Path repository, Path folder) {
    Path there = folder;
    Path above = folder.getParent();
    while (!Files.exists(there) && above != null) {
      there = above;
      above = there.getParent();
    }
    if (!Files.isDirectory(there)) {
      throw new UserError(
          "%s cannot be the repository: %s is a file; name a folder for the models"
              .formatted(repository, there));
    }
    try {
      Files.delete(Files.createTempFile(there, ".savior", ""));
    } catch (IOException e) {
      String reason =
          e instanceof FileSystemException failure && failure.getReason() != null
              ? ": " + failure.getReason()
              : "";
      throw new UserError(
          "%s cannot be the repository: nothing can be written to %s%s; name another folder or allow it"
              .formatted(repository, there, reason),
          e);
    }
  }
}
