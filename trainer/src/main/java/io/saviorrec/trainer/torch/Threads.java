package io.saviorrec.trainer.torch;

import io.saviorrec.trainer.console.UserError;
import org.bytedeco.openblas.global.openblas;
import org.bytedeco.pytorch.global.torch;

/// How many threads one tensor operation may use.
public final class Threads {
  private Threads() {}

  /// Sets the number for libtorch and for the matrix products of OpenBLAS beneath it, which has
  /// threads of its own: left alone they take every core, and spin where another process needs one.
  public static void use(int threads) {
    if (threads < 1) {
      throw new UserError("--threads must be at least 1, was " + threads);
    }
    torch.set_num_threads(threads);
    openblas.blas_set_num_threads(threads);
  }
}
