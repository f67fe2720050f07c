package io.saviorrec.trainer.encoder;

import io.saviorrec.trainer.contrast.InfoNce;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;

/// Stage 0's loss, which makes z tell what an item's image and words show.
///
/// Image and words find each other by the towers' outputs, as in CLIP, and by z; z of the whole
/// item finds z of either half, so that it keeps what only one of them shows; and z predicts the
/// words.
final class ContentLoss {
  private final InfoNce towers;
  private final InfoNce halves;
  private final WordPrediction words;
  private final double wordWeight;

  ContentLoss(EncoderConfig config, int vocabulary) {
    this.towers = new InfoNce(config.temperature(), config.learnTemperature());
    this.halves = new InfoNce(config.temperature(), config.learnTemperature());
    this.words = new WordPrediction(vocabulary, config.zDim());
    this.wordWeight = config.wordWeight();
  }

  List<Tensor> parameters() {
    List<Tensor> parameters = new ArrayList<>(towers.parameters().values());
    parameters.addAll(halves.parameters().values());
    parameters.addAll(words.parameters().values());
    return parameters;
  }

  /// To be called after each step of the optimiser.
  void clamp() {
    towers.clamp();
    halves.clamp();
  }

  /// The mean loss of items that have both image and words.
  ///
  /// @param views z of the item, of its image and of its words `[B, D]`, the towers' image and text
  ///   `[B, E]`
  /// @param tokenIds `[B, T]`
  /// @param tokenMask `[B, T]`
  Tensor of(List<Tensor> views, Tensor tokenIds, Tensor tokenMask) {
    long[] none = new long[0];
    Tensor whole = views.get(0);
    Tensor image = views.get(1);
    Tensor text = views.get(2);
    Tensor contrast =
        towers
            .loss(views.get(3), views.get(4), none)
            .add(halves.loss(image, text, none))
            .add(halves.loss(whole, image, none))
            .add(halves.loss(whole, text, none))
            .div(new Scalar(4f));
    if (wordWeight == 0) {
      return contrast;
    }
    Tensor prediction =
        words.loss(whole, tokenIds, tokenMask).add(words.loss(image, tokenIds, tokenMask));
    return contrast.add(prediction.mul(new Scalar(wordWeight / 2)));
  }
}
