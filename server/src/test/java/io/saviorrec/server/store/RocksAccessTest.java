package io.saviorrec.server.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.rocksdb.RocksDBException;

@Timeout(60)
class RocksAccessTest {
  private static final long NEVER = Long.MAX_VALUE;

  @TempDir private Path directory;
  private final CountDownLatch begun = new CountDownLatch(1);
  private final CountDownLatch goOn = new CountDownLatch(1);
  private final BlockingQueue<String> erasures = new LinkedBlockingQueue<>();

  @Test
  void openingAgainAfterAFailedWriteCutsAnErasureShort() throws Exception {
    try (RocksItemStore store = RocksItemStore.open(directory, 0, InstantSource.system(), NEVER)) {
      store.change(List.of(ItemStoreContractTest.entry(7, 70, "a hat", new EncoderKey("e", "r"))));
      store.change(List.of(new ItemChange.Deletion(7)));
    }
    AtomicInteger opened = new AtomicInteger();
    try (RocksAccess access =
        new RocksAccess(
            directory,
            _ -> opened.incrementAndGet(),
            store -> new RocksErasure(work -> store.with(open -> erase(work, open)), 0))) {
      begun.await();
      assertThatThrownBy(() -> access.write(_ -> fail())).isInstanceOf(StoreException.class);
      assertThat(access.needsReopening(0, 0)).isTrue();
      Thread reopening = Thread.ofPlatform().start(access::reopen);
      // The erasure holds the database.
      while (reopening.getState() != Thread.State.WAITING) {
        Thread.onSpinWait();
      }
      goOn.countDown();
      assertThat(erasures.poll(20, TimeUnit.SECONDS)).isEqualTo("cut short");
      reopening.join();

      assertThat(opened).hasValue(2);
      assertThat(access.needsReopening(0, 0)).isFalse();
      assertThat(erasures.poll(20, TimeUnit.SECONDS)).isEqualTo("done");
    }
  }

  private static void fail() throws RocksDBException {
    throw new RocksDBException("the disk takes nothing");
  }

  private void erase(RocksErasure.Work work, RocksDatabase open) throws RocksDBException {
    begun.countDown();
    try {
      goOn.await();
      work.on(open);
      erasures.add("done");
    } catch (RocksDBException e) {
      erasures.add("cut short");
      throw e;
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }
}
