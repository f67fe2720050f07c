package io.saviorrec.trainer.evaluate;

import io.saviorrec.bundle.Bundle;
import io.saviorrec.trainer.torch.ScriptModule;
import io.saviorrec.trainer.torch.Tensors;
import java.util.Arrays;
import java.util.Optional;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;

/// How much each residual layer counts in MBA (paper, Fig. 3): of each layer the mean length of its
/// code vectors that training moved, and of its columns of the fusion layer, each as a share of all
/// layers'.
///
/// @param codebook shares by layer, the first one first
/// @param fusion likewise
@SuppressWarnings("ArrayRecordComponent") // plain columns, never compared
public record LayerImportance(double[] codebook, double[] fusion) {
  private static final String CODEBOOK = "codebook";
  private static final String FUSION = "fusion";

  /// That of a bundle; nothing where its variant has no MBA.
  public static Optional<LayerImportance> of(Bundle bundle) {
    int levels = bundle.manifest().dims().levels();
    int codes = bundle.manifest().dims().codebookSize();
    try (var _ = new PointerScope()) {
      ScriptModule mba = ScriptModule.load(bundle.path(Bundle.MBA));
      Tensor codebook = mba.tensor(CODEBOOK).orElse(null);
      Tensor fusion = mba.tensor(FUSION).orElse(null);
      if (codebook == null || fusion == null || fusion.numel() == 0 || codebook.numel() == 0) {
        return Optional.empty();
      }
      return Optional.of(of(Tensors.toFloats(codebook), Tensors.toFloats(fusion), levels, codes));
    }
  }

  /// @param codebook f32[L*(K+1), d], the last row of each layer for padding
  /// @param fusion f32[D, L*d]
  static LayerImportance of(float[] codebook, float[] fusion, int levels, int codes) {
    int width = codebook.length / (levels * (codes + 1));
    int columns = levels * width;
    double[] ofCodes = new double[levels];
    double[] ofFusion = new double[levels];
    for (int level = 0; level < levels; level++) {
      int moved = 0;
      for (int code = 0; code < codes; code++) {
        double length = 0;
        int row = level * (codes + 1) + code;
        for (int d = 0; d < width; d++) {
          length += (double) codebook[row * width + d] * codebook[row * width + d];
        }
        moved += length > 0 ? 1 : 0;
        ofCodes[level] += Math.sqrt(length);
      }
      ofCodes[level] /= Math.max(1, moved);
      for (int d = 0; d < width; d++) {
        double length = 0;
        for (int at = level * width + d; at < fusion.length; at += columns) {
          length += (double) fusion[at] * fusion[at];
        }
        ofFusion[level] += Math.sqrt(length) / width;
      }
    }
    return new LayerImportance(shares(ofCodes), shares(ofFusion));
  }

  private static double[] shares(double[] values) {
    double sum = Arrays.stream(values).sum();
    return Arrays.stream(values).map(value -> sum > 0 ? value / sum : 0).toArray();
  }
}
