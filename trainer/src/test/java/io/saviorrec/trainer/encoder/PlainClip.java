package io.saviorrec.trainer.encoder;

import io.saviorrec.trainer.pretrained.TinyClip;
import java.util.Arrays;

/// CN-CLIP's two towers once more, in plain loops of double precision over weights by the names of
/// Hugging Face.
final class PlainClip {
  private static final double[] MEAN = {0.48145466, 0.4578275, 0.40821073};
  private static final double[] DEVIATION = {0.26862954, 0.26130258, 0.27577711};

  private final TinyClip clip;

  PlainClip(TinyClip clip) {
    this.clip = clip;
  }

  private double at(String name, int index) {
    return clip.get(name).values()[index];
  }

  private int side(String name, int dimension) {
    return (int) clip.get(name).shape()[dimension];
  }

  /// The features of an image `[3, size, size]`.
  double[] image(byte[] pixels, int size, int layers, int heads) {
    String model = "vision_model.";
    String patches = model + "embeddings.patch_embedding.weight";
    int width = side(patches, 0);
    int patch = side(patches, 2);
    int grid = size / patch;
    double[][] x = new double[grid * grid + 1][width];
    for (int w = 0; w < width; w++) {
      x[0][w] = at(model + "embeddings.class_embedding", w);
      for (int p = 0; p < grid * grid; p++) {
        for (int c = 0; c < 3; c++) {
          for (int i = 0; i < patch * patch; i++) {
            int row = p / grid * patch + i / patch;
            int column = p % grid * patch + i % patch;
            int pixel = Byte.toUnsignedInt(pixels[(c * size + row) * size + column]);
            double value = (pixel / 255.0 - MEAN[c]) / DEVIATION[c];
            x[p + 1][w] += value * at(patches, (w * 3 + c) * patch * patch + i);
          }
        }
      }
    }
    add(x, model + "embeddings.position_embedding.weight");
    norm(x, model + "pre_layrnorm", 1e-5);
    for (int l = 0; l < layers; l++) {
      String layer = model + "encoder.layers." + l + ".";
      double[][] y = copy(x);
      norm(y, layer + "layer_norm1", 1e-5);
      String[] names = {"q_proj", "k_proj", "v_proj"};
      y = attention(y, layer + "self_attn.", names, heads);
      add(x, linear(y, layer + "self_attn.out_proj"));
      y = copy(x);
      norm(y, layer + "layer_norm2", 1e-5);
      y = linear(y, layer + "mlp.fc1");
      for (double[] row : y) {
        Arrays.setAll(row, i -> row[i] / (1 + Math.exp(-1.702 * row[i])));
      }
      add(x, linear(y, layer + "mlp.fc2"));
    }
    norm(x, model + "post_layernorm", 1e-5);
    return projected(x[0], "visual_projection.weight");
  }

  /// The features of a text without padding.
  double[] text(int[] ids, int layers, int heads) {
    String model = "text_model.";
    String words = model + "embeddings.word_embeddings.weight";
    int width = side(words, 1);
    double[][] x = new double[ids.length][width];
    for (int t = 0; t < ids.length; t++) {
      for (int w = 0; w < width; w++) {
        x[t][w] =
            at(words, ids[t] * width + w)
                + at(model + "embeddings.token_type_embeddings.weight", w);
      }
    }
    add(x, model + "embeddings.position_embeddings.weight");
    norm(x, model + "embeddings.LayerNorm", 1e-12);
    for (int l = 0; l < layers; l++) {
      String layer = model + "encoder.layer." + l + ".";
      String[] names = {"query", "key", "value"};
      double[][] y = attention(x, layer + "attention.self.", names, heads);
      add(x, linear(y, layer + "attention.output.dense"));
      norm(x, layer + "attention.output.LayerNorm", 1e-12);
      y = linear(x, layer + "intermediate.dense");
      for (double[] row : y) {
        Arrays.setAll(row, i -> row[i] * 0.5 * (1 + erf(row[i] / Math.sqrt(2))));
      }
      add(x, linear(y, layer + "output.dense"));
      norm(x, layer + "output.LayerNorm", 1e-12);
    }
    return projected(x[0], "text_projection.weight");
  }

  private double[] projected(double[] x, String name) {
    double[] out = new double[side(name, 0)];
    for (int o = 0; o < out.length; o++) {
      for (int i = 0; i < x.length; i++) {
        out[o] += at(name, o * x.length + i) * x[i];
      }
    }
    return out;
  }

  private double[][] linear(double[][] x, String name) {
    double[][] out = new double[x.length][];
    for (int t = 0; t < x.length; t++) {
      double[] row = projected(x[t], name + ".weight");
      Arrays.setAll(row, o -> row[o] + at(name + ".bias", o));
      out[t] = row;
    }
    return out;
  }

  private double[][] attention(double[][] x, String layer, String[] names, int heads) {
    double[][] q = linear(x, layer + names[0]);
    double[][] k = linear(x, layer + names[1]);
    double[][] v = linear(x, layer + names[2]);
    int width = q[0].length / heads;
    double[][] out = new double[x.length][q[0].length];
    for (int h = 0; h < heads; h++) {
      for (int a = 0; a < x.length; a++) {
        double[] share = new double[x.length];
        double total = 0;
        for (int b = 0; b < x.length; b++) {
          double score = 0;
          for (int i = h * width; i < (h + 1) * width; i++) {
            score += q[a][i] * k[b][i];
          }
          share[b] = Math.exp(score / Math.sqrt(width));
          total += share[b];
        }
        for (int b = 0; b < x.length; b++) {
          for (int i = h * width; i < (h + 1) * width; i++) {
            out[a][i] += share[b] / total * v[b][i];
          }
        }
      }
    }
    return out;
  }

  private void norm(double[][] x, String name, double eps) {
    for (double[] row : x) {
      double mean = Arrays.stream(row).average().orElseThrow();
      double variance =
          Arrays.stream(row).map(v -> (v - mean) * (v - mean)).average().orElseThrow();
      Arrays.setAll(
          row,
          i ->
              (row[i] - mean) / Math.sqrt(variance + eps) * at(name + ".weight", i)
                  + at(name + ".bias", i));
    }
  }

  /// Adds the first rows of a table.
  private void add(double[][] x, String name) {
    for (int t = 0; t < x.length; t++) {
      for (int i = 0; i < x[t].length; i++) {
        x[t][i] += at(name, t * x[t].length + i);
      }
    }
  }

  private static void add(double[][] x, double[][] y) {
    for (int t = 0; t < x.length; t++) {
      for (int i = 0; i < x[t].length; i++) {
        x[t][i] += y[t][i];
      }
    }
  }

  private static double[][] copy(double[][] x) {
    return Arrays.stream(x).map(double[]::clone).toArray(double[][]::new);
  }

  /// By the series, which is exact enough for arguments of these sizes.
  private static double erf(double x) {
    if (Math.abs(x) > 4) {
      return Math.signum(x);
    }
    double term = x;
    double sum = x;
    for (int n = 1; n < 200; n++) {
      term *= -x * x / n;
      sum += term / (2 * n + 1);
    }
    return 2 / Math.sqrt(Math.PI) * sum;
  }
}
