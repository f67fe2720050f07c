package io.saviorrec.trainer.bench;

import io.saviorrec.bundle.ItemBatch;
import io.saviorrec.bundle.ItemTable;
import io.saviorrec.feature.FeatureEncoder;
import io.saviorrec.feature.ItemColumns;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import java.util.stream.LongStream;

/// Items 1 … N with random contents.
final class BenchItems {
  private static final long SEED = 11;

  private BenchItems() {}

  /// The first `count` items; the same for every count.
  static ItemTable.Rows rows(BenchNetwork network, int count) {
    int zDim = network.zDim();
    int levels = network.levels();
    int statCount = BenchNetwork.schema().itemStats().size();
    var columns = BenchNetwork.schema().item();
    int width = new ItemColumns(columns).width();
    FeatureEncoder encoder = new FeatureEncoder(columns);
    float[] z = new float[count * zDim];
    int[] codes = new int[count * levels];
    float[] stats = new float[count * statCount];
    long[] features = new long[count * width];
    long[] hashes = new long[count];
    SplittableRandom random = new SplittableRandom(SEED);
    for (int i = 0; i < count; i++) {
      unit(random, z, i * zDim, zDim);
      for (int level = 0; level < levels; level++) {
        codes[i * levels + level] = random.nextInt(network.codebookSize());
      }
      stats[i * statCount] = random.nextInt(100);
      stats[i * statCount + 1] = random.nextInt(10);
      stats[i * statCount + 2] = random.nextInt(60);
      features[i * width] = encoder.encodeText(0, "category " + random.nextInt(20));
      hashes[i] = random.nextLong();
    }
    List<String> titles = IntStream.rangeClosed(1, count).mapToObj(id -> "item " + id).toList();
    long[] ids = LongStream.rangeClosed(1, count).toArray();
    return new ItemTable.Rows(new ItemBatch(ids, stats, features, z, codes), hashes, titles);
  }

  /// A vector of length 1.
  private static void unit(SplittableRandom random, float[] out, int at, int width) {
    double squares = 0;
    for (int d = at; d < at + width; d++) {
      out[d] = (float) random.nextGaussian();
      squares += out[d] * (double) out[d];
    }
    for (int d = at; d < at + width; d++) {
      out[d] /= (float) Math.sqrt(squares);
    }
  }
}
