package io.saviorrec.trainer.metric;

/// Two scores of forty impressions that were also given to scikit-learn 1.9 and scipy 1.17:
///
/// ```python
/// y = np.array([(i * 7 % 11) < 4 for i in range(40)]).astype(int)
/// a = np.array([((i * 37) % 101) / 101 + (0.25 if y[i] else 0) for i in range(40)]) / 1.25
/// b = np.array([((i * 53) % 97) / 97 + (0.1 if y[i] else 0) for i in range(40)]) / 1.1
/// a = np.clip(a, .01, .99).astype(np.float32); a[5] = a[9]; a[12] = a[20]
/// b = np.clip(b, .01, .99).astype(np.float32); b[3] = b[7]
/// ```
final class FixedScores {
  private static final int SIZE = 40;

  private FixedScores() {}

  static boolean[] labels() {
    boolean[] labels = new boolean[SIZE];
    for (int i = 0; i < SIZE; i++) {
      labels[i] = i * 7 % 11 < 4;
    }
    return labels;
  }

  static float[] first() {
    float[] scores = scores(37, 101, 0.25);
    scores[5] = scores[9];
    scores[12] = scores[20];
    return scores;
  }

  static float[] second() {
    float[] scores = scores(53, 97, 0.1);
    scores[3] = scores[7];
    return scores;
  }

  private static float[] scores(int factor, int modulus, double ofClicks) {
    boolean[] labels = labels();
    float[] scores = new float[SIZE];
    for (int i = 0; i < SIZE; i++) {
      double score =
          ((double) (i * factor % modulus) / modulus + (labels[i] ? ofClicks : 0)) / (1 + ofClicks);
      scores[i] = (float) Math.clamp(score, 0.01, 0.99);
    }
    return scores;
  }
}
