package io.saviorrec.trainer.ranker;

import io.saviorrec.trainer.ranker.PlainRanker.Item;
import io.saviorrec.trainer.torch.Tensors;
import java.util.List;
import org.bytedeco.pytorch.Tensor;

/// What a ranker is told of items, as tensors with a row each.
record ItemTensors(Tensor id, Tensor stats, Tensor features, Tensor z, Tensor codes) {
  static ItemTensors of(List<Item> items) {
    int n = items.size();
    int columns = items.getFirst().features().length;
    int width = items.getFirst().z().length;
    int levels = items.getFirst().codes().length;
    long[] id = new long[n];
    float[] stats = new float[n * 3];
    long[] features = new long[n * columns];
    float[] z = new float[n * width];
    long[] codes = new long[n * levels];
    for (int i = 0; i < n; i++) {
      id[i] = items.get(i).id();
      System.arraycopy(items.get(i).stats(), 0, stats, i * 3, 3);
      System.arraycopy(items.get(i).features(), 0, features, i * columns, columns);
      System.arraycopy(items.get(i).z(), 0, z, i * width, width);
      System.arraycopy(items.get(i).codes(), 0, codes, i * levels, levels);
    }
    return new ItemTensors(
        Tensors.longs(id, n),
        Tensors.floats(stats, n, 3),
        Tensors.longs(features, n, columns),
        Tensors.floats(z, n, width),
        Tensors.longs(codes, n, levels));
  }
}
