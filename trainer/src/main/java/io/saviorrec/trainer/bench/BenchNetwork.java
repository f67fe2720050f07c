package io.saviorrec.trainer.bench;

import io.saviorrec.config.Settings;
import io.saviorrec.feature.FeatureColumn;
import io.saviorrec.feature.FeatureEncoder;
import io.saviorrec.feature.FeatureSchema;
import io.saviorrec.trainer.ranker.AttentionNorm;
import io.saviorrec.trainer.ranker.RankerConfig;
import io.saviorrec.trainer.ranker.RankerSpec;
import io.saviorrec.trainer.train.Preset;
import io.saviorrec.trainer.train.TrainConfig;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.LongStream;

/// The network that is measured: the paper's sizes (D 64, L 8, four blocks of 8 heads of width 8,
/// DNN 512-256-1) with the small preset's encoder, item columns as a feed has them, and no ID of
/// the user, since users are new.
///
/// @param config every setting of the network
/// @param items that have an ID embedding of their own
record BenchNetwork(TrainConfig config, int items) {
  /// The longest history that is measured.
  static final int HISTORY = 1000;

  private static final Map<String, String> SIZES =
      Map.ofEntries(
          Map.entry("quantizer.levels", "8"),
          Map.entry("quantizer.codebookSize", "2048"),
          Map.entry("ranker.heads", "8"),
          Map.entry("ranker.headWidth", "8"),
          Map.entry("ranker.historyLength", Integer.toString(HISTORY)),
          Map.entry("ranker.idWidth", "8"),
          Map.entry("ranker.statWidth", "2"),
          Map.entry("ranker.featureWidth", "8"),
          Map.entry("ranker.firstWidth", "512"),
          Map.entry("ranker.secondWidth", "256"),
          Map.entry("ranker.residualLogit", "false"),
          Map.entry("ranker.userId", "off"));

  /// Boundaries of the buckets of logit(pctr_base).
  private static final int BASE_BOUNDARIES = 31;

  static BenchNetwork of(AttentionNorm norm, int items) {
    Settings<TrainConfig> settings = Preset.SMALL.settings();
    SIZES.forEach((key, value) -> settings.set(key, value, key));
    settings.set("ranker.attentionNorm", norm.name(), "ranker.attentionNorm");
    return new BenchNetwork(settings.bind(), items);
  }

  int zDim() {
    return config.encoder().zDim();
  }

  int levels() {
    return config.quantizer().levels();
  }

  int codebookSize() {
    return config.quantizer().codebookSize();
  }

  static FeatureSchema schema() {
    return new FeatureSchema(
        List.of(FeatureColumn.categorical("age", 16), FeatureColumn.categorical("city", 64)),
        List.of(FeatureColumn.categorical("device", 8)),
        List.of(FeatureColumn.categorical(FeatureSchema.CATEGORY, 32)),
        FeatureSchema.ITEM_STATS);
  }

  RankerSpec spec() {
    FeatureSchema schema = schema();
    RankerConfig ranker = config.ranker();
    float[] buckets = ascending(ranker.statBuckets() - 1, 0, 100);
    float[][] statistics = new float[schema.itemStats().size() + 1][];
    Arrays.fill(statistics, buckets);
    return new RankerSpec(
        zDim(),
        levels(),
        codebookSize(),
        schema.profile().size(),
        rows(schema.profile()),
        schema.context().size(),
        rows(schema.context()),
        schema.item().size(),
        rows(schema.item()),
        LongStream.rangeClosed(1, items).toArray(),
        new long[0],
        statistics,
        filled(statistics.length, 2),
        filled(statistics.length, 1),
        ascending(BASE_BOUNDARIES, -6, 6),
        -3,
        1,
        0.05);
  }

  private static int rows(List<FeatureColumn> columns) {
    return Math.toIntExact(new FeatureEncoder(columns).tableSize());
  }

  private static float[] filled(int count, float value) {
    float[] values = new float[count];
    Arrays.fill(values, value);
    return values;
  }

  private static float[] ascending(int count, double from, double to) {
    float[] values = new float[count];
    IntStream.range(0, count).forEach(i -> values[i] = (float) (from + (to - from) * i / count));
    return values;
  }

  /// Floating-point operations that one request cannot do without when item states are there: sums
  /// over the history, the heads, and the DNN, whose first layer knows the item's and the user's
  /// part.
  long operations(int candidates, int history) {
    RankerConfig ranker = config.ranker();
    long heads = 4L * ranker.heads();
    long width = ranker.headWidth();
    boolean softmax = ranker.attentionNorm() == AttentionNorm.SOFTMAX;
    long attention =
        softmax
            ? candidates * heads * history * width * 2
            : (candidates + (long) history) * heads * width * (width + 1);
    long inputs = heads * (width + (softmax ? 2 : 1)) + 10;
    long dnn =
        inputs * ranker.firstWidth()
            + (long) ranker.firstWidth() * ranker.secondWidth()
            + ranker.secondWidth();
    return 2 * (attention + candidates * dnn);
  }
}
