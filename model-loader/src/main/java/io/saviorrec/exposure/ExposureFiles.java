package io.saviorrec.exposure;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Predicate;
import java.util.stream.Stream;

/// The names of exposure files. Those that are whole sort by the time of their first row.
public final class ExposureFiles {
  private static final String PREFIX = "exposures-";
  private static final String SUFFIX = ".avro";
  private static final String UNFINISHED_PREFIX = ".";
  private static final String UNFINISHED_SUFFIX = ".part";

  private ExposureFiles() {}

  /// The name of a whole file.
  public static String name(String time) {
    return PREFIX + time + SUFFIX;
  }

  /// What a file is called while it is written.
  public static String unfinishedName(String name) {
    return UNFINISHED_PREFIX + name + UNFINISHED_SUFFIX;
  }

  /// The whole files of a folder, oldest first.
  public static List<Path> of(Path directory) throws IOException {
    return list(directory, name -> name.startsWith(PREFIX) && name.endsWith(SUFFIX));
  }

  /// Those that nobody has finished.
  public static List<Path> unfinished(Path directory) throws IOException {
    return list(
        directory,
        name -> name.startsWith(UNFINISHED_PREFIX + PREFIX) && name.endsWith(UNFINISHED_SUFFIX));
  }

  private static List<Path> list(Path directory, Predicate<String> names) throws IOException {
    try (Stream<Path> all = Files.list(directory)) {
      return all.filter(file -> names.test(String.valueOf(file.getFileName()))).sorted().toList();
    }
  }
}
