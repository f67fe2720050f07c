package io.saviorrec.bundle;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;

/// Notices that the files of a bundle are no longer those that were verified.
///
/// A look costs one `stat` a file. Only a file that looks different is hashed, once, so that a
/// touch or a copy of the same bytes is no fault.
public final class BundleWatch {

  /// How a file lies on disk: its size, its inode, and when it or its bytes last changed.
  private static final String ATTRIBUTES = "unix:size,ino,lastModifiedTime,ctime";

  private final Bundle bundle;
  private final Map<String, Map<String, Object>> verified = new HashMap<>();
  private final Map<String, Map<String, Object>> refused = new HashMap<>();

  /// A watch over a bundle as it lies on disk before it is verified.
  ///
  /// @param bundle whose files are verified after this
  BundleWatch(Bundle bundle) {
    this.bundle = bundle;
    for (String file : files()) {
      try {
        verified.put(file, look(file));
      } catch (IOException e) {
        // It is missing, which the verification will say.
        verified.put(file, Map.of());
      }
    }
  }

  private Iterable<String> files() {
    TreeSet<String> files = new TreeSet<>(bundle.manifest().files().keySet());
    files.add(Bundle.MANIFEST);
    return files;
  }

  /// What is wrong with the files now, in one line; empty when all are what they were.
  public synchronized Optional<String> problem() {
    for (String file : files()) {
      Optional<String> problem = problem(file);
      if (problem.isPresent()) {
        return problem;
      }
    }
    return Optional.empty();
  }

  /// Whether a file is not there any more, as when the version is being removed.
  public boolean removed() {
    for (String file : files()) {
      if (!Files.exists(bundle.path(file))) {
        return true;
      }
    }
    return false;
  }

  /// Whether a file lies on disk as it did before it was verified.
  synchronized boolean unchanged(String file) {
    try {
      return look(file).equals(verified.get(file));
    } catch (IOException e) {
      return false;
    }
  }

  private Optional<String> problem(String file) {
    Path path = bundle.path(file);
    try {
      Map<String, Object> now = look(file);
      if (now.equals(verified.get(file))) {
        return Optional.empty();
      }
      if (!now.equals(refused.get(file))) {
        if (FileHash.sha256(path).equals(bundle.sha256(file))) {
          verified.put(file, now);
          return Optional.empty();
        }
        refused.put(file, now);
      }
      return Optional.of(
          "%s was truncated or altered after it was opened; put the file back, or put another version beside it"
              .formatted(path));
    } catch (NoSuchFileException e) {
      return Optional.of("%s was removed after it was opened; put it back".formatted(path));
    } catch (IOException e) {
      return Optional.of("%s cannot be read any more: %s".formatted(path, e));
    }
  }

  private Map<String, Object> look(String file) throws IOException {
    return Files.readAttributes(bundle.path(file), ATTRIBUTES);
  }
}
