package io.saviorrec.trainer.loop;

import io.saviorrec.bundle.Safetensors;
import io.saviorrec.bundle.Safetensors.DType;
import io.saviorrec.bundle.TensorSource;
import io.saviorrec.trainer.optim.Optimizer;
import io.saviorrec.trainer.torch.RandomState;
import io.saviorrec.trainer.torch.Tensors;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;

/// All that a running loop is made of, as it goes into a checkpoint and comes out of it: how far it
/// is, its losses, the optimisers' memory with the parameters, the task's position and the state of
/// libtorch's random generator.
final class Kept {
  private final String name;
  private final List<Optimizer> optimizers;
  private final TrainingTask task;
  private final Checkpoints checkpoints;

  Losses losses = new Losses();

  private int epoch = -1;
  private int stepsOfEpoch;
  private int stepOfEpoch;
  private int keptSteps;
  private long nanosSinceKept;

  Kept(String name, List<Optimizer> optimizers, TrainingTask task, Checkpoints checkpoints) {
    this.name = name;
    this.optimizers = optimizers;
    this.task = task;
    this.checkpoints = checkpoints;
  }

  /// Whether there is an epoch with steps left; begins the next one where the last is done.
  boolean beginsEpoch(int epochs) {
    while (!stepsLeft()) {
      if (epoch + 1 >= epochs) {
        return false;
      }
      epoch++;
      stepsOfEpoch = task.beginEpoch();
      stepOfEpoch = 0;
    }
    return true;
  }

  boolean stepsLeft() {
    return stepOfEpoch < stepsOfEpoch;
  }

  /// A step is done.
  void stepped(long nanos) {
    stepOfEpoch++;
    losses.addSeconds(nanos / 1e9);
    nanosSinceKept += nanos;
    if (checkpoints.due(losses.steps() - keptSteps, nanosSinceKept)) {
      save();
    }
  }

  /// Writes a checkpoint where the last one is not of this step.
  void save() {
    if (!checkpoints.kept() || keptSteps == losses.steps()) {
      return;
    }
    Map<String, TensorSource> content = new TreeMap<>();
    put(content, "loop", new long[] {epoch, stepsOfEpoch, stepOfEpoch});
    put(content, "losses", losses.save());
    put(content, "task", task.position().save());
    byte[] random = RandomState.save();
    content.put("random", TensorSource.of(random, random.length));
    try (var _ = new PointerScope()) {
      for (int i = 0; i < optimizers.size(); i++) {
        put(content, "optimizer." + i, optimizers.get(i).counts());
        for (Map.Entry<String, Tensor> tensor : optimizers.get(i).memory().entrySet()) {
          content.put(memory(i, tensor.getKey()), Tensors.source(tensor.getValue()));
        }
      }
      checkpoints.write(name, content);
    }
    keptSteps = losses.steps();
    nanosSinceKept = 0;
  }

  /// Goes to where a checkpoint was written, if there is one.
  void restore() {
    try (Safetensors file = checkpoints.open(name);
        var _ = new PointerScope()) {
      if (file == null) {
        return;
      }
      long[] loop = longs(file, "loop");
      epoch = (int) loop[0];
      stepsOfEpoch = (int) loop[1];
      stepOfEpoch = (int) loop[2];
      losses = Losses.of(longs(file, "losses"));
      task.position().restore(longs(file, "task"));
      for (int i = 0; i < optimizers.size(); i++) {
        for (Map.Entry<String, Tensor> tensor : optimizers.get(i).memory().entrySet()) {
          int rank = Math.toIntExact(tensor.getValue().dim());
          Tensors.fill(
              tensor.getValue(), file.require(memory(i, tensor.getKey()), DType.F32, rank).data());
        }
        optimizers.get(i).resume(longs(file, "optimizer." + i));
      }
      RandomState.restore(
          file.require("random", DType.U8, 1).data().toArray(ValueLayout.JAVA_BYTE));
      keptSteps = losses.steps();
      checkpoints.say(
          String.format(
              Locale.ROOT, "%s: goes on after step %d, from a checkpoint", name, keptSteps));
    }
  }

  private static String memory(int optimizer, String name) {
    return "optimizer." + optimizer + "." + name;
  }

  private static void put(Map<String, TensorSource> content, String name, long[] values) {
    content.put(name, TensorSource.of(values, values.length));
  }

  private static long[] longs(Safetensors file, String name) {
    return file.require(name, DType.I64, 1)
        .data()
        .toArray(ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN));
  }
}
