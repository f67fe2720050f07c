package io.saviorrec.trainer.train;

import io.saviorrec.bundle.Bundle;
import io.saviorrec.trainer.console.UserError;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/// What of a repository nobody needs any more: old versions of a model, and stages that were
/// finished long ago.
public final class OldVersions {
  private static final Pattern VERSION = Pattern.compile("[1-9][0-9]{0,17}");
  private static final String REMOVED = ".removed-";
  private static final String STAGES = ".stages";

  private final Path repository;
  private final String model;

  public OldVersions(Path repository, String model) {
    this.repository = repository;
    this.model = model;
  }

  /// The versions that may go: older than the newest `keep`, and not needed.
  ///
  /// @param keep 0: all stay
  /// @param needed whatever their age
  public List<Long> beside(int keep, Set<Long> needed) {
    if (keep == 0) {
      return List.of();
    }
    return versions().stream()
        .sorted(Comparator.reverseOrder())
        .skip(keep)
        .filter(version -> !needed.contains(version))
        .toList();
  }

  /// A folder without a manifest is no version yet.
  private List<Long> versions() {
    return names(repository.resolve(model)).stream()
        .filter(name -> VERSION.matcher(name).matches())
        .filter(
            name ->
                Files.isRegularFile(
                    repository.resolve(model).resolve(name).resolve(Bundle.MANIFEST)))
        .map(Long::valueOf)
        .toList();
  }

  /// Removes a version, as a whole from one moment to the next.
  public void remove(long version) {
    Path folder = repository.resolve(model);
    Path gone = folder.resolve(REMOVED + version);
    try {
      Files.move(folder.resolve(Long.toString(version)), gone);
    } catch (IOException e) {
      throw cannotRemove(folder.resolve(Long.toString(version)), e);
    }
    delete(gone);
  }

  /// Finishes removals that were cut off.
  public void clear() {
    for (String name : names(repository.resolve(model))) {
      if (name.startsWith(REMOVED)) {
        delete(repository.resolve(model).resolve(name));
      }
    }
  }

  /// Removes the stages that are older than this, and says which.
  public List<String> removeStagesOf(Instant before) {
    List<String> removed = new ArrayList<>();
    Path stages = repository.resolve(STAGES);
    for (String name : names(stages)) {
      Path stage = stages.resolve(name);
      try {
        if (Files.isDirectory(stage)
            && Files.getLastModifiedTime(stage).toInstant().isBefore(before)) {
          delete(stage);
          removed.add(name);
        }
      } catch (IOException e) {
        throw cannotRemove(stage, e);
      }
    }
    return removed;
  }

  private static List<String> names(Path folder) {
    if (!Files.isDirectory(folder)) {
      return List.of();
    }
    try (Stream<Path> entries = Files.list(folder)) {
      return entries.map(each -> String.valueOf(each.getFileName())).sorted().toList();
    } catch (IOException e) {
      throw new UserError(folder + " cannot be read; nothing is removed", e);
    }
  }

  private static void delete(Path folder) {
    try (Stream<Path> tree = Files.walk(folder)) {
      for (Path path : tree.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(path);
      }
    } catch (IOException e) {
      throw cannotRemove(folder, e);
    }
  }

  private static UserError cannotRemove(Path folder, IOException e) {
    return new UserError(folder + " cannot be removed; allow it to be written to", e);
  }
}
