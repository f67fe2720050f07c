package io.saviorrec.trainer.data.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.saviorrec.bundle.Safetensors;
import io.saviorrec.bundle.TensorSource;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class ShardReaderTest {
  @TempDir private Path folder;

  private final List<Integer> reads = new ArrayList<>();
  private final CountDownLatch second = new CountDownLatch(1);
  private ClickSequence clicks;

  @BeforeEach
  void writeClicks() {
    Path file = folder.resolve("clicks.safetensors");
    Safetensors.write(file, Map.of(ClickSequence.TENSOR, TensorSource.of(new int[] {7}, 1)));
    clicks = ClickSequence.open(file);
  }

  /// Three shards with one page view each, of the user with the shard's number.
  private final class Shards implements TrainingInput {
    @Override
    public int shards() {
      return 3;
    }

    @Override
    public long impressions() {
      return 3;
    }

    @Override
    public synchronized ImpressionLog shard(int number) {
      reads.add(number);
      if (number == 1) {
        second.countDown();
      }
      if (number == 2) {
        throw new IllegalStateException("shard 2 is broken");
      }
      ImpressionLog.Builder log = new ImpressionLog.Builder(clicks, 0, 0);
      log.page(number, 10, 0, 1);
      log.sample(number, true, Float.NaN);
      return log.build();
    }

    @Override
    public void close() {
      clicks.close();
    }
  }

  @Test
  void theNextShardIsReadWhileThisOneIsWorkedOn() throws InterruptedException {
    try (Shards shards = new Shards();
        ShardReader reader = new ShardReader(shards)) {
      ImpressionLog first = reader.read(0, 1);
      assertThat(first.pageUser).containsExactly(0);
      assertThat(first.clickItem(first.historyStart[0])).isEqualTo(7);
      // Nobody asks for it, and yet it comes.
      assertThat(second.await(50, TimeUnit.SECONDS)).isTrue();
      assertThat(reader.read(1, 1).pageUser).containsExactly(1);
      synchronized (shards) {
        assertThat(reads).containsExactly(0, 1);
      }
    }
  }

  @Test
  void theOnlyShardIsReadOnce() {
    try (Shards shards = new Shards();
        ShardReader reader = new ShardReader(shards)) {
      assertThat(reader.read(1, 1)).isSameAs(reader.read(1, 1));
      assertThat(reads).containsExactly(1);
    }
  }

  @Test
  void aShardThatCannotBeReadFailsWhoAsksForIt() {
    try (Shards shards = new Shards();
        ShardReader reader = new ShardReader(shards)) {
      assertThat(reader.read(0, 2).pages()).isEqualTo(1);
      assertThatThrownBy(() -> reader.read(2, 2)).hasMessage("shard 2 is broken");
    }
  }
}
