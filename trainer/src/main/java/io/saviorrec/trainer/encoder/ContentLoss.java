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
/// words and the look of the picture, each from the whole item and from the other half. An item
/// that lacks one half takes part by what it has.
final class ContentLoss {
  private final InfoNce towers;
  private final InfoNce halves;
  private final WordPrediction words;
  private final PicturePrediction picture;
  private final double wordWeight;
  private final double pictureWeight;

  /// @param tokenCounts of each token in the training items
  /// @param towerTemperature initial τ of the towers' outputs
  ContentLoss(EncoderConfig config, long[] tokenCounts, double towerTemperature) {
    this.towers = new InfoNce(towerTemperature, config.learnTemperature());
    this.halves = new InfoNce(config.temperature(), config.learnTemperature());
    this.words = new WordPrediction(tokenCounts, config.zDim());
    this.picture = new PicturePrediction(config.zDim());
    this.wordWeight = config.wordWeight();
    this.pictureWeight = config.pictureWeight();
  }

  /// The logarithms of 1/τ.
  List<Tensor> scales() {
    List<Tensor> scales = new ArrayList<>(towers.parameters().values());
    scales.addAll(halves.parameters().values());
    return scales;
  }

  /// The linear maps that words and pictures are predicted by.
  List<Tensor> maps() {
    List<Tensor> maps = new ArrayList<>(words.parameters().values());
    maps.addAll(picture.parameters().values());
    return maps;
  }

  /// To be called before the first step, with some pictures of the training items.
  void standardise(Tensor images) {
    picture.standardise(images);
  }

  /// To be called after each step of the optimiser.
  void clamp() {
    towers.clamp();
    halves.clamp();
  }

  /// The loss of some items.
  ///
  /// @param views z of the item, of its image and of its words `[B, D]`, the towers' image and text
  ///   `[B, E]`
  Tensor of(List<Tensor> views, ItemInputs.Batch batch) {
    Tensor whole = views.get(0);
    Tensor image = views.get(1);
    Tensor text = views.get(2);
    Tensor complete = batch.imagePresent().logical_and(batch.textPresent());
    Tensor loss = contrast(views, complete.nonzero().flatten());
    if (wordWeight > 0) {
      Tensor shown = batch.tokenMask().logical_and(batch.imagePresent().unsqueeze(1));
      Tensor prediction =
          words
              .loss(whole, batch.tokenIds(), batch.tokenMask())
              .mul(new Scalar(0.5f))
              .add(words.loss(image, batch.tokenIds(), shown));
      loss = loss.add(prediction.mul(new Scalar(wordWeight)));
    }
    if (pictureWeight > 0) {
      Tensor target = picture.target(batch.images());
      Tensor prediction =
          picture
              .loss(whole, target, batch.imagePresent())
              .add(picture.loss(text, target, complete));
      loss = loss.add(prediction.mul(new Scalar(pictureWeight / 2)));
    }
    return loss;
  }

  /// @param rows of the items that have both image and words; fewer than two have nothing to tell
  ///   apart
  private Tensor contrast(List<Tensor> views, Tensor rows) {
    if (rows.size(0) < 2) {
      return views.getFirst().sum().mul(new Scalar(0f));
    }
    List<Tensor> some = views.stream().map(view -> view.index_select(0, rows)).toList();
    Tensor whole = some.get(0);
    Tensor image = some.get(1);
    Tensor text = some.get(2);
    long[] none = new long[0];
    return towers
        .loss(some.get(3), some.get(4), none)
        .add(halves.loss(image, text, none))
        .add(halves.loss(whole, image, none))
        .add(halves.loss(whole, text, none))
        .div(new Scalar(4f));
  }
}
