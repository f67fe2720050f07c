package io.saviorrec.trainer.quantizer;

import io.saviorrec.trainer.optim.AdamW;
import io.saviorrec.trainer.torch.Tensors;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;
import org.bytedeco.pytorch.Tensor;

/// Finds codes that no item is nearest to any more and gives them new work.
///
/// Uses are counted as a moving average over batches, by nearest code because that is how items are
/// quantised in serving. A code with less than a tenth of an even share becomes a random current
/// residual of its level.
final class DeadCodes {
  private static final double DECAY = 0.99;
  private static final double LEAST_SHARE = 0.1;

  private final int levels;
  private final int codes;
  private final double[] uses;
  private final RandomGenerator random;
  private long batches;

  DeadCodes(int levels, int codes, RandomGenerator random) {
    this.levels = levels;
    this.codes = codes;
    this.random = random;
    this.uses = new double[levels * codes];
    java.util.Arrays.fill(uses, 1.0 / codes);
  }

  /// Counts the uses of a batch.
  ///
  /// @param nearest `[B, levels]`
  /// @return the batches counted so far
  long count(long[] nearest) {
    for (int i = 0; i < uses.length; i++) {
      uses[i] *= DECAY;
    }
    double share = (1 - DECAY) * levels / nearest.length;
    for (int i = 0; i < nearest.length; i++) {
      uses[i % levels * codes + (int) nearest[i]] += share;
    }
    return ++batches;
  }

  /// What was counted, for [#restore].
  long[] save() {
    long[] saved = new long[1 + uses.length];
    saved[0] = batches;
    for (int i = 0; i < uses.length; i++) {
      saved[1 + i] = Double.doubleToRawLongBits(uses[i]);
    }
    return saved;
  }

  /// @param saved has at `from` what [#save] gave
  void restore(long[] saved, int from) {
    batches = saved[from];
    for (int i = 0; i < uses.length; i++) {
      uses[i] = Double.longBitsToDouble(saved[from + 1 + i]);
    }
  }

  /// Rows of the flattened codebook `[levels · codes]` that are as good as unused.
  List<Integer> dead() {
    List<Integer> rows = new ArrayList<>();
    for (int i = 0; i < uses.length; i++) {
      if (uses[i] < LEAST_SHARE / codes) {
        rows.add(i);
      }
    }
    return rows;
  }

  /// Moves the dead codes onto residuals and clears their moments.
  ///
  /// @param codebook the trained parameter `[levels, codes, d]`
  /// @param residuals what each level saw last `[levels, B, d]`
  /// @return how many were moved
  int revive(Tensor codebook, Tensor residuals, AdamW optimizer) {
    List<Integer> rows = dead();
    if (rows.isEmpty()) {
      return 0;
    }
    long batch = residuals.size(1);
    long[] targets = new long[rows.size()];
    long[] sources = new long[rows.size()];
    for (int i = 0; i < targets.length; i++) {
      int row = rows.get(i);
      targets[i] = row;
      sources[i] = row / codes * batch + random.nextLong(batch);
      uses[row] = 1.0 / codes;
    }
    Tensor target = Tensors.longs(targets, targets.length);
    Tensor fresh = residuals.flatten(0, 1).index_select(0, Tensors.longs(sources, sources.length));
    codebook.detach().flatten(0, 1).index_copy_(0, target, fresh);
    optimizer.forgetRows(codebook, target);
    return targets.length;
  }
}
