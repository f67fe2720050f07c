package io.saviorrec.trainer.ranker;

import io.saviorrec.trainer.data.log.ClickRate;
import io.saviorrec.trainer.torch.Tensors;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// Eqs. 6-16 in plain Java and double precision, one candidate at a time, straight from the paper.
///
/// Nothing is shared, cached or re-associated here: a reference for the script module, which does
/// all three.
final class PlainRanker {
  /// One item as the ranker sees it.
  record Item(long id, float[] stats, long[] features, float[] z, long[] codes) {}

  private final RankerConfig config;
  private final RankerSpec spec;
  private final Map<String, float[]> weights = new HashMap<>();

  PlainRanker(Ranker ranker) {
    this.config = ranker.config();
    this.spec = ranker.spec();
    ranker
        .module()
        .parameters()
        .forEach((name, tensor) -> weights.put(name, Tensors.toFloats(tensor)));
    ranker
        .module()
        .buffers()
        .forEach((name, tensor) -> weights.putIfAbsent(name, Tensors.toFloats(tensor)));
  }

  private float[] weight(String name) {
    float[] values = weights.get(name);
    if (values == null) {
      throw new IllegalArgumentException("no weight " + name);
    }
    return values;
  }

  /// Eqs. 6-9.
  double[] align(float[] z, long[] codes) {
    int width = config.variant().usesMba() ? config.mba().width() : 0;
    double[] v = new double[spec.levels() * width];
    for (int level = 0; level < spec.levels(); level++) {
      for (int j = 0; j < width && codes[level] < spec.codebookSize(); j++) {
        int row = level * (spec.codebookSize() + 1) + Math.toIntExact(codes[level]);
        v[level * width + j] = weight("mba.codebook")[row * width + j];
      }
    }
    double squared = Arrays.stream(v).map(x -> x * x).sum();
    double norm =
        switch (config.mba().norm()) {
          case NONE -> 1;
          case SMOOTH -> Math.sqrt(squared + config.mba().eps() * config.mba().eps());
          case HARD -> Math.max(Math.sqrt(squared), 1e-12);
        };
    double skip = config.variant() == Variant.NO_Z ? 0 : 1;
    double[] aligned =
        linear(Arrays.stream(v).map(x -> x / norm).toArray(), weight("mba.fusion"), z.length);
    for (int d = 0; d < z.length; d++) {
      aligned[d] += skip * z[d];
    }
    return aligned;
  }

  private double[] modal(Item item) {
    return Arrays.stream(align(item.z, item.codes)).map(x -> x * Math.sqrt(spec.zDim())).toArray();
  }

  private double[] behaviour(Item item) {
    int position = Arrays.binarySearch(spec.itemVocabulary(), item.id);
    double[] identity = row("item_table", position < 0 ? 0 : position + 1, config.idWidth());
    double rate = clickRate(item);
    List<double[]> parts = new ArrayList<>();
    parts.add(identity);
    for (int s = 0; s < spec.statBoundaries().length; s++) {
      double value = s < item.stats.length ? item.stats[s] : rate;
      int bucket = bucket((float) value, spec.statBoundaries()[s]);
      parts.add(row("stat_table", s * config.statBuckets() + bucket, config.statWidth()));
    }
    double[] numbers = new double[spec.statMeans().length];
    for (int s = 0; s < numbers.length; s++) {
      double number = s < item.stats.length ? Math.log1p(item.stats[s]) : logit(rate);
      numbers[s] = Math.clamp((number - spec.statMeans()[s]) / spec.statDeviations()[s], -4.0, 4.0);
    }
    parts.add(numbers);
    for (long feature : item.features) {
      parts.add(row("feature_table", Math.toIntExact(feature), config.featureWidth()));
    }
    return concat(parts.toArray(double[][]::new));
  }

  private double clickRate(Item item) {
    return (item.stats[1] + spec.clickRate() * ClickRate.PRIOR_IMPRESSIONS)
        / (item.stats[0] + ClickRate.PRIOR_IMPRESSIONS);
  }

  private static double logit(double probability) {
    double p = Math.clamp(probability, 1e-6, 1 - 1e-6);
    return Math.log(p) - Math.log1p(-p);
  }

  /// Eq. 10 for one head: weights of the history by this variant's norm, and their summary.
  private double[] head(double[] q, List<double[]> keys, List<double[]> values) {
    int width = config.headWidth();
    int n = keys.size();
    double[] scores = new double[n];
    for (int j = 0; j < n; j++) {
      scores[j] = dot(q, keys.get(j)) / Math.sqrt(width);
    }
    double[] attention = scores.clone();
    double logMeanExp = 0;
    if (config.attentionNorm() == AttentionNorm.SOFTMAX && n > 0) {
      double sum = Arrays.stream(scores).map(Math::exp).sum();
      attention = Arrays.stream(scores).map(s -> Math.exp(s) / sum).toArray();
      logMeanExp = Math.log(sum / n);
    } else if (config.attentionNorm() == AttentionNorm.LINEAR_MEAN) {
      attention = Arrays.stream(scores).map(s -> s / n).toArray();
    }
    double[] out = new double[width + config.summaries()];
    for (int j = 0; j < n; j++) {
      for (int d = 0; d < width; d++) {
        out[d] += attention[j] * values.get(j)[d];
      }
    }
    if (config.summaries() > 0) {
      double total = Arrays.stream(scores).sum();
      out[width] =
          config.attentionNorm() == AttentionNorm.LINEAR_SUM ? total : n == 0 ? 0 : total / n;
    }
    if (config.summaries() == 2) {
      out[width + 1] = logMeanExp;
    }
    return out;
  }

  /// Eqs. 11-15: b, b2m, m, m2b, head by head.
  private double[] attention(double[] h, double[] z, List<double[]> hs, List<double[]> zs) {
    Variant variant = config.variant();
    int b = variant.behaviourHeads(config.heads());
    int m = variant.modalHeads(config.heads());
    int cross = variant.crossHeads(config.heads());
    List<double[]> out = new ArrayList<>();
    for (int i = 0; i < b; i++) {
      out.add(block(h, hs, hs, "query_h", i, "key_h", i, "value_h", i));
    }
    for (int i = 0; i < cross; i++) {
      out.add(block(h, hs, zs, "query_h", b + i, "key_h", b + i, "value_z", i));
    }
    for (int i = 0; i < m; i++) {
      out.add(block(z, zs, zs, "query_z", i, "key_z", i, "value_z", cross + i));
    }
    for (int i = 0; i < cross; i++) {
      out.add(block(z, zs, hs, "query_z", m + i, "key_z", m + i, "value_h", b + i));
    }
    return concat(out.toArray(double[][]::new));
  }

  private double[] block(
      double[] candidate,
      List<double[]> keyInputs,
      List<double[]> valueInputs,
      String query,
      int queryHead,
      String key,
      int keyHead,
      String value,
      int valueHead) {
    List<double[]> keys = keyInputs.stream().map(x -> project(x, key, keyHead)).toList();
    List<double[]> values = valueInputs.stream().map(x -> project(x, value, valueHead)).toList();
    return head(project(candidate, query, queryHead), keys, values);
  }

  /// One head's rows of a projection.
  private double[] project(double[] x, String name, int head) {
    double[] all = linear(x, weight(name), weight(name).length / x.length);
    return Arrays.copyOfRange(all, head * config.headWidth(), (head + 1) * config.headWidth());
  }

  /// Eq. 16: the click probability.
  double score(
      long user,
      long[] profile,
      long[] context,
      float[] taste,
      List<Item> history,
      Item candidate,
      float pctrBase) {
    double[] h = behaviour(candidate);
    double[] z = modal(candidate);
    double[] attention =
        attention(
            h,
            z,
            history.stream().map(this::behaviour).toList(),
            history.stream().map(this::modal).toList());
    int known = Arrays.binarySearch(spec.userVocabulary(), user);
    double[] identity =
        spec.userVocabulary().length == 0
            ? new double[0]
            : row("user_table", known < 0 ? 0 : known + 1, config.userWidth());
    double[][] columns = new double[profile.length + context.length][];
    for (int i = 0; i < profile.length; i++) {
      columns[i] = row("profile_table", (int) profile[i], config.featureWidth());
    }
    for (int i = 0; i < context.length; i++) {
      columns[profile.length + i] = row("context_table", (int) context[i], config.featureWidth());
    }
    double[] userPart =
        concat(identity, concat(columns), new double[] {Math.log1p(history.size())});
    boolean absent = Float.isNaN(pctrBase);
    double logit = absent ? 0 : logit(pctrBase);
    int bucket =
        absent ? spec.baseBoundaries().length + 1 : bucket((float) logit, spec.baseBoundaries());
    double[] base =
        concat(
            row("base_table", bucket, 8),
            new double[] {
              absent ? 0 : (logit - spec.baseMean()) / spec.baseDeviation(), absent ? 0 : 1
            });
    int first = config.firstWidth();
    double[] x = add(weight("first_bias"), linear(attention, weight("first_attention"), first));
    x = add(x, linear(products(z, taste), weight("first_taste"), first));
    x = add(x, linear(h, weight("first_h"), first));
    int zColumns = weight("first_z").length / first;
    x = add(x, linear(Arrays.copyOf(z, zColumns), weight("first_z"), first));
    x = add(x, linear(userPart, weight("first_user"), first));
    x = leaky(add(x, linear(base, weight("first_base"), first)));
    int second = config.secondWidth();
    x = leaky(add(weight("second_bias"), linear(x, weight("second"), second)));
    double out = linear(x, weight("third"), 1)[0] + weight("third_bias")[0];
    out +=
        absent
            ? weight("rate_residual")[0] * logit(clickRate(candidate))
            : weight("residual")[0] * logit;
    return 1 / (1 + Math.exp(-out));
  }

  /// (z F_q) ⊙ (u F_k), with the profile scaled.
  private double[] products(double[] z, float[] taste) {
    int width = config.tasteWidth();
    double scale = Math.sqrt(spec.zDim() / config.taste().halfLife());
    double[] scaled = new double[taste.length];
    for (int d = 0; d < taste.length; d++) {
      scaled[d] = taste[d] * scale;
    }
    double[] products = linear(z, weight("taste_query"), width);
    double[] keys = linear(scaled, weight("taste_key"), width);
    for (int r = 0; r < width; r++) {
      products[r] *= keys[r];
    }
    return products;
  }

  private static int bucket(float value, float[] boundaries) {
    int bucket = 0;
    while (bucket < boundaries.length && boundaries[bucket] < value) {
      bucket++;
    }
    return bucket;
  }

  private double[] row(String table, int row, int width) {
    double[] values = new double[width];
    for (int i = 0; i < width; i++) {
      values[i] = weight(table)[row * width + i];
    }
    return values;
  }

  private static double[] linear(double[] x, float[] weight, int out) {
    double[] y = new double[out];
    for (int o = 0; o < out; o++) {
      for (int i = 0; i < x.length; i++) {
        y[o] += weight[o * x.length + i] * x[i];
      }
    }
    return y;
  }

  private static double[] leaky(double[] x) {
    return Arrays.stream(x).map(v -> v < 0 ? 0.01 * v : v).toArray();
  }

  private static double[] add(double[] a, double[] b) {
    double[] sum = a.clone();
    for (int i = 0; i < b.length; i++) {
      sum[i] += b[i];
    }
    return sum;
  }

  private static double[] add(float[] a, double[] b) {
    double[] sum = b.clone();
    for (int i = 0; i < a.length; i++) {
      sum[i] += a[i];
    }
    return sum;
  }

  private static double dot(double[] a, double[] b) {
    double sum = 0;
    for (int i = 0; i < a.length; i++) {
      sum += a[i] * b[i];
    }
    return sum;
  }

  private static double[] concat(double[]... parts) {
    return Arrays.stream(parts).flatMapToDouble(Arrays::stream).toArray();
  }
}
