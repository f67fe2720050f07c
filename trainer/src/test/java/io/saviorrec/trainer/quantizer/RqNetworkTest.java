package io.saviorrec.trainer.quantizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.saviorrec.trainer.optim.AdamW;
import io.saviorrec.trainer.optim.ParameterGroup;
import io.saviorrec.trainer.torch.ScriptModule;
import io.saviorrec.trainer.torch.Tensors;
import io.saviorrec.trainer.train.Preset;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.SplittableRandom;
import java.util.function.DoubleUnaryOperator;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

final class RqNetworkTest {
  private static final int LEVELS = 3;
  private static final int CODES = 4;
  private static final int DIM = 5;
  private static final int Z_DIM = 6;
  private static final int ROWS = 9;

  @BeforeAll
  static void useOneThread() {
    torch.set_num_threads(1);
  }

  /// A small network with random codes.
  private static ScriptModule network() {
    torch.manual_seed(3);
    QuantizerConfig tiny = Preset.TINY.config().quantizer();
    QuantizerConfig config =
        new QuantizerConfig(
            LEVELS,
            CODES,
            DIM,
            8,
            tiny.reconstructionWeight(),
            tiny.commitmentWeight(),
            tiny.contrastWeight(),
            tiny.temperature(),
            1,
            1,
            2,
            1e-3,
            0,
            0);
    ScriptModule module = RqNetwork.create(config, Z_DIM);
    module.parameter("codebook").detach().copy_(torch.randn(LEVELS, CODES, DIM));
    return module;
  }

  private static Tensor z(int rows) {
    return Tensors.floats(gaussians(rows * Z_DIM, 7), rows, Z_DIM);
  }

  private static float[] gaussians(int count, int seed) {
    Random random = new Random(seed);
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = (float) random.nextGaussian();
    }
    return values;
  }

  private static int nearest(double[] residual, float[] codebook, int level) {
    int best = 0;
    double least = Double.POSITIVE_INFINITY;
    for (int code = 0; code < CODES; code++) {
      double distance = 0;
      for (int d = 0; d < DIM; d++) {
        double step = residual[d] - codebook[(level * CODES + code) * DIM + d];
        distance += step * step;
      }
      if (distance < least) {
        least = distance;
        best = code;
      }
    }
    return best;
  }

  @Test
  void quantisesTheResidualOfEachLevel() {
    try (var _ = new PointerScope()) {
      ScriptModule module = network();
      float[] encoded = Tensors.toFloats(module.callTensor("encode", z(ROWS)));
      float[] codebook = Tensors.toFloats(module.parameter("codebook"));
      long[] codes = Tensors.toLongs(module.callTensor("quantize", z(ROWS)));
      for (int row = 0; row < ROWS; row++) {
        double[] residual = new double[DIM];
        for (int d = 0; d < DIM; d++) {
          residual[d] = encoded[row * DIM + d];
        }
        for (int level = 0; level < LEVELS; level++) {
          int code = nearest(residual, codebook, level);
          assertThat(codes[row * LEVELS + level]).isEqualTo(code);
          for (int d = 0; d < DIM; d++) {
            residual[d] -= codebook[(level * CODES + code) * DIM + d];
          }
        }
      }
    }
  }

  @Test
  void reconstructsFromTheSumOfTheCodes() {
    try (var _ = new PointerScope()) {
      ScriptModule module = network();
      Tensor codebook = module.parameter("codebook");
      Tensor sum =
          codebook
              .select(0, 0)
              .select(0, 2)
              .add(codebook.select(0, 1).select(0, 0))
              .add(codebook.select(0, 2).select(0, 3));
      float[] expected = Tensors.toFloats(module.callTensor("decode", sum.unsqueeze(0)));
      Tensor codes = Tensors.longs(new long[] {2, 0, 3}, 1, LEVELS);
      assertThat(Tensors.toFloats(module.callTensor("reconstruct", codes)))
          .containsExactly(expected, within(1e-5f));
    }
  }

  @Test
  void takesTheLowestIndexOnATie() {
    try (var _ = new PointerScope()) {
      ScriptModule module = network();
      module.parameter("codebook").detach().zero_();
      assertThat(Tensors.toLongs(module.callTensor("quantize", z(ROWS)))).containsOnly(0);
    }
  }

  @Test
  void balancesAssignmentsLikePlainSinkhorn() {
    int rows = 12;
    float[] values = gaussians(rows * CODES, 11);
    for (int i = 0; i < values.length; i++) {
      // The first code is far too attractive.
      values[i] = Math.abs(values[i]) + (i % CODES == 0 ? 0 : 1.5f);
    }
    long[] codes = sinkhorn(values, rows);
    assertThat(codes).isEqualTo(plainSinkhorn(values, rows, value -> value));
    assertThat(Arrays.stream(codes).filter(code -> code == 0).count()).isLessThan(rows / 2);
  }

  /// The outlier is some twenty standard deviations away from every code, and exp(-10 · 20) is no
  /// float: a Sinkhorn that keeps probabilities in single precision sees a row of zeros and answers
  /// 0.
  @Test
  void assignsAnOutlierWhoseProbabilitiesAreTooSmallForAFloat() {
    int rows = 400;
    int outlier = 123;
    float[] values = gaussians(rows * CODES, 11);
    float[] far = {500, 490, 470, 480};
    System.arraycopy(far, 0, values, outlier * CODES, CODES);
    long[] expected = plainSinkhorn(values, rows, value -> value);
    assertThat(expected[outlier]).isEqualTo(2);
    long[] naive = plainSinkhorn(values, rows, value -> (float) value);
    assertThat(naive[outlier]).isZero();
    assertThat(sinkhorn(values, rows)).isEqualTo(expected);
  }

  private static long[] sinkhorn(float[] distance, int rows) {
    try (var _ = new PointerScope()) {
      return Tensors.toLongs(
          network().callTensor("sinkhorn", Tensors.floats(distance, rows, CODES)));
    }
  }

  /// As in the literature: probabilities, scaled by columns and rows in turn.
  ///
  /// @param rounded what the precision leaves of a number
  private static long[] plainSinkhorn(float[] distance, int rows, DoubleUnaryOperator rounded) {
    double[] q = probabilities(distance, rounded);
    for (int iteration = 0; iteration < 5; iteration++) {
      for (int code = 0; code < CODES; code++) {
        scale(q, code, CODES, rows, CODES, rounded);
      }
      for (int row = 0; row < rows; row++) {
        scale(q, row * CODES, 1, CODES, rows, rounded);
      }
    }
    long[] codes = new long[rows];
    for (int row = 0; row < rows; row++) {
      for (int code = 1; code < CODES; code++) {
        if (q[row * CODES + code] > q[row * CODES + (int) codes[row]]) {
          codes[row] = code;
        }
      }
    }
    return codes;
  }

  private static double[] probabilities(float[] distance, DoubleUnaryOperator rounded) {
    int n = distance.length;
    double mean = 0;
    for (float value : distance) {
      mean += (double) value / n;
    }
    double variance = 0;
    double least = Double.POSITIVE_INFINITY;
    for (float value : distance) {
      variance += (value - mean) * (value - mean) / (n - 1);
      least = Math.min(least, value);
    }
    double[] q = new double[n];
    for (int i = 0; i < n; i++) {
      q[i] =
          rounded.applyAsDouble(
              Math.exp(-10 * (distance[i] - least) / (Math.sqrt(variance) + 1e-6)));
    }
    return q;
  }

  /// Makes `count` entries add up to 1 / `parts`.
  private static void scale(
      double[] q, int first, int step, int count, int parts, DoubleUnaryOperator rounded) {
    double sum = 0;
    for (int i = 0; i < count; i++) {
      sum = rounded.applyAsDouble(sum + q[first + i * step]);
    }
    for (int i = 0; i < count; i++) {
      q[first + i * step] =
          rounded.applyAsDouble(rounded.applyAsDouble(q[first + i * step] / sum) / parts);
    }
  }

  /// What is left after the last level, `[rows, d]`, given what each level saw.
  private static Tensor leftOver(ScriptModule module, Tensor residuals) {
    Tensor seen = residuals.select(0, LEVELS - 1);
    Tensor codes = module.parameter("codebook").detach().select(0, LEVELS - 1);
    Tensor chosen = module.callTensor("sinkhorn", module.callTensor("distances", seen, codes));
    return seen.sub(codes.index_select(0, chosen));
  }

  @Test
  void commitsEncodingsAndCodesToEachOther() {
    try (var _ = new PointerScope()) {
      ScriptModule module = network();
      List<Tensor> outputs = module.callTensors("quantize_training", z(ROWS));
      // mean over levels of |e - cum|^2, once for the encoding and once for the codes.
      Tensor residuals = outputs.get(3);
      double expected = 0;
      for (int level = 1; level <= LEVELS; level++) {
        Tensor error = level < LEVELS ? residuals.select(0, level) : leftOver(module, residuals);
        for (float value : Tensors.toFloats(error)) {
          expected += 2.0 * value * value / (ROWS * DIM) / LEVELS;
        }
      }
      assertThat((double) outputs.get(1).item_float()).isCloseTo(expected, within(1e-4));
    }
  }

  @Test
  void sendsTheDecodersGradientToTheEncodingOnce() {
    try (var _ = new PointerScope()) {
      ScriptModule module = network();
      List<Tensor> outputs = module.callTensors("quantize_training", z(ROWS));
      outputs.get(0).sum().backward();
      assertThat(module.parameter("codebook").grad().defined()).isFalse();
      Tensor residuals = outputs.get(3);
      Tensor quantised =
          residuals.select(0, 0).sub(leftOver(module, residuals)).detach().set_requires_grad(true);
      module.callTensor("decode", quantised).sum().backward();
      assertThat(Tensors.toFloats(module.parameter("enc_3_bias").grad()))
          .containsExactly(Tensors.toFloats(quantised.grad().sum(0)), within(1e-4f));
    }
  }

  @Test
  void givesEveryParameterAGradient() {
    try (var _ = new PointerScope()) {
      ScriptModule module = network();
      Tensor input = z(64);
      List<Tensor> outputs = module.callTensors("quantize_training", input);
      Tensor error = input.sub(outputs.get(0));
      error.mul(error).mean().add(outputs.get(1)).backward();
      module
          .parameters()
          .forEach(
              (name, parameter) -> {
                float[] gradient = Tensors.toFloats(parameter.grad());
                assertThat(gradient).as(name).isNotEqualTo(new float[gradient.length]);
              });
    }
  }

  @Test
  void startsWithCodesThatLeaveLessAndLess() {
    try (var _ = new PointerScope()) {
      ScriptModule module = network();
      Tensor input = z(80);
      RqNetwork.fitCodebook(module, input, new SplittableRandom(1));
      Tensor residual = module.callTensor("encode", input);
      Tensor codes = module.callTensor("quantize", input);
      double before = residual.norm().item_float();
      for (int level = 0; level < LEVELS; level++) {
        residual =
            residual.sub(
                module
                    .parameter("codebook")
                    .select(0, level)
                    .index_select(0, codes.select(1, level)));
        double after = residual.norm().item_float();
        assertThat(after).isLessThan(0.9 * before);
        before = after;
      }
    }
  }

  @Test
  void movesUnusedCodesOntoResidualsAndForgetsTheirMoments() {
    try (var _ = new PointerScope()) {
      ScriptModule module = network();
      Tensor codebook = module.parameter("codebook");
      AdamW optimizer = new AdamW(0.9, 0.99, List.of(ParameterGroup.of(List.of(codebook), 1)));
      DeadCodes dead = new DeadCodes(LEVELS, CODES, new SplittableRandom(1));
      long[] nearest = new long[ROWS * LEVELS];
      Arrays.setAll(nearest, i -> i / LEVELS % 3);
      for (int step = 0; step < 300; step++) {
        dead.count(nearest);
      }
      // Code 3 of every level.
      assertThat(dead.dead()).containsExactly(3, 7, 11);
      float[] before = Tensors.toFloats(codebook);
      Tensor residuals = torch.full(new long[] {LEVELS, ROWS, DIM}, new Scalar(9f));
      assertThat(dead.revive(codebook, residuals, optimizer)).isEqualTo(3);
      float[] after = Tensors.toFloats(codebook);
      for (int i = 0; i < after.length; i++) {
        assertThat(after[i]).isEqualTo(i / DIM % CODES == 3 ? 9f : before[i]);
      }
      assertThat(dead.dead()).isEmpty();
    }
  }
}
