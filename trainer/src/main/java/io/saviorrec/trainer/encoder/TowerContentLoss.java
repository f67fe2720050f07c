package io.saviorrec.trainer.encoder;

import io.saviorrec.trainer.contrast.InfoNce;
import io.saviorrec.trainer.loop.SeededRandom;
import io.saviorrec.trainer.optim.ParameterGroup;
import io.saviorrec.trainer.torch.ScriptModule;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;

/// Stage 0's loss of an encoder with towers.
///
/// Image and words find each other by the towers' outputs, as in CLIP, and by z; z of the whole
/// item finds z of either half, so that it keeps what only one of them shows; and z predicts the
/// words and the look of the picture, each from the whole item and from the other half. An item
/// that lacks one half takes part by what it has. And z predicts the words of an item that was
/// clicked together with it: what items have in common for those who click them, without pushing
/// any two items apart.
final class TowerContentLoss implements ContentLoss {
  private final EncoderConfig config;
  private final ScriptModule network;
  private final Set<String> given;
  private final InfoNce towers;
  private final InfoNce halves;
  private final WordPrediction words;
  private final PicturePrediction picture;
  private final WordPrediction partnerWords;

  /// @param given the network's parameters that come from a checkpoint
  /// @param tokenCounts of each token in the training items
  /// @param towerTemperature initial τ of the towers' outputs
  TowerContentLoss(
      EncoderConfig config,
      ScriptModule network,
      Set<String> given,
      long[] tokenCounts,
      double towerTemperature) {
    this.config = config;
    this.network = network;
    this.given = given;
    this.towers = new InfoNce(towerTemperature, config.learnTemperature());
    this.halves = new InfoNce(config.temperature(), config.learnTemperature());
    this.words = new WordPrediction(tokenCounts, config.zDim());
    this.picture = new PicturePrediction(config.zDim());
    this.partnerWords = new WordPrediction(tokenCounts, config.zDim());
  }

  /// Takes the scale of what pictures look like from some of them.
  @Override
  public void begin(ItemInputs inputs, int[] pictured, SeededRandom random) {
    try (var _ = new PointerScope()) {
      picture.standardise(inputs.batch(pictured).images());
    }
  }

  @Override
  public double dropout() {
    return config.dropout();
  }

  @Override
  public List<ParameterGroup> groups(EncoderConfig.Stage stage) {
    double rate = stage.learningRate();
    double tableRate = TABLE_RATE * rate;
    List<ParameterGroup> groups =
        new ArrayList<>(
            EncoderNetwork.groups(
                network,
                rate,
                tableRate,
                given,
                rate * config.checkpointRate(),
                stage.weightDecay()));
    List<Tensor> maps = new ArrayList<>(words.parameters().values());
    maps.addAll(picture.parameters().values());
    maps.addAll(partnerWords.parameters().values());
    groups.add(ParameterGroup.of(maps, tableRate));
    List<Tensor> scales = new ArrayList<>(towers.parameters().values());
    scales.addAll(halves.parameters().values());
    groups.add(ParameterGroup.of(scales, rate));
    return groups;
  }

  /// The maps to words and pictures do, at least.
  @Override
  public boolean learns() {
    return true;
  }

  @Override
  public void clamp() {
    towers.clamp();
    halves.clamp();
  }

  @Override
  public void end(ItemInputs inputs, int[] items) {
    // The head is trained like the rest.
  }

  /// @param views z of the item, of its image and of its words `[B, D]`, the towers' image and text
  ///   `[B, E]`
  @Override
  public Tensor of(List<Tensor> views, ItemInputs.Batch batch, ItemInputs.Words partners) {
    Tensor whole = views.get(0);
    Tensor image = views.get(1);
    Tensor text = views.get(2);
    Tensor complete = batch.imagePresent().logical_and(batch.textPresent());
    Tensor loss = contrast(views, complete.nonzero().flatten());
    if (config.wordWeight() > 0) {
      Tensor shown = batch.tokenMask().logical_and(batch.imagePresent().unsqueeze(1));
      Tensor prediction =
          words
              .loss(whole, batch.tokenIds(), batch.tokenMask())
              .mul(new Scalar(0.5f))
              .add(words.loss(image, batch.tokenIds(), shown));
      loss = loss.add(prediction.mul(new Scalar(config.wordWeight())));
    }
    if (config.pictureWeight() > 0) {
      Tensor target = picture.target(batch.images());
      Tensor prediction =
          picture
              .loss(whole, target, batch.imagePresent())
              .add(picture.loss(text, target, complete));
      loss = loss.add(prediction.mul(new Scalar(config.pictureWeight() / 2)));
    }
    Tensor behaviour = partnerWords.loss(whole, partners.tokenIds(), partners.tokenMask());
    return loss.add(behaviour.mul(new Scalar(config.partnerWeight())));
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
