package io.saviorrec.trainer.evaluate;

import io.saviorrec.trainer.torch.ScriptModule;
import io.saviorrec.trainer.torch.Tensors;
import java.util.Arrays;
import java.util.List;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;

/// What a linear map of z tells of something, fitted on some items and measured on others.
final class LinearProbe implements AutoCloseable {
  /// Share of the mean variance; enough that columns without variance do no harm.
  private static final double RIDGE = 1e-4;

  private static final double DECAY = 1e-3;
  private static final int STEPS = 200;

  private final PointerScope scope = new PointerScope();
  private final NoGradGuard noGradients = new NoGradGuard();
  private final ScriptModule script = script();
  private final int[] fitted;
  private final int[] measured;
  private final Tensor fittedRows;
  private final Tensor measuredRows;

  /// @param z f32[N*dim]
  /// @param fitted items to learn from
  /// @param measured items to be tried on
  LinearProbe(float[] z, int dim, int[] fitted, int[] measured) {
    this.fitted = fitted;
    this.measured = measured;
    List<Tensor> whitened =
        script.callTensors("whiten", rows(z, dim, fitted), rows(z, dim, measured), RIDGE);
    this.fittedRows = whitened.get(0);
    this.measuredRows = whitened.get(1);
  }

  private static ScriptModule script() {
    return new ScriptModule("LinearProbe").defineResource("torchscript/probe.py");
  }

  /// R² of ridge regression, 0 where the items measured do not differ.
  ///
  /// @param target by item
  double rSquared(float[] target) {
    float[] known = new float[fitted.length];
    for (int i = 0; i < known.length; i++) {
      known[i] = target[fitted[i]];
    }
    float[] predicted =
        Tensors.toFloats(
            script.callTensor(
                "regress", fittedRows, Tensors.floats(known, known.length), measuredRows));
    double mean = Arrays.stream(measured).mapToDouble(item -> target[item]).average().orElse(0);
    double error = 0;
    double variance = 0;
    for (int i = 0; i < measured.length; i++) {
      double truth = target[measured[i]];
      error += (predicted[i] - truth) * (predicted[i] - truth);
      variance += (truth - mean) * (truth - mean);
    }
    return variance > 0 ? 1 - error / variance : 0;
  }

  /// The share of items whose kind multinomial logistic regression finds.
  ///
  /// @param kind by item, from 0
  double accuracy(int[] kind) {
    long[] known = Arrays.stream(fitted).mapToLong(item -> kind[item]).toArray();
    int kinds = 1 + Arrays.stream(kind).max().orElse(0);
    long[] found =
        Tensors.toLongs(
            script.callTensor(
                "classify",
                fittedRows,
                Tensors.longs(known, known.length),
                kinds,
                measuredRows,
                DECAY,
                STEPS));
    int right = 0;
    for (int i = 0; i < measured.length; i++) {
      right += found[i] == kind[measured[i]] ? 1 : 0;
    }
    return (double) right / measured.length;
  }

  /// How many directions z uses: exp of the entropy of the shares of its principal directions in
  /// its variance.
  static double effectiveRank(float[] z, int dim) {
    try (var _ = new PointerScope();
        var _ = new NoGradGuard()) {
      return script()
          .callTensor("effective_rank", Tensors.floats(z, z.length / dim, dim))
          .item_double();
    }
  }

  private static Tensor rows(float[] z, int dim, int[] items) {
    float[] rows = new float[items.length * dim];
    for (int i = 0; i < items.length; i++) {
      System.arraycopy(z, items[i] * dim, rows, i * dim, dim);
    }
    return Tensors.floats(rows, items.length, dim);
  }

  @Override
  public void close() {
    noGradients.close();
    scope.close();
  }
}
