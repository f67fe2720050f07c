package io.saviorrec.trainer.train;

import io.saviorrec.bundle.Bundle;
import io.saviorrec.trainer.torch.Compute;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.CodeSource;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Properties;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;

/// What a run is made with: versions of the code and of the libraries beneath it, and the texts of
/// the networks.
///
/// @param versions by name: `trainer` is a hash of this program's own classes and resources, so
///   that it changes with every change of the code, released or not
/// @param scripts SHA-256 of a TorchScript text by its file name
public record Toolchain(SortedMap<String, String> versions, UnaryOperator<String> scripts) {
  private static final String LIBRARIES = "versions.properties";
  private static final String SCRIPTS = "torchscript/";

  /// Of the running program.
  public static Toolchain current() {
    Properties libraries = new Properties();
    try (InputStream in = resource(LIBRARIES)) {
      libraries.load(in);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    SortedMap<String, String> versions = new TreeMap<>();
    libraries
        .stringPropertyNames()
        .forEach(name -> versions.put(name, libraries.getProperty(name)));
    versions.put("device", Compute.current().name().toLowerCase(Locale.ROOT));
    versions.put("java", Runtime.version().toString());
    versions.put("trainer", codeHash(List.of(home(Toolchain.class), home(Bundle.class))));
    return new Toolchain(Collections.unmodifiableSortedMap(versions), Toolchain::hashOfScript);
  }

  private static String hashOfScript(String name) {
    try (InputStream in = resource(SCRIPTS + name)) {
      return new Sha256().add(in.readAllBytes()).hex();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static InputStream resource(String name) {
    InputStream in = Toolchain.class.getClassLoader().getResourceAsStream(name);
    if (in == null) {
      throw new IllegalStateException("no " + name + " on the class path");
    }
    return in;
  }

  /// The folder or JAR that a class was loaded from.
  private static Path home(Class<?> type) {
    CodeSource source = type.getProtectionDomain().getCodeSource();
    if (source == null) {
      throw new IllegalStateException(type + " comes from nowhere");
    }
    try {
      return Path.of(source.getLocation().toURI());
    } catch (URISyntaxException e) {
      throw new IllegalStateException(source.getLocation() + " is not a path", e);
    }
  }

  /// One hash of all files in these folders and JARs by their names; packed or not, the same files
  /// give the same hash. What a build tool adds in `META-INF` does not count.
  static String codeHash(List<Path> homes) {
    SortedMap<String, byte[]> files = new TreeMap<>();
    for (Path home : homes) {
      try {
        if (Files.isDirectory(home)) {
          read(home, files);
        } else {
          try (FileSystem jar = FileSystems.newFileSystem(home)) {
            read(jar.getPath("/"), files);
          }
        }
      } catch (IOException e) {
        throw new UncheckedIOException(home + " cannot be read", e);
      }
    }
    Sha256 sha = new Sha256();
    for (Map.Entry<String, byte[]> file : files.entrySet()) {
      sha.add(file.getKey()).add(file.getValue());
    }
    return sha.hex();
  }

  private static void read(Path root, SortedMap<String, byte[]> files) throws IOException {
    try (Stream<Path> tree = Files.walk(root)) {
      for (Path file : tree.filter(Files::isRegularFile).toList()) {
        String name = root.relativize(file).toString();
        if (!name.startsWith("META-INF")) {
          files.put(name, Files.readAllBytes(file));
        }
      }
    }
  }
}
