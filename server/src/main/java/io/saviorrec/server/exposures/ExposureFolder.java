package io.saviorrec.server.exposures;

import io.saviorrec.exposure.Exposure;
import io.saviorrec.exposure.ExposureFiles;
import io.saviorrec.exposure.ExposureWriter;
import io.saviorrec.server.config.ExposuresConfig;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Locale;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The files of the exposure log: one that is written, under a hidden name, and those that are
/// whole, the oldest of which go when there are too many.
///
/// Owned by one thread once it is open, and by one server: a lock keeps others out.
final class ExposureFolder implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(ExposureFolder.class);
  private static final String LOCK = ".lock";
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("yyyyMMdd'T'HHmmss.SSS'Z'", Locale.ROOT).withZone(ZoneOffset.UTC);

  private final Path directory;
  private final ExposuresConfig config;
  private final InstantSource clock;
  private final LongSupplier nanoTime;
  private final FileChannel lock;
  private final Deque<Kept> kept = new ArrayDeque<>();
  private long keptBytes;
  private int sequence;
  private @Nullable ExposureWriter writer;
  private String name = "";
  private long openedNanos;
  private long rows;
  private long finishedRows;
  private long lostRows;

  private record Kept(Path file, long bytes) {}

  private ExposureFolder(
      Path directory,
      ExposuresConfig config,
      InstantSource clock,
      LongSupplier nanoTime,
      FileChannel lock) {
    this.directory = directory;
    this.config = config;
    this.clock = clock;
    this.nanoTime = nanoTime;
    this.lock = lock;
  }

  /// Opens a folder, which is made where there is none.
  ///
  /// @throws IOException saying why it cannot be used
  static ExposureFolder open(
      Path directory, ExposuresConfig config, InstantSource clock, LongSupplier nanoTime)
      throws IOException {
    FileChannel lock;
    try {
      Files.createDirectories(directory);
      lock =
          FileChannel.open(
              directory.resolve(LOCK), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    } catch (IOException e) {
      throw new IOException("cannot write to " + directory + ": " + reason(e), e);
    }
    try {
      requireAlone(lock, directory);
      ExposureFolder folder = new ExposureFolder(directory, config, clock, nanoTime, lock);
      folder.lookThrough();
      return folder;
    } catch (IOException | RuntimeException e) {
      lock.close();
      throw e;
    }
  }

  private static void requireAlone(FileChannel lock, Path directory) throws IOException {
    FileLock held;
    try {
      held = lock.tryLock();
    } catch (OverlappingFileLockException _) {
      held = null;
    }
    if (held == null) {
      throw new IOException(directory + " is another server's; give each a folder of its own");
    }
  }

  /// What a killed server had not finished is removed: it was never part of the log.
  private void lookThrough() throws IOException {
    int removed = 0;
    for (Path part : ExposureFiles.unfinished(directory)) {
      Files.deleteIfExists(part);
      removed++;
    }
    if (removed > 0) {
      log.warn("{}: {} unfinished exposure files of a killed server removed", directory, removed);
    }
    for (Path file : ExposureFiles.of(directory)) {
      keep(file);
    }
    makeRoom();
  }

  private void keep(Path file) throws IOException {
    long size = Files.size(file);
    kept.addLast(new Kept(file, size));
    keptBytes += size;
  }

  private void makeRoom() throws IOException {
    while (!kept.isEmpty()
        && (kept.size() > config.keepFiles() || keptBytes > config.keepBytes())) {
      Kept oldest = kept.removeFirst();
      keptBytes -= oldest.bytes();
      Files.deleteIfExists(oldest.file());
    }
  }

  /// Appends a row to the file, and finishes that when it is large or old.
  void put(Exposure exposure) throws IOException {
    rows++;
    ExposureWriter open;
    try {
      open = writer == null ? begin() : writer;
      open.write(exposure);
    } catch (IOException | RuntimeException e) {
      abandon();
      throw e;
    }
    if (open.bytes() >= config.rotateBytes()) {
      finish();
    } else {
      rotateWhenOld();
    }
  }

  private ExposureWriter begin() throws IOException {
    name =
        ExposureFiles.name(
            TIME.format(clock.instant()) + "-" + "%04d".formatted(sequence++ % 10_000));
    Files.createDirectories(directory);
    ExposureWriter open = ExposureWriter.create(part());
    writer = open;
    openedNanos = nanoTime.getAsLong();
    return open;
  }

  private Path part() {
    return directory.resolve(ExposureFiles.unfinishedName(name));
  }

  void rotateWhenOld() throws IOException {
    if (writer != null && nanoTime.getAsLong() - openedNanos >= config.rotateInterval().toNanos()) {
      finish();
    }
  }

  /// Puts the file that is written in its place, whole.
  void finish() throws IOException {
    ExposureWriter open = writer;
    if (open == null) {
      return;
    }
    writer = null;
    Path file = directory.resolve(name);
    try {
      open.close();
      Files.move(part(), file, StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException | RuntimeException e) {
      abandon();
      throw e;
    }
    finishedRows += rows;
    rows = 0;
    keep(file);
    makeRoom();
  }

  /// What is in a file that cannot be written on is lost.
  private void abandon() throws IOException {
    lostRows += rows;
    rows = 0;
    ExposureWriter open = writer;
    writer = null;
    if (open != null) {
      open.abandon();
    }
    Files.deleteIfExists(part());
  }

  /// Rows that have got into whole files since this was asked last.
  long takeFinished() {
    long taken = finishedRows;
    finishedRows = 0;
    return taken;
  }

  /// Rows that were lost since this was asked last.
  long takeLost() {
    long taken = lostRows;
    lostRows = 0;
    return taken;
  }

  static String reason(Exception e) {
    return switch (e) {
      case FileAlreadyExistsException said -> said.getFile() + " is a file and no folder";
      case AccessDeniedException said -> said.getFile() + ": permission denied";
      case FileSystemException said when said.getReason() != null ->
          said.getFile() + ": " + said.getReason();
      default -> String.valueOf(e.getMessage());
    };
  }

  @Override
  public void close() {
    try {
      lock.close();
    } catch (IOException e) {
      log.debug("cannot let go of {}", directory, e);
    }
  }
}
