package io.saviorrec.server.store;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.rocksdb.RocksDBException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The database of a folder as it can be used at the moment: for everything, for reading alone, or
/// not at all.
///
/// A write that fails, on a full disk for one, makes RocksDB refuse all later ones. So the database
/// is closed and opened again before the next write, once there is room, and only for reading when
/// that fails; so reads go on. What was deleted is taken out of the files meanwhile, beside the
/// rest ([RocksErasure]), and gives way to the opening.
///
/// Concurrency: any thread uses it; one at a time opens it again.
final class RocksAccess implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(RocksAccess.class);

  /// Opening writes some files of its own before it takes anything.
  static final long REOPEN_BYTES = 4L << 20;

  private static final long REOPEN_INTERVAL_NANOS = 1_000_000_000L;
  private static final long LOG_INTERVAL_NANOS = 60_000_000_000L;

  private final Path directory;
  private final Action opened;
  private final RocksErasure erasure;

  /// Held for reading by whoever uses the database, for writing by whoever replaces it.
  private final ReadWriteLock lock = new ReentrantReadWriteLock();

  /// Null when it was closed, or could not be opened again. Guarded by the lock.
  private @Nullable RocksDatabase database;

  /// A write failed, and RocksDB takes no more until it is opened again.
  private volatile boolean broken;

  /// Of whoever opens it again; zero: never.
  private long reopenedNanos;

  private final AtomicLong loggedNanos = new AtomicLong();

  /// Work on the database that is open.
  @FunctionalInterface
  interface Access<T> {
    T on(RocksDatabase open) throws RocksDBException;
  }

  /// The same without a result.
  @FunctionalInterface
  interface Action {
    void on(RocksDatabase open) throws RocksDBException;
  }

  /// What fills a batch.
  @FunctionalInterface
  interface Changes {
    void addTo(RocksBatch batch) throws RocksDBException;
  }

  /// The database of a folder that is there, opened.
  ///
  /// @param opened is done whenever it was opened for everything, before anybody else uses it
  /// @param erasure makes what takes deleted items out of the files
  RocksAccess(Path directory, Action opened, Function<RocksErasure.Rewrite, RocksErasure> erasure)
      throws RocksDBException {
    this.directory = directory;
    this.opened = opened;
    this.erasure = erasure.apply(this::rewrite);
    try {
      open();
    } catch (RocksDBException e) {
      if (!StoreFaults.isFull(e)) {
        throw e;
      }
      // Scoring needs no more than reading; upserts are refused until there is room.
      openForReading();
      if (database == null) {
        throw e;
      }
      broken = true;
      log.error("the item store in {} is read-only: its disk is full; make room", directory);
    }
    // What a crash may have left undone.
    this.erasure.plan();
  }

  private void open() throws RocksDBException {
    RocksDatabase open = RocksDatabase.open(directory);
    try {
      opened.on(open);
      database = open;
    } finally {
      if (database == null) {
        open.close();
      }
    }
  }

  /// Reading writes nothing, so scoring goes on whatever the disk refuses.
  private void openForReading() {
    try {
      database = RocksDatabase.openReadOnly(directory);
    } catch (RocksDBException e) {
      log.error("cannot open the item store in {} for reading either", directory, e);
    }
  }

  private void closeDatabase() {
    RocksDatabase open = database;
    database = null;
    if (open != null) {
      open.close();
    }
  }

  <T> T read(Access<T> access) {
    return with("read", access);
  }

  /// Writes changes together or not at all, durably.
  void write(Changes changes) {
    var _ =
        with(
            "write",
            open -> {
              try (RocksBatch batch = new RocksBatch(open)) {
                changes.addTo(batch);
                batch.write();
                return open;
              } catch (RocksDBException e) {
                broken = true;
                throw e;
              }
            });
  }

  private <T> T with(String what, Access<T> access) {
    lock.readLock().lock();
    try {
      RocksDatabase open = database;
      if (open == null) {
        throw new StoreException("cannot " + what + " the item store: its disk gives errors");
      }
      return access.on(open);
    } catch (RocksDBException e) {
      throw failed(what, e);
    } finally {
      lock.readLock().unlock();
    }
  }

  /// The path is for the log alone, and once a minute at most.
  private StoreException failed(String what, RocksDBException e) {
    logPath("cannot " + what + " the item store", String.valueOf(e.getMessage()));
    return StoreFaults.isFull(e)
        ? StoreException.full(e)
        : new StoreException(StoreFaults.whatFailed(e, "cannot " + what + " the item store"), e);
  }

  private void logPath(String what, String why) {
    long now = System.nanoTime();
    long last = loggedNanos.get();
    if ((last == 0 || now - last > LOG_INTERVAL_NANOS) && loggedNanos.compareAndSet(last, now)) {
      log.error("{} in {}: {}", what, directory, why);
    }
  }

  /// Lets the erasure work, while nobody replaces the database.
  private boolean rewrite(RocksErasure.Work work) throws RocksDBException {
    lock.readLock().lock();
    try {
      RocksDatabase open = database;
      if (open == null || broken || freeBytes() < REOPEN_BYTES) {
        return false;
      }
      work.on(open);
      return true;
    } finally {
      lock.readLock().unlock();
    }
  }

  /// Items were deleted, and their bytes are to go.
  void planErasure() {
    erasure.plan();
  }

  /// Room on its disk.
  long freeBytes() {
    try {
      return Files.getFileStore(directory).getUsableSpace();
    } catch (IOException e) {
      // Writing will tell.
      return Long.MAX_VALUE;
    }
  }

  /// Whether it is to be opened again before anything is written, for which there is room too.
  ///
  /// @param leastBytes room that is needed
  /// @param minFreeBytes room that is configured
  /// @throws StoreException when there is less
  boolean needsReopening(long leastBytes, long minFreeBytes) {
    long free = freeBytes();
    if (free < leastBytes) {
      logPath(
          "nothing more is put into the item store",
          "its disk has %d bytes free, fewer than items.minFreeBytes = %d"
              .formatted(free, minFreeBytes));
      throw StoreException.full(null);
    }
    if (broken && free < REOPEN_BYTES) {
      throw StoreException.full(null);
    }
    return broken;
  }

  /// After a failed write RocksDB refuses all others. What was acknowledged is in its log, which is
  /// read again; of what was not, nothing is.
  void reopen() {
    long now = System.nanoTime();
    if (!broken) {
      return;
    }
    if (reopenedNanos != 0 && now - reopenedNanos < REOPEN_INTERVAL_NANOS) {
      throw new StoreException("cannot write the item store; it is opened again in a second");
    }
    reopenedNanos = now;
    // Nothing is read while this waits for those that hold the database.
    erasure.pause();
    lock.writeLock().lock();
    try {
      closeDatabase();
      open();
      broken = false;
    } catch (RocksDBException e) {
      openForReading();
      throw failed("write", e);
    } finally {
      lock.writeLock().unlock();
      erasure.resume();
    }
    log.info("opened the item store in {} again after a failed write", directory);
  }

  /// What it takes outside of the Java heap.
  ItemStore.Memory memory() {
    lock.readLock().lock();
    try {
      RocksDatabase open = database;
      return open == null ? ItemStore.Memory.NONE : open.memory();
    } catch (RocksDBException _) {
      // The reads and writes that fail say so.
      return ItemStore.Memory.NONE;
    } finally {
      lock.readLock().unlock();
    }
  }

  @Override
  public void close() {
    erasure.close();
    lock.writeLock().lock();
    try {
      closeDatabase();
    } finally {
      lock.writeLock().unlock();
    }
  }
}
