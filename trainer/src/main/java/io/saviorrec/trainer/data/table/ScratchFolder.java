package io.saviorrec.trainer.data.table;

import io.saviorrec.trainer.console.DiskFault;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/// A folder for files that are of no use once its owner has ended, however it ends: what a killed
/// process left behind is removed by the next that makes such a folder beside it.
///
/// The owner holds a lock in it, which the operating system gives back with the process.
final class ScratchFolder implements AutoCloseable {
  private static final String PREFIX = "saviorrec-scratch-";
  private static final String UNLOCKED = ".saviorrec-scratch-";
  private static final String LOCK = "lock";

  private final Path folder;
  private final FileChannel lock;

  private ScratchFolder(Path folder, FileChannel lock) {
    this.folder = folder;
    this.lock = lock;
  }

  /// Makes a new folder in this one.
  static ScratchFolder in(Path parent) {
    try {
      String own = Long.toString(ProcessHandle.current().pid());
      removeAbandoned(parent, PREFIX + own + "-");
      Path unlocked = Files.createTempDirectory(parent, UNLOCKED + own + "-");
      FileChannel lock =
          FileChannel.open(
              unlocked.resolve(LOCK), StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
      lock.lock();
      Path folder = parent.resolve(unlocked.getFileName().toString().substring(1));
      return new ScratchFolder(Files.move(unlocked, folder, StandardCopyOption.ATOMIC_MOVE), lock);
    } catch (IOException e) {
      throw DiskFault.writing(parent, e);
    }
  }

  Path path() {
    return folder;
  }

  /// A lock of this process is not asked for: closing a second channel of its file would give it
  /// back.
  private static void removeAbandoned(Path parent, String own) throws IOException {
    List<Path> others;
    try (Stream<Path> entries = Files.list(parent)) {
      others =
          entries
              .filter(path -> path.getFileName().toString().startsWith(PREFIX))
              .filter(path -> !path.getFileName().toString().startsWith(own))
              .filter(Files::isWritable)
              .toList();
    }
    for (Path other : others) {
      if (isAbandoned(other.resolve(LOCK))) {
        remove(other);
      }
    }
  }

  /// Whether nobody holds the lock; without one the folder is just being removed.
  private static boolean isAbandoned(Path lock) {
    try (FileChannel channel = FileChannel.open(lock, StandardOpenOption.WRITE);
        FileLock held = channel.tryLock()) {
      return held != null;
    } catch (OverlappingFileLockException | IOException e) {
      return false;
    }
  }

  private static void remove(Path folder) {
    try (Stream<Path> tree = Files.walk(folder)) {
      for (Path path : tree.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(path);
      }
    } catch (IOException | UncheckedIOException e) {
      // Another process removes it too, or it is another user's; either way it is not needed here.
    }
  }

  @Override
  public void close() {
    try {
      lock.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } finally {
      remove(folder);
    }
  }
}
