package io.saviorrec.server.store;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.rocksdb.RocksDBException;

@Timeout(60)
class RocksErasureTest {
  private static final long NEVER = Long.MAX_VALUE;

  @TempDir private Path directory;
  private final BlockingQueue<String> runs = new LinkedBlockingQueue<>();
  private @Nullable RocksErasure erasure;

  @Test
  void whoReplacesTheDatabaseCutsItShortAndItIsDoneLater() throws Exception {
    try (RocksItemStore store = RocksItemStore.open(directory, 0, InstantSource.system(), NEVER)) {
      store.change(List.of(ItemStoreContractTest.entry(7, 70, "a hat", new EncoderKey("e", "r"))));
      store.change(List.of(new ItemChange.Deletion(7)));
    }
    try (RocksDatabase database = RocksDatabase.open(directory);
        RocksErasure first = new RocksErasure(work -> pausedOnce(work, database), 0)) {
      erasure = first;
      first.plan();
      assertThat(runs.poll(20, TimeUnit.SECONDS)).isEqualTo("cut short");
      first.resume();
      assertThat(runs.poll(20, TimeUnit.SECONDS)).isEqualTo("done");
    }
  }

  private boolean pausedOnce(RocksErasure.Work work, RocksDatabase database)
      throws RocksDBException {
    RocksErasure paused = erasure;
    if (paused != null) {
      erasure = null;
      paused.pause();
    }
    try {
      work.on(database);
      return runs.add("done");
    } catch (RocksDBException e) {
      runs.add("cut short");
      throw e;
    }
  }
}
