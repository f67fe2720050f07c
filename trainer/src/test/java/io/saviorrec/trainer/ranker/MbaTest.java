package io.saviorrec.trainer.ranker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.saviorrec.trainer.optim.Adagrad;
import io.saviorrec.trainer.optim.ParameterGroup;
import io.saviorrec.trainer.torch.ScriptModule;
import io.saviorrec.trainer.torch.Tensors;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Modal-Behavior Alignment at and near its zero start.
class MbaTest {
  private static final int LEVELS = 3;
  private static final int CODES = 4;
  private static final int WIDTH = 5;
  private static final int Z_DIM = 6;
  private static final double EPS = 0.1;
  private static final int ROWS = LEVELS * (CODES + 1);

  private record Mba(ScriptModule module, Tensor codebook, Tensor fusion) {
    Tensor align(Tensor z, long... codes) {
      return module.callTensor("align", z, Tensors.longs(codes, codes.length / LEVELS, LEVELS));
    }
  }

  private static Mba mba(MbaNorm norm, boolean doublePrecision) {
    torch.manual_seed(3);
    ScriptModule module = new ScriptModule("MbaUnderTest");
    ScalarType type = doublePrecision ? ScalarType.Double : ScalarType.Float;
    Tensor codebook = module.parameter("codebook", torch.zeros(ROWS, WIDTH).to(type));
    Tensor fusion =
        module.parameter("fusion", Tensors.xavier(Z_DIM, (long) LEVELS * WIDTH).to(type));
    module.attribute("codebook_size", CODES);
    module.attribute("norm", norm.code());
    module.attribute("eps", EPS);
    module.attribute("skip", 1.0);
    module.defineResource("torchscript/mba.py");
    return new Mba(module, codebook, fusion);
  }

  private static Tensor z(int rows) {
    float[] values = new float[rows * Z_DIM];
    Random random = new Random(rows);
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) random.nextGaussian();
    }
    // A negative zero must come back as it is, or as zero; nothing else may change.
    values[0] = 0;
    return Tensors.floats(values, rows, Z_DIM);
  }

  @ParameterizedTest
  @EnumSource(MbaNorm.class)
  void beforeTheFirstStepAlignmentIsTheIdentityBitByBit(MbaNorm norm) {
    try (var _ = new PointerScope()) {
      Mba mba = mba(norm, false);
      Tensor z = z(2);
      Tensor aligned = mba.align(z, 0, 1, 2, 3, 3, CODES);
      assertThat(Tensors.toFloats(aligned)).containsExactly(Tensors.toFloats(z));
    }
  }

  @ParameterizedTest
  @EnumSource(MbaNorm.class)
  void paddingCodesGiveZBackFromATrainedCodebookToo(MbaNorm norm) {
    try (var _ = new PointerScope()) {
      Mba mba = mba(norm, false);
      fill(mba, 1);
      Tensor z = z(2);
      float[] aligned = Tensors.toFloats(mba.align(z, CODES, CODES, CODES, 0, 1, 2));
      float[] given = Tensors.toFloats(z);
      for (int d = 0; d < Z_DIM; d++) {
        assertThat(aligned[d]).isEqualTo(given[d]);
        assertThat(aligned[Z_DIM + d]).isNotEqualTo(given[Z_DIM + d]);
      }
    }
  }

  /// Applying the fusion layer to the codes and adding rows gives the same values and gradients as
  /// applying it to each item.
  @ParameterizedTest
  @EnumSource(MbaNorm.class)
  void manyItemsAreAlignedLikeEach(MbaNorm norm) {
    try (var _ = new PointerScope()) {
      int items = 4 * (CODES + 1);
      Tensor z = z(items);
      long[] codes = new Random(2).longs((long) items * LEVELS, 0, CODES + 1).toArray();
      Tensor weights = torch.randn(items, Z_DIM);
      List<float[]> each = List.of();
      for (String method : List.of("align", "align_many")) {
        Mba mba = mba(norm, false);
        fill(mba, 1);
        Tensor aligned = mba.module.callTensor(method, z, Tensors.longs(codes, items, LEVELS));
        aligned.mul(weights).sum().backward();
        List<float[]> results =
            Stream.of(aligned, mba.codebook.grad(), mba.fusion.grad())
                .map(Tensors::toFloats)
                .toList();
        for (int i = 0; i < each.size(); i++) {
          assertThat(results.get(i)).containsExactly(each.get(i), within(2e-5f));
        }
        each = results;
      }
    }
  }

  private static void fill(Mba mba, double scale) {
    try (var _ = new NoGradGuard()) {
      mba.codebook.copy_(torch.randn_like(mba.codebook).mul(new Scalar(scale)));
    }
  }

  /// |dL/dv| is at most |W| / eps · |dL/dz|, and at zero the codebook's gradient is not zero.
  @ParameterizedTest
  @ValueSource(doubles = {0, 1e-6, 0.01, 1, 100})
  void theSmoothNormBoundsTheGradient(double scale) {
    try (var _ = new PointerScope()) {
      Mba mba = mba(MbaNorm.SMOOTH, false);
      fill(mba, scale);
      Tensor direction = z(1);
      mba.align(z(1), 0, 1, 2).mul(direction).sum().backward();
      double gradient = length(mba.codebook.grad());
      assertThat(gradient)
          .isPositive()
          .isLessThanOrEqualTo(length(mba.fusion) / EPS * length(direction) * (1 + 1e-5));
    }
  }

  @Test
  void theHardNormHasAGradientWithoutBoundAtZero() {
    try (var _ = new PointerScope()) {
      Mba mba = mba(MbaNorm.HARD, false);
      fill(mba, 1e-9);
      Tensor direction = z(1);
      mba.align(z(1), 0, 1, 2).mul(direction).sum().backward();
      assertThat(length(mba.codebook.grad()))
          .isGreaterThan(1e6 * length(mba.fusion) / EPS * length(direction));
    }
  }

  private static double length(Tensor tensor) {
    double sum = 0;
    for (float value : Tensors.toFloats(tensor)) {
      sum += (double) value * value;
    }
    return Math.sqrt(sum);
  }

  /// Central differences in double precision.
  @ParameterizedTest
  @ValueSource(doubles = {0, 1e-6, 1})
  void gradientsOfTheSmoothNormAreThoseOfFiniteDifferences(double scale) {
    try (var _ = new PointerScope()) {
      Mba mba = mba(MbaNorm.SMOOTH, true);
      fill(mba, scale);
      Tensor z = z(2).to(ScalarType.Double);
      Tensor direction = z(2).to(ScalarType.Double);
      long[] codes = {0, 1, 2, 0, 3, 1};
      mba.align(z, codes).mul(direction).sum().backward();
      for (Tensor parameter : List.of(mba.codebook, mba.fusion)) {
        long columns = parameter.size(1);
        for (long at = 0; at < parameter.numel(); at += 3) {
          Tensor cell = parameter.detach().select(0, at / columns).select(0, at % columns);
          double gradient =
              parameter.grad().select(0, at / columns).select(0, at % columns).item_double();
          double before = cell.item_double();
          double step = 1e-7;
          cell.fill_(new Scalar(before + step));
          double above = mba.align(z, codes).mul(direction).sum().item_double();
          cell.fill_(new Scalar(before - step));
          double below = mba.align(z, codes).mul(direction).sum().item_double();
          cell.fill_(new Scalar(before));
          assertThat((above - below) / (2 * step))
              .as("cell %d", at)
              .isCloseTo(gradient, within(1e-6 * Math.max(1, Math.abs(gradient))));
        }
      }
    }
  }

  /// Adagrad's accumulator keeps the square of the first gradient: under the hard norm rows move
  /// once and then stand still, under the smooth norm they go on.
  @Test
  void theHardNormFreezesRowsThatTheSmoothNormTrains() {
    assertThat(movedAfterTheFirstSteps(MbaNorm.SMOOTH)).isGreaterThan(1e-3);
    assertThat(movedAfterTheFirstSteps(MbaNorm.HARD)).isLessThan(1e-9);
  }

  /// How far codebook entries move, at most, between the third and the hundredth step.
  private static double movedAfterTheFirstSteps(MbaNorm norm) {
    try (var _ = new PointerScope()) {
      Mba mba = mba(norm, false);
      Adagrad optimizer =
          new Adagrad(
              List.of(ParameterGroup.of(List.of(mba.codebook), 0.01)),
              Adagrad.INITIAL_ACCUMULATOR,
              Adagrad.Decay.NONE);
      Tensor z = z(2);
      Tensor target = z(2).neg();
      float[] early = new float[0];
      for (int step = 1; step <= 100; step++) {
        Tensor error = mba.align(z, 0, 1, 2, 0, 3, 1).sub(target);
        error.mul(error).mean().backward();
        optimizer.step(rate -> rate);
        if (step == 3) {
          early = Tensors.toFloats(mba.codebook);
        }
      }
      float[] late = Tensors.toFloats(mba.codebook);
      double most = 0;
      for (int i = 0; i < late.length; i++) {
        assertThat(late[i]).isFinite();
        most = Math.max(most, Math.abs(late[i] - early[i]));
      }
      return most;
    }
  }
}
