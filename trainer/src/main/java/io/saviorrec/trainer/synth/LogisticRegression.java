package io.saviorrec.trainer.synth;

/// A small logistic regression, fitted by Newton's method with a slight ridge.
final class LogisticRegression {
  private static final int STEPS = 8;
  private static final double RIDGE = 1e-3;

  private final int width;
  private final double[] weights;

  /// `initial` holds one weight a feature; a constant feature serves as the intercept.
  LogisticRegression(double... initial) {
    width = initial.length;
    weights = initial.clone();
  }

  double logit(double[] features, int offset) {
    double sum = 0;
    for (int j = 0; j < width; j++) {
      sum += weights[j] * features[offset + j];
    }
    return sum;
  }

  /// Fits to `rows` rows of `features`, starting from the present weights.
  void fit(double[] features, boolean[] labels, int rows) {
    for (int step = 0; step < STEPS; step++) {
      double[] gradient = new double[width];
      double[][] curvature = new double[width][width];
      for (int row = 0; row < rows; row++) {
        accumulate(features, row * width, labels[row], gradient, curvature);
      }
      for (int j = 0; j < width; j++) {
        gradient[j] -= RIDGE * weights[j];
        curvature[j][j] += RIDGE;
      }
      solve(curvature, gradient);
      for (int j = 0; j < width; j++) {
        weights[j] += gradient[j];
      }
    }
  }

  private void accumulate(
      double[] features, int offset, boolean label, double[] gradient, double[][] curvature) {
    double probability = Rates.sigmoid(logit(features, offset));
    double error = (label ? 1 : 0) - probability;
    double weight = probability * (1 - probability);
    for (int j = 0; j < width; j++) {
      double x = features[offset + j];
      gradient[j] += error * x;
      for (int k = 0; k <= j; k++) {
        curvature[j][k] += weight * x * features[offset + k];
      }
    }
  }

  /// Solves the symmetric system given by its lower triangle in place, by Cholesky factors.
  private static void solve(double[][] a, double[] b) {
    int n = b.length;
    for (int j = 0; j < n; j++) {
      for (int k = 0; k < j; k++) {
        a[j][j] -= a[j][k] * a[j][k];
      }
      a[j][j] = Math.sqrt(a[j][j]);
      for (int i = j + 1; i < n; i++) {
        for (int k = 0; k < j; k++) {
          a[i][j] -= a[i][k] * a[j][k];
        }
        a[i][j] /= a[j][j];
      }
    }
    for (int i = 0; i < n; i++) {
      for (int k = 0; k < i; k++) {
        b[i] -= a[i][k] * b[k];
      }
      b[i] /= a[i][i];
    }
    for (int i = n - 1; i >= 0; i--) {
      for (int k = i + 1; k < n; k++) {
        b[i] -= a[k][i] * b[k];
      }
      b[i] /= a[i][i];
    }
  }
}
