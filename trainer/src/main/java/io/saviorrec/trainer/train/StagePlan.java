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
    CoClicks coClicks = data.coClicks(data.cuts().validationFrom(), config.coClicks());
    List<Stage> stages = new ArrayList<>();
    stages.add(adapt(shape, config));
    stages.add(align(coClicks.size(), shape, config));
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

  /// Whether picture and words teach the encoder anything.
  private static boolean learnsFromContent(DataShape shape) {
    return shape.complete() >= 2;
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
    String what =
        shape.pictured() + shape.worded() == 0
            ? "no training item has a picture or words"
            : "no training item has both a picture and words";
    return Optional.of(
        text(
            "nothing teaches the encoder: %s, and co-clicks do not count with %,d training impressions; so content hardly helps new items. Bring %s, or --set encoder.align.epochs=10",
            what, shape.samples(), shape.pictured() == 0 ? "pictures" : "words"));
  }

  private static Stage align(int pairs, DataShape shape, TrainConfig config) {
    String name = "encoder, stage 1";
    if (config.encoder().align().epochs() == 0) {
      return new Stage(
          name,
          false,
          text(
              "left out: co-clicks of %,d training impressions would be learned by heart",
              shape.samples()));
    }
    return pairs == 0
        ? new Stage(
            name,
            false,
            text(
                "no two items were clicked together by %d users, so training stops here; lower coClicks.minUsers or bring more clicks",
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
