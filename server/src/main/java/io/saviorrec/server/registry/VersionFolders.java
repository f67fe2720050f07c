package io.saviorrec.server.registry;

import io.saviorrec.bundle.ModelRepository;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.NavigableSet;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The versions that lie in the repository, and what is known against them.
///
/// A version whose files are not what its manifest says may be one that is being copied: it is
/// doubtful, and refused only when its files were the same at two looks. A refused version is not
/// touched again before its files have changed or somebody asks for it.
///
/// Concurrency: one thread looks and judges; what was refused can be asked for on any.
final class VersionFolders {
  private static final Logger log = LoggerFactory.getLogger(VersionFolders.class);

  /// How a file lies on disk.
  private static final String ATTRIBUTES = "unix:size,ino,lastModifiedTime,ctime";

  private static final int LONGEST_REASON = 500;

  /// What is known against a version as long as its files stay as they are.
  private record Objection(Map<String, Object> files, String reason, boolean refused) {}

  private final Path repository;
  private final SortedMap<String, NavigableSet<Long>> present = new TreeMap<>();
  private final SortedMap<VersionId, Objection> objections = new TreeMap<>();

  /// Not tried any more at this look.
  private final NavigableSet<VersionId> doubtful = new TreeSet<>();

  private volatile List<RefusedVersion> refused = List.of();
  private volatile List<RefusedVersion> waiting = List.of();

  VersionFolders(Path repository) {
    this.repository = repository;
  }

  /// Reads anew which versions there are. Those whose files changed since something was said
  /// against them are tried again.
  ///
  /// @throws io.saviorrec.bundle.BundleException when the repository cannot be read
  void look() {
    SortedMap<String, NavigableSet<Long>> now = new TreeMap<>();
    for (String model : ModelRepository.models(repository)) {
      List<Long> versions = ModelRepository.versions(repository, model);
      if (!versions.isEmpty()) {
        now.put(model, new TreeSet<>(versions));
      }
    }
    present.clear();
    present.putAll(now);
    doubtful.clear();
    objections
        .entrySet()
        .removeIf(
            each -> !there(each.getKey()) || !each.getValue().files().equals(files(each.getKey())));
    publish();
  }

  /// Tries at the next look what is refused too.
  void forgive() {
    objections.values().removeIf(Objection::refused);
  }

  /// A version that cannot be opened now for a reason that is not its own: nothing is known against
  /// it, and the next look tries it again.
  void passOver(VersionId id) {
    doubtful.add(id);
  }

  private boolean there(VersionId id) {
    NavigableSet<Long> versions = present.get(id.model());
    return versions != null && versions.contains(id.version());
  }

  /// The versions of each model that are there and not known to be bad; a model without any is not
  /// among them.
  SortedMap<String, NavigableSet<Long>> usable() {
    SortedMap<String, NavigableSet<Long>> usable = new TreeMap<>();
    present.forEach(
        (model, versions) -> {
          NavigableSet<Long> good = new TreeSet<>(versions);
          good.removeIf(
              version -> {
                VersionId id = new VersionId(model, version);
                Objection objection = objections.get(id);
                return doubtful.contains(id) || (objection != null && objection.refused());
              });
          if (!good.isEmpty()) {
            usable.put(model, good);
          }
        });
    return usable;
  }

  /// The models of which there is any version, good or not.
  NavigableSet<String> models() {
    return new TreeSet<>(present.keySet());
  }

  Path folder(VersionId id) {
    return ModelRepository.versionDir(repository, id.model(), id.version());
  }

  /// The files as they lie there now, to be handed to [#doubt] or [#refuse].
  Map<String, Object> files(VersionId id) {
    Map<String, Object> files = new TreeMap<>();
    try (Stream<Path> listed = Files.list(folder(id))) {
      for (Path file : listed.toList()) {
        files.put(file.getFileName().toString(), Files.readAttributes(file, ATTRIBUTES));
      }
    } catch (IOException e) {
      // It is being changed, so it is not what it was.
      files.put("", e.toString());
    }
    return files;
  }

  /// A version whose files are not, or not yet, what its manifest says.
  ///
  /// @param files as they were before they were read
  /// @return whether it is refused by now
  boolean doubt(VersionId id, Map<String, Object> files, String reason) {
    Objection before = objections.get(id);
    if (before != null && before.files().equals(files)) {
      refuse(id, files, reason);
      return true;
    }
    objections.put(id, new Objection(files, line(reason), false));
    doubtful.add(id);
    publish();
    return false;
  }

  /// A version that is complete and no good.
  ///
  /// @param files as they were before they were read
  void refuse(VersionId id, Map<String, Object> files, String reason) {
    objections.put(id, new Objection(files, line(reason), true));
    log.error("{} is refused and not served: {}", id, line(reason));
    publish();
  }

  private void publish() {
    refused = list(true);
    waiting = list(false);
  }

  private List<RefusedVersion> list(boolean wanted) {
    List<RefusedVersion> list = new ArrayList<>();
    objections.forEach(
        (id, objection) -> {
          if (objection.refused() == wanted) {
            list.add(new RefusedVersion(id.model(), id.version(), objection.reason()));
          }
        });
    return List.copyOf(list);
  }

  /// The refused versions, until their files change or they are forgiven.
  List<RefusedVersion> refused() {
    return refused;
  }

  /// Versions that are not complete, or were not at the last look.
  List<RefusedVersion> waiting() {
    return waiting;
  }

  private static String line(String reason) {
    String line = reason.replaceAll("\\s+", " ").strip();
    return line.length() <= LONGEST_REASON ? line : line.substring(0, LONGEST_REASON) + "…";
  }
}
