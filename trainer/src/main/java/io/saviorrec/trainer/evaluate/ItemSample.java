package io.saviorrec.trainer.evaluate;

import io.saviorrec.bundle.Bundle;
import io.saviorrec.bundle.FloatRows;
import io.saviorrec.trainer.data.DataSet;
import io.saviorrec.trainer.data.prepare.TrueContent;
import io.saviorrec.trainer.torch.ScriptModule;
import io.saviorrec.trainer.torch.Tensors;
import java.util.Arrays;
import java.util.stream.IntStream;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.jspecify.annotations.Nullable;

/// Some items of a catalogue, evenly drawn, as a bundle's vectors see them: z and z_align (paper,
/// Fig. 5), with what groups them.
///
/// @param items catalogue indices
/// @param z f32[n*D]
/// @param aligned f32[n*D], null where the bundle's variant has no MBA
/// @param category of each, empty where it has none
/// @param theme of each, a number from 0; null where the truth is unknown
@SuppressWarnings("ArrayRecordComponent") // plain columns, never compared
public record ItemSample(
    int[] items,
    int width,
    float[] z,
    float @Nullable [] aligned,
    String[] category,
    int @Nullable [] theme) {

  /// A sample of a data set's catalogue.
  ///
  /// @param all items of it, as the bundle sees them
  /// @param most items
  public static ItemSample of(Bundle bundle, BundleItems all, DataSet data, int most) {
    int size = data.items().size();
    int count = Math.min(most, size);
    int[] items = IntStream.range(0, count).map(i -> (int) ((long) i * size / count)).toArray();
    FloatRows rows = all.z();
    int width = rows.width();
    float[] z = new float[Math.multiplyExact(count, width)];
    long[] codes = new long[count * all.levels()];
    for (int i = 0; i < count; i++) {
      rows.copy(items[i], z, i * width);
      for (int level = 0; level < all.levels(); level++) {
        codes[i * all.levels() + level] = all.codes()[items[i] * all.levels() + level];
      }
    }
    TrueContent truth = data.trueContent().orElse(null);
    return new ItemSample(
        items,
        width,
        z,
        LayerImportance.of(bundle).isPresent() ? align(bundle, z, width, codes) : null,
        Arrays.stream(items)
            .mapToObj(item -> data.items().content(item).category())
            .toArray(String[]::new),
        truth == null ? null : Arrays.stream(items).map(item -> truth.theme()[item]).toArray());
  }

  private static float[] align(Bundle bundle, float[] z, int width, long[] codes) {
    int count = z.length / width;
    try (var _ = new PointerScope();
        var _ = new NoGradGuard()) {
      return Tensors.toFloats(
          ScriptModule.load(bundle.path(Bundle.MBA))
              .callTensor(
                  "align",
                  Tensors.floats(z, count, width),
                  Tensors.longs(codes, count, codes.length / count)));
    }
  }
}
