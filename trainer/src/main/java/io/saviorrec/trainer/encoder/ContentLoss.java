package io.saviorrec.trainer.encoder;

import io.saviorrec.trainer.loop.SeededRandom;
import io.saviorrec.trainer.optim.ParameterGroup;
import java.util.List;
import org.bytedeco.pytorch.Tensor;

/// Stage 0's loss, which makes z tell what an item's picture and words show.
sealed interface ContentLoss permits TowerContentLoss, ProfileContentLoss {
  /// Takes scales from some of the training items, before the first step.
  ///
  /// @param items that may be learned from
  void begin(ItemInputs inputs, int[] items, SeededRandom random);

  /// What the loss is of: z before centring `[B, D]`, and then what the network's `views` gives.
  List<Tensor> views(ItemInputs.Batch batch);

  /// The loss of some items, that of co-clicked words among it.
  ///
  /// @param partners words of an item that was clicked together with each of them
  Tensor of(List<Tensor> views, ItemInputs.Batch batch, ItemInputs.Words partners);

  /// Whether there is anything to learn: not where all weights are a checkpoint's and stay.
  boolean learns();

  /// What learns of the network and of the loss, for the optimiser.
  List<ParameterGroup> groups(EncoderConfig.Stage stage);

  /// To be called after each step of the optimiser.
  void clamp();

  /// Makes z of what was learned, after the last step of stage 0.
  void end(ItemInputs inputs, int[] items);
}
