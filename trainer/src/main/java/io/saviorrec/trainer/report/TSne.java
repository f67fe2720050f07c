package io.saviorrec.trainer.report;

import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

/// Exact t-SNE (van der Maaten and Hinton 2008) of some hundred vectors in the plane: neighbours
/// stay neighbours, distances between groups mean little. The same vectors give the same picture.
final class TSne {
  private static final double PERPLEXITY = 30;
  private static final int ROUNDS = 500;
  private static final int EXAGGERATED = 120;
  private static final double EXAGGERATION = 12;
  private static final double EARLY_MOMENTUM = 0.5;
  private static final double LATE_MOMENTUM = 0.8;
  private static final double LEAST_GAIN = 0.01;
  private static final double START = 1e-4;
  private static final double TINY = 1e-12;
  private static final int BISECTIONS = 50;

  private TSne() {}

  /// The places of vectors, `[n][2]`.
  ///
  /// @param rows f32[n*width]
  static double[][] of(float[] rows, int width) {
    int n = rows.length / width;
    double[][] p = affinities(rows, width, n);
    SplittableRandom random = new SplittableRandom(1);
    double[][] y = new double[n][2];
    for (double[] place : y) {
      place[0] = START * random.nextGaussian();
      place[1] = START * random.nextGaussian();
    }
    double[][] moved = new double[n][2];
    double[][] gains = new double[n][2];
    for (double[] gain : gains) {
      Arrays.fill(gain, 1);
    }
    double rate = Math.max(n / EXAGGERATION, 50);
    for (int round = 0; round < ROUNDS; round++) {
      double[][] gradient = gradient(p, y, round < EXAGGERATED ? EXAGGERATION : 1);
      double momentum = round < EXAGGERATED ? EARLY_MOMENTUM : LATE_MOMENTUM;
      for (int i = 0; i < n; i++) {
        for (int d = 0; d < 2; d++) {
          boolean turns = gradient[i][d] > 0 == moved[i][d] > 0;
          gains[i][d] = Math.max(LEAST_GAIN, turns ? gains[i][d] * 0.8 : gains[i][d] + 0.2);
          moved[i][d] = momentum * moved[i][d] - rate * gains[i][d] * gradient[i][d];
          y[i][d] += moved[i][d];
        }
      }
      centre(y);
    }
    return y;
  }

  private static void centre(double[][] y) {
    for (int d = 0; d < 2; d++) {
      int axis = d;
      double mean = Arrays.stream(y).mapToDouble(place -> place[axis]).average().orElse(0);
      for (double[] place : y) {
        place[d] -= mean;
      }
    }
  }

  private static double[][] gradient(double[][] p, double[][] y, double factor) {
    int n = y.length;
    double total =
        IntStream.range(0, n)
            .parallel()
            .mapToDouble(
                i -> {
                  double sum = 0;
                  for (int j = 0; j < n; j++) {
                    sum += i == j ? 0 : near(y, i, j);
                  }
                  return sum;
                })
            .sum();
    double[][] gradient = new double[n][2];
    IntStream.range(0, n)
        .parallel()
        .forEach(
            i -> {
              for (int j = 0; j < n; j++) {
                if (i != j) {
                  double near = near(y, i, j);
                  double pull = 4 * (factor * p[i][j] - Math.max(near / total, TINY)) * near;
                  gradient[i][0] += pull * (y[i][0] - y[j][0]);
                  gradient[i][1] += pull * (y[i][1] - y[j][1]);
                }
              }
            });
    return gradient;
  }

  /// Student's t with one degree of freedom, without its constant.
  private static double near(double[][] y, int i, int j) {
    double a = y[i][0] - y[j][0];
    double b = y[i][1] - y[j][1];
    return 1 / (1 + a * a + b * b);
  }

  /// Symmetric joint probabilities of neighbours, by Gaussians as wide as the perplexity asks.
  private static double[][] affinities(float[] rows, int width, int n) {
    double[][] p = new double[n][n];
    double perplexity = Math.min(PERPLEXITY, Math.max(2, (n - 1) / 3.0));
    IntStream.range(0, n)
        .parallel()
        .forEach(i -> neighbours(distances(rows, width, n, i), i, Math.log(perplexity), p[i]));
    for (int i = 0; i < n; i++) {
      for (int j = 0; j < i; j++) {
        double both = Math.max((p[i][j] + p[j][i]) / (2 * n), TINY);
        p[i][j] = both;
        p[j][i] = both;
      }
    }
    return p;
  }

  private static double[] distances(float[] rows, int width, int n, int i) {
    double[] distances = new double[n];
    for (int j = 0; j < n; j++) {
      for (int d = 0; d < width; d++) {
        double difference = rows[i * width + d] - rows[j * width + d];
        distances[j] += difference * difference;
      }
    }
    return distances;
  }

  private static void neighbours(double[] distances, int self, double entropy, double[] out) {
    double low = 0;
    double high = Double.POSITIVE_INFINITY;
    double precision = 1;
    for (int step = 0; step < BISECTIONS; step++) {
      double measured = weigh(distances, self, precision, out);
      if (measured > entropy) {
        low = precision;
        precision = Double.isInfinite(high) ? 2 * precision : (low + high) / 2;
      } else {
        high = precision;
        precision = (low + high) / 2;
      }
    }
  }

  /// Fills in the probabilities, and returns their entropy.
  private static double weigh(double[] distances, int self, double precision, double[] out) {
    double least = Double.POSITIVE_INFINITY;
    for (int j = 0; j < distances.length; j++) {
      least = j == self ? least : Math.min(least, distances[j]);
    }
    double sum = 0;
    for (int j = 0; j < out.length; j++) {
      out[j] = j == self ? 0 : Math.exp(-precision * (distances[j] - least));
      sum += out[j];
    }
    double entropy = 0;
    for (int j = 0; j < out.length; j++) {
      out[j] /= sum;
      entropy -= out[j] > 0 ? out[j] * Math.log(out[j]) : 0;
    }
    return entropy;
  }
}
