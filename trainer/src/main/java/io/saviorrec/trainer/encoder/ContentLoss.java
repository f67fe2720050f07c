package io.saviorrec.trainer.encoder;

import io.saviorrec.trainer.loop.SeededRandom;
import io.saviorrec.trainer.optim.ParameterGroup;
import java.util.List;
import org.bytedeco.pytorch.Tensor;

/// Stage 0's loss, which makes z tell what an item's picture and words show.
sealed interface ContentLoss permits TowerContentLoss, ProfileContentLoss {
  /// Rate of tables of words and of maps to what is predicted, as a multiple of the rest's: a
  /// word's row has a gradient in few steps, and such a map starts with next to nothing.
  double TABLE_RATE = 4;

  /// Takes scales from some pictures, before the first step.
  ///
  /// @param pictured at least two of the training items that have a picture
  void begin(ItemInputs inputs, int[] pictured, SeededRandom random);

  /// Share of what the network drops in training.
  double dropout();

  /// The loss of some items, that of co-clicked words among it.
  ///
  /// @param views what the network's `views` gives, z before centring `[B, D]` first
  /// @param partners words of an item that was clicked together with each of them
  Tensor of(List<Tensor> views, ItemInputs.Batch batch, ItemInputs.Words partners);

  /// Whether there is anything to learn: not where all weights are a checkpoint's and stay.
  boolean learns();

  /// What learns of the network and of the loss, for the optimiser.
  List<ParameterGroup> groups(EncoderConfig.Stage stage);

  /// To be called after each step of the optimiser.
  void clamp();

  /// Makes z of what was learned, after the last step of stage 0.
  ///
  /// @param items training items that have a picture or words
  void end(ItemInputs inputs, int[] items);
}
