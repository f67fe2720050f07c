package io.saviorrec.server.capture;

import io.saviorrec.proto.v1.CapturedRequest;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.temporal.ChronoUnit;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// The folder of captures: a ring of files, of which the oldest go first, for their owner only.
/// Owned by one thread.
final class CaptureFolder {
  private static final String SUFFIX = ".binpb";
  private static final String UNFINISHED = ".part";
  private static final FileAttribute<?> OWNER_FOLDER =
      PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"));
  private static final FileAttribute<?> OWNER_FILE =
      PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"));
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("yyyyMMdd'T'HHmmss.SSSSSS'Z'", Locale.ROOT)
          .withZone(ZoneOffset.UTC);

  private final Path directory;
  private final int keepFiles;
  private final long keepBytes;

  /// What the folder holds, oldest first; null until it was looked through.
  private @Nullable Deque<Kept> kept;

  private long bytes;

  private record Kept(Path file, long bytes) {}

  CaptureFolder(Path directory, int keepFiles, long keepBytes) {
    this.directory = directory;
    this.keepFiles = keepFiles;
    this.keepBytes = keepBytes;
  }

  /// Writes one file, whole or not at all, and makes room for it.
  void put(CapturedRequest captured) throws CaptureException {
    byte[] content = captured.toByteArray();
    Path file = directory.resolve(name(captured));
    try {
      Deque<Kept> ring = kept == null ? lookThrough() : kept;
      kept = ring;
      makeRoom(ring, content.length);
      Path part = directory.resolve(file.getFileName() + UNFINISHED);
      try {
        Files.deleteIfExists(part);
        Files.createFile(part, OWNER_FILE);
        Files.write(part, content);
        Files.move(part, file, StandardCopyOption.ATOMIC_MOVE);
      } catch (IOException e) {
        Files.deleteIfExists(part);
        throw e;
      }
      ring.addLast(new Kept(file, content.length));
      bytes += content.length;
    } catch (IOException e) {
      // Whoever removed the folder or changed it is not told of; it is looked through again.
      kept = null;
      throw new CaptureException(
          "cannot write to capture.directory " + directory + ": " + reason(e), e);
    }
  }

  private static String reason(IOException e) {
    return switch (e) {
      case FileAlreadyExistsException _ -> "it is a file and no folder";
      case AccessDeniedException _ -> "permission denied";
      case FileSystemException said when said.getReason() != null -> said.getReason();
      default -> String.valueOf(e.getMessage());
    };
  }

  /// By time, so that names sort as their requests arrived.
  private static String name(CapturedRequest captured) {
    return "%s-%dms-%s%s"
        .formatted(
            TIME.format(Instant.EPOCH.plus(captured.getArrivedUs(), ChronoUnit.MICROS)),
            captured.getTotalUs() / 1000,
            captured.getStatus(),
            SUFFIX);
  }

  private Deque<Kept> lookThrough() throws IOException {
    if (!Files.isDirectory(directory)) {
      Path parent = directory.toAbsolutePath().getParent();
      if (parent != null) {
        Files.createDirectories(parent);
      }
      Files.createDirectory(directory, OWNER_FOLDER);
    }
    List<Path> files;
    try (Stream<Path> all = Files.list(directory)) {
      files = all.sorted().toList();
    }
    Deque<Kept> found = new ArrayDeque<>();
    for (Path file : files) {
      String name = String.valueOf(file.getFileName());
      if (name.endsWith(SUFFIX + UNFINISHED)) {
        Files.deleteIfExists(file);
      } else if (name.endsWith(SUFFIX)) {
        found.addLast(new Kept(file, Files.size(file)));
      }
    }
    bytes = found.stream().mapToLong(Kept::bytes).sum();
    return found;
  }

  private void makeRoom(Deque<Kept> ring, long needed) throws IOException {
    if (needed > keepBytes) {
      throw new IOException(needed + " bytes are more than capture.keepBytes = " + keepBytes);
    }
    while (!ring.isEmpty() && (ring.size() >= keepFiles || bytes + needed > keepBytes)) {
      Kept oldest = ring.getFirst();
      Files.deleteIfExists(oldest.file());
      ring.removeFirst();
      bytes -= oldest.bytes();
    }
  }
}
