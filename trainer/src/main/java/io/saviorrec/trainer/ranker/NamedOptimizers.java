package io.saviorrec.trainer.ranker;

import io.saviorrec.trainer.optim.Optimizer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.bytedeco.pytorch.Tensor;

/// The optimisers of a ranker, whose memory has the names of the parameters that it belongs to.
final class NamedOptimizers {
  private final List<Named> all = new ArrayList<>();

  /// @param parameters the names of what it moves, in its order
  private record Named(Optimizer optimizer, List<String> parameters) {
    /// What tells the optimisers of a ranker apart.
    String name() {
      return optimizer.getClass().getSimpleName();
    }
  }

  NamedOptimizers add(Optimizer optimizer, List<String> parameters) {
    all.add(new Named(optimizer, List.copyOf(parameters)));
    return this;
  }

  List<Optimizer> optimizers() {
    return all.stream().map(Named::optimizer).toList();
  }

  /// `item_table.values`, `item_table.accumulator` and so on.
  Map<String, Tensor> memory() {
    Map<String, Tensor> memory = new LinkedHashMap<>();
    for (Named each : all) {
      each.optimizer
          .memory()
          .forEach(
              (key, tensor) -> {
                int dot = key.indexOf('.');
                String parameter = each.parameters.get(Integer.parseInt(key.substring(0, dot)));
                memory.put(parameter + key.substring(dot), tensor);
              });
    }
    return memory;
  }

  /// [Optimizer#counts] of each, by its name.
  Map<String, long[]> counts() {
    return all.stream().collect(Collectors.toMap(Named::name, each -> each.optimizer.counts()));
  }

  /// [Optimizer#resume] of each.
  void resume(Function<String, long[]> counts) {
    all.forEach(each -> each.optimizer.resume(counts.apply(each.name())));
  }
}
