package io.saviorrec.trainer.ranker;

import io.saviorrec.trainer.ranker.PlainRanker.Item;
import io.saviorrec.trainer.torch.ScriptModule;
import io.saviorrec.trainer.torch.Tensors;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.LongStream;
import org.bytedeco.pytorch.Tensor;

/// The tables of a ranker that serves: a history in the first slots and candidates in the next.
final class ServedTable {
  private final ScriptModule module;
  private final int clicks;
  private final int candidates;
  private final float[] taste;

  ServedTable(
      ScriptModule module,
      float[] taste,
      List<Item> history,
      List<Item> candidates,
      int precision) {
    this.module = module;
    this.taste = taste;
    this.clicks = history.size();
    this.candidates = candidates.size();
    List<Item> all = new ArrayList<>(history);
    all.addAll(candidates);
    module.callTensor("prepare", Tensors.longs(new long[] {precision}, 1));
    module.callTensor("resize_users", Tensors.longs(new long[] {8}, 1));
    module.callTensor("resize_items", Tensors.longs(new long[] {all.size() + 1}, 1));
    ItemTensors inputs = ItemTensors.of(all);
    Tensor states =
        module.callTensor(
            "item_state",
            inputs.id(),
            inputs.stats(),
            inputs.features(),
            inputs.z(),
            inputs.codes());
    module.callTensor("put_items", slots(1, all.size()), states);
  }

  long[] history(int from, int to) {
    return LongStream.range(1 + from, 1 + to).toArray();
  }

  void user(
      int slot,
      int previous,
      long user,
      long[] profile,
      long[] context,
      long[] added,
      long[] removed) {
    long[] items = LongStream.concat(Arrays.stream(added), Arrays.stream(removed)).toArray();
    long[] change = {slot, previous, added.length, removed.length, clicks, user};
    long[] row =
        LongStream.concat(
                Arrays.stream(change),
                LongStream.concat(Arrays.stream(profile), Arrays.stream(context)))
            .toArray();
    Tensor changes = Tensors.longs(row, 1, row.length);
    Tensor slots = Tensors.longs(items, items.length);
    if (taste.length == 0) {
      module.callTensor("put_users", changes, slots);
    } else {
      module.callTensor(
          "put_users_and_tastes", changes, slots, Tensors.floats(taste, 1, taste.length));
    }
  }

  /// Scores of a request of each user, each with the candidates so many times over.
  float[] score(long[] users, int times, float[] pctrBase) {
    int rows = candidates * times;
    long[] counts = new long[users.length * 3];
    long[] items = new long[users.length * (rows + clicks)];
    float[] base = new float[users.length * rows];
    for (int g = 0; g < users.length; g++) {
      counts[g * 3] = users[g];
      counts[g * 3 + 1] = rows;
      counts[g * 3 + 2] = clicks;
      for (int i = 0; i < rows; i++) {
        items[g * rows + i] = 1L + clicks + i % candidates;
        base[g * rows + i] = pctrBase[i % candidates];
      }
      for (int i = 0; i < clicks; i++) {
        items[users.length * rows + g * clicks + i] = 1L + i;
      }
    }
    return Tensors.toFloats(
        module.callTensor(
            "score",
            Tensors.longs(counts, users.length, 3),
            Tensors.longs(items, items.length),
            Tensors.floats(base, base.length)));
  }

  /// Numbers of slots from the first on.
  static Tensor slots(int first, int count) {
    long[] slots = new long[count];
    for (int i = 0; i < count; i++) {
      slots[i] = first + (long) i;
    }
    return Tensors.longs(slots, count);
  }
}
