package io.saviorrec.trainer.ranker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.saviorrec.trainer.data.log.ImpressionLog;
import io.saviorrec.trainer.data.log.TrainingInput;
import io.saviorrec.trainer.loop.Checkpoints;
import io.saviorrec.trainer.torch.Tensors;
import io.saviorrec.trainer.train.Preset;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ShardedTrainingTest {
  private static final int NEVER = Integer.MAX_VALUE;

  @TempDir private static Path folder;

  private static TastefulShop shop;
  private static Path input;

  @BeforeAll
  static void openShop() throws IOException {
    torch.set_num_threads(1);
    shop = TastefulShop.in(folder);
    input = folder.resolve("input");
    shop.data.writeTrainingInput(input, 1500);
  }

  @AfterAll
  static void closeShop() {
    shop.data.close();
  }

  /// The shop's shards, of which so many can be read.
  private static final class Shards implements TrainingInput {
    private final TrainingInput all = shop.data.trainingInput(input);
    private final List<Integer> reads = new ArrayList<>();
    private final int readable;

    Shards(int readable) {
      this.readable = readable;
    }

    @Override
    public int shards() {
      return all.shards();
    }

    @Override
    public long impressions() {
      return all.impressions();
    }

    @Override
    public synchronized ImpressionLog shard(int number) {
      if (reads.size() >= readable) {
        throw new IllegalStateException("the machine has failed");
      }
      reads.add(number);
      return all.shard(number);
    }

    @Override
    public void close() {
      all.close();
    }
  }

  private static Ranker ranker() {
    RankerConfig config = Preset.TINY.config().ranker();
    torch.manual_seed(1);
    return new Ranker(config, shop.spec(config), null);
  }

  private static RankerTrainer.Summary train(Ranker ranker, Shards shards, Checkpoints kept) {
    return new RankerTrainer(ranker, shop.items, shards, shop.data.statistics()).train(1, kept);
  }

  private static Map<String, List<Float>> parameters(Ranker ranker) {
    Map<String, List<Float>> all = new TreeMap<>();
    for (var entry : ranker.module().parameters().entrySet()) {
      all.put(entry.getKey(), values(entry.getValue()));
    }
    return all;
  }

  private static List<Float> values(Tensor tensor) {
    List<Float> values = new ArrayList<>();
    for (float value : Tensors.toFloats(tensor)) {
      values.add(value);
    }
    return values;
  }

  @Test
  void anEpochHasEveryShardOnce() {
    try (var _ = new PointerScope();
        Shards shards = new Shards(NEVER)) {
      Ranker ranker = ranker();
      double before = shop.trainingLoss(ranker);
      RankerTrainer.Summary summary = train(ranker, shards, Checkpoints.none());
      int count = shards.shards();
      assertThat(count).isGreaterThan(4);
      assertThat(summary.samples()).isEqualTo(2 * shards.impressions());
      // Two epochs and one look for the number of steps; a shard that is there is not read again.
      assertThat(shards.reads).hasSizeBetween(2 * count - 1, 2 * count + 1);
      assertThat(Set.copyOf(shards.reads)).hasSize(count);
      assertThat(shop.trainingLoss(ranker)).isLessThan(before - 0.01);
    }
  }

  @Test
  void aRunThatFailedAmongItsShardsGoesOnToTheSameResult() {
    Path kept = folder.resolve("kept");
    Checkpoints.Every every = new Checkpoints.Every(Duration.ZERO, 3);
    try (var _ = new PointerScope()) {
      Ranker whole = ranker();
      try (Shards shards = new Shards(NEVER)) {
        train(whole, shards, Checkpoints.none());
      }
      Ranker failed = ranker();
      try (Shards shards = new Shards(shop.data.trainingInput(input).shards() + 3)) {
        assertThatThrownBy(() -> train(failed, shards, Checkpoints.in(kept, every, _ -> {})))
            .hasMessage("the machine has failed");
      }
      Ranker resumed = ranker();
      List<String> said = new ArrayList<>();
      try (Shards shards = new Shards(NEVER)) {
        train(resumed, shards, Checkpoints.in(kept, every, said::add));
      }
      assertThat(said).hasSize(1);
      assertThat(parameters(resumed)).isEqualTo(parameters(whole));
    }
  }
}
