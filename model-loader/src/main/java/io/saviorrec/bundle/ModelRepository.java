package io.saviorrec.bundle;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/// The folder of models, `<repository>/<model>/<version>/`, and which versions are in it.
///
/// A version is a folder with a numeric name and a manifest: a manifest is written last, so a
/// folder without one is still being copied, or was never finished, and does not count.
public final class ModelRepository {

  private static final Pattern MODEL = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,99}");
  private static final Pattern VERSION = Pattern.compile("[1-9][0-9]{0,17}");

  private ModelRepository() {}

  /// The newest version's folder of each model, by model name; models without any are left out.
  ///
  /// @throws BundleException when the repository is not a folder
  public static List<Path> newest(Path repository) {
    List<Path> newest = new ArrayList<>();
    for (String model : models(repository)) {
      List<Long> versions = versions(repository, model);
      if (!versions.isEmpty()) {
        newest.add(versionDir(repository, model, versions.getLast()));
      }
    }
    return newest;
  }

  /// Folders of versions above a model's newest one that have no manifest, which [#newest] passes
  /// over, and why in one line each.
  ///
  /// @throws BundleException when the repository is not a folder
  public static List<String> unfinished(Path repository) {
    List<String> passedOver = new ArrayList<>();
    for (String model : models(repository)) {
      List<Long> finished = versions(repository, model);
      long newest = finished.isEmpty() ? 0 : finished.getLast();
      list(repository.resolve(model), VERSION)
          .map(Long::valueOf)
          .filter(version -> version > newest)
          .sorted()
          .map(version -> passedOver(versionDir(repository, model, version), newest))
          .forEach(passedOver::add);
    }
    return passedOver;
  }

  private static String passedOver(Path version, long newest) {
    return "%s has no %s, so it is not finished; %s"
        .formatted(
            version,
            Bundle.MANIFEST,
            newest == 0 ? "the model has no other version" : "version " + newest + " counts");
  }

  /// Names of the models' folders, sorted; a model may have no version yet.
  public static List<String> models(Path repository) {
    return list(repository, MODEL).sorted().toList();
  }

  /// The versions of a model, ascending.
  public static List<Long> versions(Path repository, String model) {
    checkModel(model);
    Path dir = repository.resolve(model);
    if (!Files.isDirectory(dir)) {
      return List.of();
    }
    return list(dir, VERSION)
        .filter(name -> Files.isRegularFile(dir.resolve(name).resolve(Bundle.MANIFEST)))
        .map(Long::valueOf)
        .sorted(Comparator.naturalOrder())
        .toList();
  }

  /// Whether a folder holds finished versions itself: then it is one model's, not a repository.
  public static boolean holdsVersions(Path folder) {
    return list(folder, VERSION)
        .anyMatch(name -> Files.isRegularFile(folder.resolve(name).resolve(Bundle.MANIFEST)));
  }

  /// The folder of a model's version, whether it is there or not.
  public static Path versionDir(Path repository, String model, long version) {
    checkModel(model);
    return repository.resolve(model).resolve(Long.toString(version));
  }

  /// Whether a folder of these names is looked for in a repository.
  static boolean hasPlaceFor(String model, long version) {
    return MODEL.matcher(model).matches() && VERSION.matcher(Long.toString(version)).matches();
  }

  static void checkModel(String model) {
    if (!MODEL.matcher(model).matches()) {
      throw new IllegalArgumentException(
          "'%s' is not a model's name, which has at most 100 letters, digits, '.', '_' and '-'"
              .formatted(model));
    }
  }

  /// One more than the largest version, complete or not, so that no number is ever given twice.
  static long nextVersion(Path modelDir) {
    return list(modelDir, VERSION).mapToLong(Long::parseLong).max().orElse(0) + 1;
  }

  private static Stream<String> list(Path dir, Pattern names) {
    if (!Files.isDirectory(dir)) {
      throw new BundleException(dir + " is not a folder; name the folder that holds the models");
    }
    try (Stream<Path> entries = Files.list(dir)) {
      return entries
          .filter(Files::isDirectory)
          .map(entry -> entry.getFileName().toString())
          .filter(name -> names.matcher(name).matches())
          .toList()
          .stream();
    } catch (IOException e) {
      throw new BundleException(dir + " cannot be read: " + e.getMessage(), e);
    }
  }
}
