package io.saviorrec.trainer.ranker;

import io.saviorrec.contract.RankerContract;
import io.saviorrec.trainer.ranker.PlainRanker.Item;
import java.util.Random;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/// A ranker small enough to be computed by hand, and items for it.
final class SmallRanker {
  static final int Z_DIM = 6;
  static final int LEVELS = 3;
  static final int CODES = 5;
  static final int ITEM_COLUMNS = 2;

  static RankerConfig config(Variant variant, AttentionNorm norm, Wiring wiring, MbaNorm mbaNorm) {
    return config(variant, norm, wiring, mbaNorm, Inputs.ALL);
  }

  static RankerConfig config(
      Variant variant, AttentionNorm norm, Wiring wiring, MbaNorm mbaNorm, Inputs inputs) {
    return new RankerConfig(
        variant,
        wiring,
        norm,
        inputs,
        2,
        3,
        4,
        5,
        2,
        4,
        3,
        2,
        1,
        7,
        6,
        0.2,
        true,
        RankerConfig.Switch.AUTO,
        new RankerConfig.Mba(4, mbaNorm, 0.3),
        new RankerConfig.Taste(variant.usesZ() && inputs != Inputs.NO_CONTENT, 3, 50),
        CalibrationKind.NONE,
        new RankerConfig.Training(
            RankerConfig.OptimizerKind.MIXED, 10, 1, 0.1, 0.02, 0.003, 0.1, 0.05, 0));
  }

  static RankerSpec spec() {
    return new RankerSpec(
        Z_DIM,
        LEVELS,
        CODES,
        2,
        9,
        1,
        4,
        ITEM_COLUMNS,
        7,
        new long[] {10, 20, 30},
        new long[] {7, 8},
        new float[][] {{1, 5, 20}, {0, 2, 7}, {1, 3, 9}, {.1f, .2f, .3f}},
        new float[] {2, 1, 1.5f, -1},
        new float[] {1.1f, 0.9f, 0.5f, 0.4f},
        new float[] {-2, -1, 0},
        -1.2,
        0.8,
        0.2);
  }

  /// A ranker whose every weight is random, the zero-initialised ones too.
  static Ranker ranker(RankerConfig config) {
    torch.manual_seed(5);
    float[] rqCodebook = new float[LEVELS * CODES * 4];
    Ranker ranker = new Ranker(config, spec(), rqCodebook);
    try (var _ = new PointerScope();
        var _ = new NoGradGuard()) {
      for (Tensor parameter : ranker.module().parameters().values()) {
        if (parameter.numel() > 0) {
          parameter.copy_(torch.randn_like(parameter).mul(new Scalar(0.4)));
        }
      }
    }
    return ranker;
  }

  static Item item(Random random, long id) {
    float[] z = new float[Z_DIM];
    for (int d = 0; d < Z_DIM; d++) {
      z[d] = (float) random.nextGaussian() * 0.4f;
    }
    long[] codes = new long[LEVELS];
    for (int l = 0; l < LEVELS; l++) {
      codes[l] = random.nextInt(CODES + 1);
    }
    int pv = random.nextInt(40);
    return new Item(
        id,
        new float[] {pv, pv == 0 ? 0 : random.nextInt(pv), random.nextInt(12)},
        new long[] {random.nextInt(3), 3 + random.nextInt(4)},
        z,
        codes);
  }

  /// The profile of every user; empty where it is no input.
  static float[] taste(Ranker ranker) {
    Random random = new Random(9);
    float[] taste = new float[ranker.tasteWidth()];
    for (int d = 0; d < taste.length; d++) {
      taste[d] = 3 * (float) random.nextGaussian();
    }
    return taste;
  }

  static Item unknown() {
    return new Item(
        RankerContract.UNKNOWN_ITEM,
        new float[3],
        new long[] {0, 3},
        new float[Z_DIM],
        new long[] {CODES, CODES, CODES});
  }

  private SmallRanker() {}
}
