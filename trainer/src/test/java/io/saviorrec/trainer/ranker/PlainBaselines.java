package io.saviorrec.trainer.ranker;

import static io.saviorrec.trainer.ranker.PlainRanker.concat;
import static io.saviorrec.trainer.ranker.PlainRanker.dot;
import static io.saviorrec.trainer.ranker.PlainRanker.linear;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;

/// The baselines' features in plain Java and double precision, one candidate at a time, straight
/// from their formulas: a reference that shares nothing with the script module.
final class PlainBaselines {
  private final RankerConfig config;
  private final Function<String, float[]> weight;

  /// @param weight parameters by name
  PlainBaselines(RankerConfig config, Function<String, float[]> weight) {
    this.config = config;
    this.weight = weight;
  }

  /// Counts of the history's cosines to the candidate by tier, as weighed logarithms. Items without
  /// z have no cosine.
  double[] simTier(double[] z, List<double[]> past) {
    double[] counts = new double[20];
    for (double[] other : past) {
      int tier = tier(z, other, 20);
      if (tier >= 0) {
        counts[tier]++;
      }
    }
    double[] features = new double[20];
    for (int t = 0; t < 20; t++) {
      features[t] = Math.log1p(counts[t]) * weight.apply("tier_weight")[t];
    }
    return features;
  }

  /// Which of `tiers` equal parts of [-1, 1] the cosine is in; -1 where there is none.
  private static int tier(double[] a, double[] b, int tiers) {
    double lengths = Math.sqrt(dot(a, a)) * Math.sqrt(dot(b, b));
    if (lengths == 0) {
      return -1;
    }
    double cosine = dot(a, b) / lengths;
    return Math.clamp((int) Math.floor((cosine + 1) / 2 * tiers), 0, tiers - 1);
  }

  /// The fused interest, head by head: weights from g1 a_ID + g2 a_C + g3 a_ID a_C, over h and z.
  double[] mim(double[] h, double[] z, List<double[]> pastH, List<double[]> pastZ) {
    int heads = config.heads();
    List<double[]> out = new ArrayList<>();
    for (int head = 0; head < heads; head++) {
      double[] fused = new double[pastH.size()];
      for (int j = 0; j < fused.length; j++) {
        double ofId = score(h, pastH.get(j), "query_h", "key_h", head);
        double ofContent = score(z, pastZ.get(j), "query_z", "key_z", head);
        float[] g = weight.apply("fusion_weight");
        fused[j] =
            g[head] * ofId + g[heads + head] * ofContent + g[2 * heads + head] * ofId * ofContent;
      }
      List<double[]> values = new ArrayList<>();
      for (int j = 0; j < fused.length; j++) {
        values.add(project(concat(pastH.get(j), pastZ.get(j)), "fusion_value", head));
      }
      out.add(pooled(fused, values, AttentionNorm.SOFTMAX));
    }
    return concat(out.toArray(double[][]::new));
  }

  /// q k / √w of one head.
  private double score(double[] asks, double[] asked, String query, String key, int head) {
    return dot(project(asks, query, head), project(asked, key, head))
        / Math.sqrt(config.headWidth());
  }

  /// One head's rows of a projection.
  private double[] project(double[] x, String name, int head) {
    float[] all = weight.apply(name);
    int width = config.headWidth();
    float[] rows = Arrays.copyOfRange(all, head * width * x.length, (head + 1) * width * x.length);
    return linear(x, rows, width);
  }

  /// One head: its output and its summaries.
  private double[] pooled(double[] scores, List<double[]> values, AttentionNorm norm) {
    int n = scores.length;
    int width = config.headWidth();
    double exponentials = Arrays.stream(scores).map(Math::exp).sum();
    double sum = Arrays.stream(scores).sum();
    double[] out = new double[width];
    for (int j = 0; j < n; j++) {
      double share =
          switch (norm) {
            case SOFTMAX -> Math.exp(scores[j]) / exponentials;
            case LINEAR_SUM -> scores[j];
            case LINEAR_MEAN -> scores[j] / n;
          };
      for (int d = 0; d < width; d++) {
        out[d] += share * values.get(j)[d];
      }
    }
    if (config.wiring() == Wiring.PAPER) {
      return out;
    }
    double mean = n == 0 ? 0 : sum / n;
    return switch (norm) {
      case SOFTMAX -> concat(out, new double[] {mean, n == 0 ? 0 : Math.log(exponentials / n)});
      case LINEAR_SUM -> concat(out, new double[] {sum});
      case LINEAR_MEAN -> concat(out, new double[] {mean});
    };
  }

  private static final int LEVELS = 3;
  private static final int CODES = 64;
  private static final int WIDTH = 64;
  private static final int ROW = 16;

  /// Of each level what the bins of the history's mean histogram say; then of each level how full
  /// the bin of the candidate's nearest code is. An even bin is 1.
  double[] chime(double[] z, List<double[]> past) {
    Codes mine = codes(z);
    List<Codes> others = past.stream().map(this::codes).filter(Codes::known).toList();
    double[] said = new double[LEVELS * ROW];
    double[] full = new double[LEVELS];
    for (int level = 0; level < LEVELS; level++) {
      double[] bins = new double[CODES];
      for (Codes other : others) {
        for (int k = 0; k < CODES; k++) {
          bins[k] += CODES * other.shares[level][k] / others.size();
        }
      }
      for (int k = 0; k < CODES; k++) {
        for (int y = 0; y < ROW; y++) {
          said[level * ROW + y] +=
              bins[k] * weight.apply("interest_row")[(level * CODES + k) * ROW + y];
        }
      }
      full[level] = mine.known ? bins[mine.nearest[level]] : 0;
    }
    return concat(said, full);
  }

  /// An item's soft and nearest codes of each level.
  @SuppressWarnings("ArrayRecordComponent") // never compared
  private record Codes(boolean known, double[][] shares, int[] nearest) {}

  private Codes codes(double[] z) {
    double[] linear = linear(z, weight.apply("adapt"), WIDTH);
    double[] gate = linear(z, weight.apply("adapt_gate"), WIDTH);
    double[] rest = new double[WIDTH];
    for (int d = 0; d < WIDTH; d++) {
      rest[d] = linear[d] / (1 + Math.exp(-gate[d] - weight.apply("adapt_bias")[d]));
    }
    double[][] shares = new double[LEVELS][CODES];
    int[] nearest = new int[LEVELS];
    for (int level = 0; level < LEVELS; level++) {
      double[] distances = new double[CODES];
      for (int k = 0; k < CODES; k++) {
        for (int d = 0; d < WIDTH; d++) {
          double apart = rest[d] - code(level, k, d);
          distances[k] += apart * apart;
        }
        if (distances[k] < distances[nearest[level]]) {
          nearest[level] = k;
        }
      }
      double sum = Arrays.stream(distances).map(x -> Math.exp(-x / 8)).sum();
      shares[level] = Arrays.stream(distances).map(x -> Math.exp(-x / 8) / sum).toArray();
      for (int d = 0; d < WIDTH; d++) {
        rest[d] -= code(level, nearest[level], d);
      }
    }
    return new Codes(dot(z, z) > 0, shares, nearest);
  }

  private double code(int level, int k, int d) {
    return weight.apply("interest_code")[(level * CODES + k) * WIDTH + d];
  }

  /// The quantizer's own loss of items with these z, scaled.
  double chimeLoss(List<double[]> items) {
    double sum = 0;
    int known = 0;
    for (double[] z : items) {
      Codes codes = codes(z);
      if (!codes.known) {
        continue;
      }
      known++;
      double[] linear = linear(z, weight.apply("adapt"), WIDTH);
      double[] gate = linear(z, weight.apply("adapt_gate"), WIDTH);
      for (int d = 0; d < WIDTH; d++) {
        double x = linear[d] / (1 + Math.exp(-gate[d] - weight.apply("adapt_bias")[d]));
        for (int level = 0; level < LEVELS; level++) {
          x -= code(level, codes.nearest[level], d);
        }
        sum += 1.25 * x * x / WIDTH;
      }
    }
    return sum / Math.max(1, known);
  }

  /// Block b over the history as the self-attention leaves it, with what each tier adds to scores.
  double[] bbqRec(double[] h, double[] z, List<double[]> pastH, List<double[]> pastZ) {
    List<double[]> seen = new ArrayList<>();
    for (int i = 0; i < pastH.size(); i++) {
      List<double[]> heads = new ArrayList<>();
      for (int head = 0; head < config.heads(); head++) {
        heads.add(related(i, head, pastH, pastZ));
      }
      double[] out =
          linear(
              concat(heads.toArray(double[][]::new)),
              weight.apply("past_output"),
              pastH.get(i).length);
      double[] row = pastH.get(i).clone();
      for (int d = 0; d < row.length; d++) {
        row[d] += out[d];
      }
      seen.add(row);
    }
    List<double[]> out = new ArrayList<>();
    for (int head = 0; head < config.heads(); head++) {
      double[] scores = new double[seen.size()];
      List<double[]> values = new ArrayList<>();
      for (int j = 0; j < scores.length; j++) {
        scores[j] =
            score(h, seen.get(j), "query_h", "key_h", head)
                + added("similarity_score", z, pastZ.get(j), head);
        values.add(project(seen.get(j), "value_h", head));
      }
      out.add(pooled(scores, values, config.attentionNorm()));
    }
    return concat(out.toArray(double[][]::new));
  }

  /// One head of the self-attention, of one item of the history.
  private double[] related(int i, int head, List<double[]> pastH, List<double[]> pastZ) {
    int n = pastH.size();
    double[] weights = new double[n];
    double sum = 0;
    for (int j = 0; j < n; j++) {
      weights[j] =
          Math.exp(
              score(pastH.get(i), pastH.get(j), "past_query", "past_key", head)
                  + added("past_score", pastZ.get(i), pastZ.get(j), head));
      sum += weights[j];
    }
    double[] out = new double[config.headWidth()];
    for (int j = 0; j < n; j++) {
      double[] value = project(pastH.get(j), "past_value", head);
      for (int d = 0; d < out.length; d++) {
        out[d] += weights[j] / sum * value[d];
      }
    }
    return out;
  }

  private double added(String table, double[] a, double[] b, int head) {
    int tier = tier(a, b, 16);
    return tier < 0 ? 0 : weight.apply(table)[tier * config.heads() + head];
  }
}
