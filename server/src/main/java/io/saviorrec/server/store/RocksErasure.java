package io.saviorrec.server.store;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.rocksdb.ColumnFamilyHandle;
import org.rocksdb.CompactRangeOptions;
import org.rocksdb.CompactRangeOptions.BottommostLevelCompaction;
import org.rocksdb.FlushOptions;
import org.rocksdb.RocksDBException;
import org.rocksdb.RocksIterator;
import org.rocksdb.WriteBatch;
import org.rocksdb.WriteBatchInterface;
import org.rocksdb.WriteOptions;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Takes the bytes of deleted items out of the files of a [RocksDatabase].
///
/// RocksDB keeps what was deleted in its log and in older files until it happens to rewrite them.
/// So which items were deleted is noted with the deletion, and a while later the log is emptied and
/// the files that may hold them are rewritten. Notes outlive a crash; who opens the database goes
/// on.
///
/// Concurrency: one thread of its own. Rewriting may take long, and whoever is to replace the
/// database cuts it short.
final class RocksErasure implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(RocksErasure.class);
  private static final byte[] NOTE = StoreFormat.utf8("erase:");

  private static final long RETRY_MILLIS = 60_000;

  /// With more, all files are rewritten at once.
  private static final int MOST_RANGES = 64;

  private final Rewrite store;
  private final long delayMillis;
  private final ScheduledExecutorService thread =
      Executors.newSingleThreadScheduledExecutor(
          task -> Thread.ofPlatform().daemon().name("item-erasure").unstarted(task));

  /// Guarded by this, as what follows.
  private boolean planned;

  private boolean paused;

  /// What rewrites files now; null: nothing does.
  private @Nullable CompactRangeOptions rewriting;

  /// Work on the database that is open now.
  @FunctionalInterface
  interface Rewrite {
    /// Does the work, unless nothing can be written now.
    ///
    /// @return whether it was done
    boolean with(Work work) throws RocksDBException;
  }

  /// What [Rewrite] does.
  @FunctionalInterface
  interface Work {
    void on(RocksDatabase open) throws RocksDBException;
  }

  /// @param delayMillis from a deletion, so that many are dealt with at once
  RocksErasure(Rewrite store, long delayMillis) {
    this.store = store;
    this.delayMillis = delayMillis;
  }

  /// Notes in the batch of a deletion that the item's bytes are to go.
  static void note(RocksDatabase open, WriteBatchInterface batch, long itemId)
      throws RocksDBException {
    batch.put(open.about, StoreFormat.concat(NOTE, StoreFormat.itemKey(itemId)), new byte[0]);
  }

  /// Begins after a while, if there is anything to do then.
  void plan() {
    plan(delayMillis);
  }

  private synchronized void plan(long afterMillis) {
    if (!planned && !thread.isShutdown()) {
      planned = true;
      var _ = thread.schedule(this::run, afterMillis, TimeUnit.MILLISECONDS);
    }
  }

  /// Lets nobody wait for what runs: it is cut short, and nothing is begun until [#resume].
  synchronized void pause() {
    paused = true;
    if (rewriting != null) {
      rewriting.setCanceled(true);
    }
  }

  /// Goes on after a while.
  synchronized void resume() {
    paused = false;
    plan();
  }

  private synchronized void rewriting(@Nullable CompactRangeOptions with) {
    rewriting = with;
    if (with != null && paused) {
      with.setCanceled(true);
    }
  }

  private void run() {
    synchronized (this) {
      planned = false;
    }
    boolean done = false;
    String why = "";
    try {
      done = store.with(this::erase);
    } catch (RocksDBException | StoreException e) {
      why = String.valueOf(e.getMessage());
    }
    if (!done) {
      later(why);
    }
  }

  private synchronized void later(String why) {
    if (!paused) {
      if (!why.isEmpty()) {
        log.warn("deleted items are still in the item store's files: {}", why);
      }
      plan(RETRY_MILLIS);
    }
  }

  /// Takes out of the files what is noted.
  private void erase(RocksDatabase open) throws RocksDBException {
    List<byte[]> notes = notes(open);
    if (notes.isEmpty()) {
      return;
    }
    List<ColumnFamilyHandle> families =
        List.of(open.about, open.items, open.images, open.representations, open.changes);
    try (FlushOptions flush = new FlushOptions().setWaitForFlush(true);
        CompactRangeOptions compact =
            new CompactRangeOptions()
                .setBottommostLevelCompaction(BottommostLevelCompaction.kForceOptimized);
        WriteOptions unsynced = new WriteOptions();
        WriteBatch batch = new WriteBatch()) {
      // The log goes when no family needs it any more.
      open.db.flush(flush, families);
      rewrite(open, notes, compact);
      for (byte[] note : notes) {
        batch.delete(open.about, note);
      }
      open.db.write(unsynced, batch);
    }
    log.info("took {} deleted items out of the item store's files", notes.size());
  }

  private void rewrite(RocksDatabase open, List<byte[]> notes, CompactRangeOptions compact)
      throws RocksDBException {
    rewriting(compact);
    try {
      for (ColumnFamilyHandle family : List.of(open.items, open.images, open.representations)) {
        if (notes.size() > MOST_RANGES) {
          open.db.compactRange(family, null, null, compact);
        } else {
          for (byte[] note : notes) {
            byte[] from = itemKey(note);
            open.db.compactRange(family, from, StoreFormat.after(from), compact);
          }
        }
      }
    } finally {
      rewriting(null);
    }
  }

  private static byte[] itemKey(byte[] note) {
    return Arrays.copyOfRange(note, NOTE.length, note.length);
  }

  private static List<byte[]> notes(RocksDatabase open) throws RocksDBException {
    List<byte[]> notes = new ArrayList<>();
    try (RocksIterator iterator = open.db.newIterator(open.about)) {
      for (iterator.seek(NOTE);
          iterator.isValid() && StoreFormat.startsWith(iterator.key(), NOTE);
          iterator.next()) {
        notes.add(iterator.key());
      }
      iterator.status();
    }
    return notes;
  }

  /// What is left is done after the next start.
  @Override
  public void close() {
    pause();
    thread.shutdownNow();
    thread.close();
  }
}
