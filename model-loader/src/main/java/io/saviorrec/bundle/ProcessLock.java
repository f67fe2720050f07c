package io.saviorrec.bundle;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// A lock between processes, held on a file that stays where it is.
///
/// The operating system gives it back when the process ends, however it ends. An exclusive holder
/// writes its process number into the file, for those who wait. A process may hold one of these
/// locks on a file at a time: closing any channel of a file gives back all of the process's locks
/// on it. [#ifFree] knows of those and leaves such files alone.
public final class ProcessLock implements AutoCloseable {
  private static final long POLL_MILLIS = 50;

  /// How many of this process hold or wait for the lock on a file.
  private static final Map<Path, Integer> ASKED = new ConcurrentHashMap<>();

  private final Path file;
  private final FileChannel channel;

  private ProcessLock(Path file, FileChannel channel) {
    this.file = file;
    this.channel = channel;
  }

  private static Path key(Path file) {
    return file.toAbsolutePath().normalize();
  }

  private static void ask(Path file) {
    ASKED.merge(key(file), 1, Integer::sum);
  }

  private static void forget(Path file) {
    ASKED.computeIfPresent(key(file), (_, count) -> count == 1 ? null : count - 1);
  }

  /// Waits until nobody else holds the lock in any way.
  ///
  /// @param waiting told once who has the lock, if anybody has it: "process 4711"
  public static ProcessLock exclusive(Path file, Consumer<String> waiting) {
    return acquire(file, false, waiting);
  }

  /// Waits until nobody holds the lock exclusively.
  ///
  /// @param waiting told once who has the lock, if anybody has it: "process 4711"
  public static ProcessLock shared(Path file, Consumer<String> waiting) {
    return acquire(file, true, waiting);
  }

  /// The exclusive lock on a file that is there, if nobody holds or waits for it.
  public static Optional<ProcessLock> ifFree(Path file) {
    if (ASKED.putIfAbsent(key(file), 1) != null) {
      return Optional.empty();
    }
    FileChannel channel = null;
    try {
      channel = FileChannel.open(file, StandardOpenOption.WRITE);
      if (tryLock(channel, false)) {
        return Optional.of(new ProcessLock(file, channel));
      }
      close(channel);
    } catch (NoSuchFileException _) {
      // Its holder has just removed it.
    } catch (IOException e) {
      close(channel);
      forget(file);
      throw new BundleException(file + " cannot be locked: " + e.getMessage(), e);
    }
    forget(file);
    return Optional.empty();
  }

  private static ProcessLock acquire(Path file, boolean shared, Consumer<String> waiting) {
    ask(file);
    FileChannel channel = null;
    try {
      channel =
          FileChannel.open(
              file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
      boolean told = false;
      while (!tryLock(channel, shared)) {
        if (!told) {
          waiting.accept(holder(channel));
          told = true;
        }
        TimeUnit.MILLISECONDS.sleep(POLL_MILLIS);
      }
      if (!shared) {
        writeHolder(channel);
      }
      return new ProcessLock(file, channel);
    } catch (IOException e) {
      close(channel);
      forget(file);
      throw new BundleException(file + " cannot be locked: " + e.getMessage(), e);
    } catch (InterruptedException e) {
      close(channel);
      forget(file);
      Thread.currentThread().interrupt();
      throw new BundleException("interrupted while waiting for " + file, e);
    }
  }

  private static boolean tryLock(FileChannel channel, boolean shared) throws IOException {
    try {
      FileLock lock = channel.tryLock(0, Long.MAX_VALUE, shared);
      return lock != null;
    } catch (OverlappingFileLockException e) {
      // Another thread of this process has it.
      return false;
    }
  }

  private static void writeHolder(FileChannel channel) throws IOException {
    byte[] pid = Long.toString(ProcessHandle.current().pid()).getBytes(StandardCharsets.US_ASCII);
    channel.truncate(0);
    channel.write(ByteBuffer.wrap(pid), 0);
  }

  private static String holder(FileChannel channel) throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate(20);
    channel.read(bytes, 0);
    String pid = new String(bytes.array(), 0, bytes.position(), StandardCharsets.US_ASCII);
    // Who only reads does not write its number, and the last writer may be gone.
    boolean alive = pid.matches("\\d{1,18}") && ProcessHandle.of(Long.parseLong(pid)).isPresent();
    return alive ? "process " + pid : "another process";
  }

  private static void close(@Nullable FileChannel channel) {
    if (channel != null) {
      try {
        channel.close();
      } catch (IOException e) {
        throw new BundleException("a lock cannot be given back: " + e.getMessage(), e);
      }
    }
  }

  /// Gives the lock back.
  @Override
  public void close() {
    close(channel);
    forget(file);
  }
}
