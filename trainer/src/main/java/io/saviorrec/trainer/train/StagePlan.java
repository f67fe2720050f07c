package io.saviorrec.trainer.train;

import io.saviorrec.trainer.data.DataSet;
import io.saviorrec.trainer.data.log.CoClicks;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/// What each stage of a training would do on a data set, and why one would do nothing.
///
/// @param pairs co-clicked pairs of items, both directions counted
public record StagePlan(int pairs, List<Stage> stages) {

  /// A stage.
  ///
  /// @param runs whether it learns anything
  public record Stage(String name, boolean runs, String text) {}

  /// Plans a training with settings that are fitted to the data.
  public static StagePlan of(DataSet data, DataShape shape, TrainConfig config) {
    CoClicks coClicks = data.coClicks(data.cuts().warmupUntil(), config.coClicks());
    List<Stage> stages = new ArrayList<>();
    stages.add(adapt(shape, config));
    stages.add(align(coClicks.size(), config));
    stages.add(
        new Stage(
            "quantizer",
            true,
            text(
                "%d levels of %d codes for %,d items that were shown before the validation period",
                config.quantizer().levels(), config.quantizer().codebookSize(), shape.items())));
    stages.add(ranker(shape, config));
    return new StagePlan(coClicks.size(), stages);
  }

  private static Stage adapt(DataShape shape, TrainConfig config) {
    String name = "encoder, stage 0";
    if (config.encoder().adapt().epochs() == 0) {
      return new Stage(name, false, "left out by encoder.adapt.epochs");
    }
    String content =
        text(
            "of %,d training items %,d have a picture, %,d have words, %,d both; texts of up to %d tokens",
            shape.items(),
            shape.pictured(),
            shape.worded(),
            shape.complete(),
            config.encoder().maxTokens());
    return new Stage(name, learnsFromContent(shape), content);
  }

  /// Whether pictures or words teach the encoder anything.
  private static boolean learnsFromContent(DataShape shape) {
    return shape.pictured() + shape.worded() >= 2;
  }

  /// What is missing where nothing teaches the encoder, so that its z would say little; nothing
  /// where something does.
  ///
  /// @param config settings that are fitted to the data
  public static Optional<String> untaught(DataShape shape, TrainConfig config) {
    if (config.encoder().align().epochs() > 0
        || (config.encoder().adapt().epochs() > 0 && learnsFromContent(shape))) {
      return Optional.empty();
    }
    return Optional.of(
        learnsFromContent(shape)
            ? "nothing teaches the encoder: its stages are left out by encoder.adapt.epochs and encoder.align.epochs; so content hardly helps new items"
            : "nothing teaches the encoder: no training item has a picture or words; so nothing is known of new items. Bring pictures or words");
  }

  private static Stage align(int pairs, TrainConfig config) {
    String name = "encoder, stage 1";
    if (config.encoder().align().epochs() == 0) {
      return new Stage(name, false, "left out by encoder.align.epochs");
    }
    return pairs == 0
        ? new Stage(
            name,
            false,
            text(
                "left out: no two items were clicked together by %d users before the training period; lower coClicks.minUsers or let warmup_until be later",
                config.coClicks().minUsers()))
        : new Stage(name, true, text("%,d co-clicked pairs find each other", pairs / 2));
  }

  private static Stage ranker(DataShape shape, TrainConfig config) {
    return new Stage(
        "ranker",
        true,
        text(
            "%,d training impressions, %d times, from %s; rates %s and %s, dropout %s",
            shape.samples(),
            config.ranker().training().epochs(),
            shape.hasBase() ? "pctr_base" : "the items' click rates",
            config.ranker().training().denseRate(),
            config.ranker().training().tableRate(),
            config.ranker().dropout()));
  }

  @SuppressWarnings("AnnotateFormatMethod") // its annotation is in a library that only tools use
  private static String text(String format, Object... values) {
    return String.format(Locale.ROOT, format, values);
  }
}
