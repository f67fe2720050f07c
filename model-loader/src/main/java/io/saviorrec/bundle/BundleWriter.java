package io.saviorrec.bundle;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.UUID;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// Writes a new version of a model, which appears in the repository whole or not at all.
///
/// The files are written to a hidden folder beside the versions; [#finish] hashes them, writes the
/// manifest last and renames the folder. A writer that was killed leaves its folder, and the next
/// one of the model removes it: as long as a writer lives it holds the lock beside its folder. Used
/// by one thread.
public final class BundleWriter implements AutoCloseable {

  private static final String STAGING_PREFIX = ".staging-";
  private static final String LOCK = ".lock";

  private final Path modelDir;
  private final String model;
  private final Path staging;
  private final ProcessLock alive;
  private long version;
  private boolean finished;

  private BundleWriter(Path modelDir, String model, Path staging, ProcessLock alive, long version) {
    this.modelDir = modelDir;
    this.model = model;
    this.staging = staging;
    this.alive = alive;
    this.version = version;
  }

  /// Starts the next version of a model, creating the repository and the model where needed.
  public static BundleWriter begin(Path repository, String model) {
    ModelRepository.checkModel(model);
    Path modelDir = repository.toAbsolutePath().normalize().resolve(model);
    try {
      Files.createDirectories(modelDir);
      removeAbandoned(modelDir);
      // Not createTempDirectory, whose folders nobody else may read: a server often has a user of
      // its own.
      Path staging = modelDir.resolve(STAGING_PREFIX + UUID.randomUUID());
      ProcessLock alive = ProcessLock.exclusive(lockOf(staging), _ -> {});
      try {
        if (!Files.exists(lockOf(staging))) {
          // Another writer took the file for an abandoned one before it was locked.
          alive.close();
          return begin(repository, model);
        }
        Files.createDirectory(staging);
        long version = ModelRepository.nextVersion(modelDir);
        return new BundleWriter(modelDir, model, staging, alive, version);
      } catch (IOException | BundleException e) {
        alive.close();
        throw e;
      }
    } catch (IOException e) {
      throw new BundleException("%s cannot be written: %s".formatted(modelDir, e), e);
    }
  }

  private static Path lockOf(Path staging) {
    return staging.resolveSibling(staging.getFileName() + LOCK);
  }

  /// Removes what killed writers have left, as far as this user may.
  private static void removeAbandoned(Path modelDir) throws IOException {
    List<Path> locks;
    try (Stream<Path> files = Files.list(modelDir)) {
      locks =
          files
              .filter(
                  file -> {
                    String name = String.valueOf(file.getFileName());
                    return name.startsWith(STAGING_PREFIX) && name.endsWith(LOCK);
                  })
              .toList();
    }
    for (Path lock : locks) {
      try {
        removeAbandoned(modelDir, lock);
      } catch (IOException | BundleException _) {
        // It is another user's, or holds what is not ours. It only takes room.
      }
    }
  }

  private static void removeAbandoned(Path modelDir, Path lock) throws IOException {
    String name = String.valueOf(lock.getFileName());
    Optional<ProcessLock> abandoned = ProcessLock.ifFree(lock);
    if (abandoned.isPresent()) {
      try (ProcessLock _ = abandoned.get()) {
        remove(modelDir.resolve(name.substring(0, name.length() - LOCK.length())));
        Files.deleteIfExists(lock);
      }
    }
  }

  private static void remove(Path staging) throws IOException {
    if (!Files.isDirectory(staging)) {
      return;
    }
    try (Stream<Path> files = Files.list(staging)) {
      for (Path file : files.toList()) {
        Files.delete(file);
      }
    }
    Files.delete(staging);
  }

  /// Where to write one of the bundle's files.
  public Path path(String file) {
    return staging.resolve(file);
  }

  /// The version that is being written. [#finish] takes a later one if another writer was faster.
  public long version() {
    return version;
  }

  /// Completes the bundle.
  ///
  /// @param draft everything but format version, model, version and files, which are filled in
  /// @throws BundleException when one of the bundle's files was not written
  public Bundle finish(Manifest draft) {
    return finish(draft, null);
  }

  /// Completes the bundle and signs it, so that it is never there without its signature.
  ///
  /// @param draft everything but format version, model, version and files, which are filled in
  /// @param key null: it is not signed
  /// @throws BundleException when one of the bundle's files was not written
  public Bundle finish(Manifest draft, @Nullable SigningKey key) {
    if (finished) {
      throw new IllegalStateException("The bundle %s/%d is finished".formatted(model, version));
    }
    SortedMap<String, String> hashes = new TreeMap<>();
    try {
      for (String file : Bundle.FILES) {
        if (!Files.isRegularFile(path(file))) {
          throw new BundleException(
              "%s/%d: %s was not written before the manifest".formatted(model, version, file));
        }
      }
      try (Stream<Path> files = Files.list(staging)) {
        for (Path file : files.toList()) {
          force(file);
          hashes.put(file.getFileName().toString(), FileHash.sha256(file));
        }
      }
      hashes.remove(Bundle.MANIFEST);
      Path dir = publish(draft, hashes, key);
      finished = true;
      return Bundle.open(dir);
    } catch (IOException e) {
      throw new BundleException("%s/%d cannot be written: %s".formatted(model, version, e), e);
    }
  }

  /// Removes what was written unless the bundle was finished.
  @Override
  public void close() {
    try (ProcessLock _ = alive) {
      // Once finished, it has another name.
      remove(staging);
      Files.deleteIfExists(lockOf(staging));
    } catch (IOException e) {
      throw new UncheckedIOException("The unfinished bundle " + staging + " cannot be removed", e);
    }
  }

  /// Nobody else gives out a version meanwhile. The lock's file stays, hidden, in the model's
  /// folder.
  private Path publish(Manifest draft, SortedMap<String, String> hashes, @Nullable SigningKey key)
      throws IOException {
    try (ProcessLock _ = ProcessLock.exclusive(modelDir.resolve(LOCK), _ -> {})) {
      version = ModelRepository.nextVersion(modelDir);
      String manifest = draft.with(model, version, hashes).toJson();
      if (key != null) {
        BundleSignature signature = key.sign(manifest.getBytes(StandardCharsets.UTF_8));
        writeForced(path(Bundle.SIGNATURE), BundleSignature.text(List.of(signature)));
      }
      writeForced(path(Bundle.MANIFEST), manifest);
      Path dir = modelDir.resolve(Long.toString(version));
      Files.move(staging, dir, StandardCopyOption.ATOMIC_MOVE);
      return dir;
    }
  }

  private static void writeForced(Path file, String text) throws IOException {
    try (FileChannel channel =
        FileChannel.open(
            file,
            StandardOpenOption.CREATE,
            StandardOpenOption.TRUNCATE_EXISTING,
            StandardOpenOption.WRITE)) {
      ByteBuffer bytes = ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
      while (bytes.hasRemaining()) {
        channel.write(bytes);
      }
      channel.force(true);
    }
  }

  private static void force(Path file) throws IOException {
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
      channel.force(true);
    }
  }
}
