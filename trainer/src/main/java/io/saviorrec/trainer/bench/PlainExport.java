package io.saviorrec.trainer.bench;

import io.saviorrec.bundle.ItemBatch;
import io.saviorrec.feature.FeatureColumn;
import io.saviorrec.feature.FeatureEncoder;
import io.saviorrec.trainer.ranker.AttentionNorm;
import io.saviorrec.trainer.ranker.Ranker;
import io.saviorrec.trainer.ranker.RankerConfig;
import io.saviorrec.trainer.torch.ScriptModule;
import io.saviorrec.trainer.torch.ScriptSession;
import io.saviorrec.trainer.torch.Tensors;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/// Archives that a bundle's module is held against: the same network exported as plainly as one
/// can, a reference, and one matrix product.
final class PlainExport {
  private static final int ROWS_PER_CALL = 4096;
  private static final int BASE_WIDTH = 10;

  /// The largest product: rows, their width, columns.
  private static final int PRODUCT_ROWS = 2000;

  static final int PRODUCT_WIDTH = 512;
  static final int PRODUCT_COLUMNS = 4096;

  private PlainExport() {}

  /// The network of a ranker, with its weights: gives the scores that the ranker gives for requests
  /// whose user and page are unknown and whose candidates all have a pctr_base.
  static ScriptModule sameNetwork(Ranker ranker, ItemBatch items) {
    ScriptModule module = new ScriptModule("PlainExport");
    RankerConfig config = ranker.config();
    boolean softmax = config.attentionNorm() == AttentionNorm.SOFTMAX;
    itemTables(module, ranker, items);
    for (String weight :
        List.of(
            "query_h",
            "query_z",
            "key_h",
            "key_z",
            "value_h",
            "value_z",
            "base_table",
            "first_bias",
            "second",
            "second_bias",
            "third",
            "third_bias")) {
      module.buffer(weight, copy(ranker.module().parameter(weight)));
    }
    module.buffer(
        "first",
        columns(
            List.of("first_attention", "first_h", "first_z", "first_user", "first_base").stream()
                .map(ranker.module()::parameter)
                .toArray(Tensor[]::new)));
    module.buffer(
        "user",
        columns(
            missing(ranker.module().parameter("profile_table"), BenchNetwork.schema().profile()),
            missing(ranker.module().parameter("context_table"), BenchNetwork.schema().context())));
    float[] boundaries = ranker.spec().baseBoundaries();
    module.buffer("base_boundaries", Tensors.floats(boundaries, boundaries.length));
    module.attribute("base_mean", ranker.spec().baseMean());
    module.attribute("base_deviation", ranker.spec().baseDeviation());
    attributes(module, config, softmax ? 0 : 1, 1);
    return define(module);
  }

  /// The reference that every cost is divided by: softmax as the paper wires it, no score
  /// summaries, with the candidate's z in the DNN. Random weights.
  static ScriptModule reference(Ranker ranker, ItemBatch items) {
    ScriptModule module = new ScriptModule("PlainExport");
    RankerConfig config = ranker.config();
    itemTables(module, ranker, items);
    int h = Math.toIntExact(ranker.module().parameter("query_h").size(1));
    int z = ranker.spec().zDim();
    int half = 2 * config.heads() * config.headWidth();
    for (String weight : List.of("query_h", "key_h", "value_h")) {
      module.buffer(weight, Tensors.xavier(half, h));
    }
    for (String weight : List.of("query_z", "key_z", "value_z")) {
      module.buffer(weight, Tensors.xavier(half, z));
    }
    int user =
        (ranker.spec().profileColumns() + ranker.spec().contextColumns()) * config.featureWidth();
    module.buffer("user", Tensors.normal(0.1, 1, user));
    float[] boundaries = ranker.spec().baseBoundaries();
    module.buffer("base_boundaries", Tensors.floats(boundaries, boundaries.length));
    module.buffer("base_table", Tensors.normal(0.1, boundaries.length + 2L, BASE_WIDTH - 2));
    module.attribute("base_mean", ranker.spec().baseMean());
    module.attribute("base_deviation", ranker.spec().baseDeviation());
    int inputs = 2 * half + h + z + user + 1 + BASE_WIDTH;
    module.buffer("first", Tensors.xavier(config.firstWidth(), inputs));
    module.buffer("first_bias", torch.zeros(config.firstWidth()));
    module.buffer("second", Tensors.xavier(config.secondWidth(), config.firstWidth()));
    module.buffer("second_bias", torch.zeros(config.secondWidth()));
    module.buffer("third", Tensors.xavier(1, config.secondWidth()));
    module.buffer("third_bias", torch.zeros(1));
    attributes(module, config, 0, 0);
    return define(module);
  }

  /// One matrix product of any size up to the largest.
  static ScriptModule product() {
    ScriptModule module = new ScriptModule("Product");
    Tensor a = Tensors.normal(1, PRODUCT_ROWS, PRODUCT_WIDTH);
    Tensor b = Tensors.normal(1, PRODUCT_COLUMNS, PRODUCT_WIDTH);
    module.buffer("a", a);
    module.buffer("b", b);
    module.buffer("a16", a.to(ScalarType.BFloat16));
    module.buffer("b16", b.to(ScalarType.BFloat16));
    return module.defineResource("torchscript/bench/product.py");
  }

  private static ScriptModule define(ScriptModule module) {
    return module
        .defineResource("torchscript/bench/plain_parts.py")
        .defineResource("torchscript/bench/plain.py");
  }

  private static void attributes(
      ScriptModule module, RankerConfig config, int norm, int summaries) {
    module.attribute("head_width", config.headWidth());
    module.attribute("behaviour_heads", config.heads());
    module.attribute("cross_heads", config.heads());
    module.attribute("score_scale", 1 / Math.sqrt(config.headWidth()));
    module.attribute("norm", norm);
    module.attribute("summaries", summaries);
  }

  /// What the ranker computes of each item, in the order of the batch.
  private static void itemTables(ScriptModule module, Ranker ranker, ItemBatch items) {
    int n = items.size();
    Tensor h = torch.empty(n, ranker.module().parameter("query_h").size(1));
    Tensor z = torch.empty(n, ranker.spec().zDim());
    for (int from = 0; from < n; from += ROWS_PER_CALL) {
      int count = Math.min(ROWS_PER_CALL, n - from);
      try (ScriptSession session = new ScriptSession(ranker.module())) {
        Tensor behaviour =
            session
                .call(
                    "behaviour",
                    List.of(
                        session.longs(
                            Arrays.copyOfRange(items.itemIds(), from, from + count), count),
                        session.floats(
                            part(items.stats(), n, from, count), count, items.stats().length / n),
                        session.longs(
                            part(items.features(), n, from, count),
                            count,
                            items.features().length / n)))
                .getFirst();
        h.narrow(0, from, count).copy_(behaviour);
        long[] codes =
            Arrays.stream(
                    items.codes(),
                    from * (items.codes().length / n),
                    (from + count) * (items.codes().length / n))
                .asLongStream()
                .toArray();
        Tensor modal =
            session
                .call(
                    "modal",
                    List.of(
                        session.floats(
                            part(items.z(), n, from, count), count, items.z().length / n),
                        session.longs(codes, count, items.codes().length / n)))
                .getFirst();
        z.narrow(0, from, count).copy_(modal);
      }
    }
    module.buffer("h", h);
    module.buffer("z", z);
  }

  private static float[] part(float[] values, int rows, int from, int count) {
    int width = values.length / rows;
    return Arrays.copyOfRange(values, from * width, (from + count) * width);
  }

  private static long[] part(long[] values, int rows, int from, int count) {
    int width = values.length / rows;
    return Arrays.copyOfRange(values, from * width, (from + count) * width);
  }

  /// The embeddings of columns that all miss, side by side: `[1, *]`.
  private static Tensor missing(Tensor table, List<FeatureColumn> columns) {
    FeatureEncoder encoder = new FeatureEncoder(columns);
    long[] rows = IntStream.range(0, columns.size()).mapToLong(encoder::missing).toArray();
    return table.detach().index_select(0, Tensors.longs(rows, rows.length)).reshape(1, -1);
  }

  private static Tensor columns(Tensor... parts) {
    return torch.cat(
        new TensorVector(Arrays.stream(parts).map(Tensor::detach).toArray(Tensor[]::new)), 1);
  }

  private static Tensor copy(Tensor tensor) {
    return tensor.detach().clone();
  }
}
