package io.saviorrec.trainer.evaluate;

import com.fasterxml.jackson.databind.JsonNode;
import io.saviorrec.bundle.Bundle;
import io.saviorrec.bundle.FloatRows;
import io.saviorrec.bundle.Manifest;
import io.saviorrec.config.Settings;
import io.saviorrec.trainer.console.UserError;
import io.saviorrec.trainer.data.DataSet;
import io.saviorrec.trainer.data.log.ImpressionLog;
import io.saviorrec.trainer.data.log.Tastes;
import io.saviorrec.trainer.data.log.TrainingInput;
import io.saviorrec.trainer.data.prepare.TrueContent;
import io.saviorrec.trainer.data.table.DataSetFormat;
import io.saviorrec.trainer.ranker.ItemFeatures;
import io.saviorrec.trainer.ranker.OlderSettings;
import io.saviorrec.trainer.ranker.Predictor;
import io.saviorrec.trainer.ranker.Ranker;
import io.saviorrec.trainer.ranker.RankerConfig;
import io.saviorrec.trainer.ranker.RankerSpec;
import io.saviorrec.trainer.ranker.RankerTrainer;
import io.saviorrec.trainer.ranker.SpecBuilder;
import io.saviorrec.trainer.ranker.Variant;
import java.util.Arrays;
import org.bytedeco.pytorch.global.torch;

/// The whole ranker with what content truly shows in place of z and codes, and otherwise made and
/// trained like a bundle's: what it would reach if encoder and quantizer lost nothing.
///
/// z has four parts: category and theme with a place for each value, style, and visible appeal.
/// They are centred, scaled to the same mean square, so that none outshouts the others, and brought
/// to unit length, as an encoder's z is. The codes have two levels, category and theme.
final class ContentReference {
  private static final int LEVELS = 2;

  private final RankerConfig config;
  private final long seed;
  private final DataSet data;
  private final TrueContent content;
  private final int categories;
  private final int kinds;
  private final int zDim;

  /// A reference with the settings and the seed of a bundle.
  ///
  /// @throws UserError if the data set has no truth
  static ContentReference like(Bundle bundle, DataSet data) {
    Manifest manifest = bundle.manifest();
    return new ContentReference(settings(manifest), manifest.lineage().seed(), data);
  }

  ContentReference(RankerConfig config, long seed, DataSet data) {
    this.config = config;
    this.seed = seed;
    this.data = data;
    this.content =
        data.trueContent()
            .orElseThrow(
                () ->
                    new UserError(
                        data.name()
                            + " has no "
                            + DataSetFormat.TRUTH_ITEMS
                            + ": only of generated data is it known what content shows"));
    this.categories = 1 + Arrays.stream(content.category()).max().orElse(0);
    this.kinds = categories + 1 + Arrays.stream(content.theme()).max().orElse(0);
    this.zDim = kinds + TrueContent.STYLES + 1;
  }

  static RankerConfig settings(Manifest manifest) {
    JsonNode recorded = manifest.provenance().settings().path("ranker");
    Settings<RankerConfig> settings =
        Settings.over(
            RankerConfig.class,
            Settings.yaml(recorded),
            "the settings in the manifest of " + manifest.model());
    settings.set("variant", Variant.SAVIORREC.label(), "variant");
    settings.set("inputs", "all", "inputs");
    settings.set("calibration", "none", "calibration");
    OlderSettings.complete(settings, "", recorded);
    return settings.bind();
  }

  /// Trains the ranker and predicts the impressions of times `[from, until)` of a log.
  float[] predict(ImpressionLog log, long from, long until) {
    int codebookSize = Math.max(categories, kinds - categories);
    FloatRows z = FloatRows.of(z(), zDim);
    ItemFeatures features =
        new ItemFeatures(data.items(), data.schema(), z, codes(), LEVELS, codebookSize);
    Ranker ranker;
    Tastes tastes;
    try (TrainingInput input = data.trainingInput()) {
      RankerSpec spec =
          new SpecBuilder(
                  config, data.items(), input, data.stored(), data.statistics(), data.cuts())
              .build(zDim, LEVELS, codebookSize, data.schema());
      tastes =
          config.taste().enabled()
              ? data.tastes(z, config.taste().rule(spec.clickRate()))
              : Tastes.NONE;
      torch.manual_seed(seed);
      ranker = new Ranker(config, spec, null);
      new RankerTrainer(ranker, features, input, data.statistics(), tastes).train(seed);
    }
    return new Predictor(
            ranker.module(), config.historyLength(), features, log, data.statistics(), tastes)
        .predict(from, until);
  }

  /// i32[N*L]
  int[] codes() {
    int[] codes = new int[data.items().size() * LEVELS];
    for (int item = 0; item < data.items().size(); item++) {
      codes[item * LEVELS] = content.category()[item];
      codes[item * LEVELS + 1] = content.theme()[item];
    }
    return codes;
  }

  /// f32[N*D]
  float[] z() {
    int size = data.items().size();
    float[] z = new float[size * zDim];
    for (int item = 0; item < size; item++) {
      int at = item * zDim;
      z[at + content.category()[item]] = 1;
      z[at + categories + content.theme()[item]] = 1;
      System.arraycopy(content.style()[item], 0, z, at + kinds, TrueContent.STYLES);
      z[at + zDim - 1] = content.visibleAppeal()[item];
    }
    centre(z);
    scale(z, 0, categories);
    scale(z, categories, kinds);
    scale(z, kinds, zDim - 1);
    scale(z, zDim - 1, zDim);
    for (int item = 0; item < size; item++) {
      double square = 0;
      for (int i = item * zDim; i < (item + 1) * zDim; i++) {
        square += z[i] * z[i];
      }
      multiply(z, item * zDim, zDim, inverse(Math.sqrt(square)));
    }
    return z;
  }

  private void centre(float[] z) {
    int size = z.length / zDim;
    for (int column = 0; column < zDim; column++) {
      double sum = 0;
      for (int item = 0; item < size; item++) {
        sum += z[item * zDim + column];
      }
      for (int item = 0; item < size; item++) {
        z[item * zDim + column] -= (float) (sum / size);
      }
    }
  }

  /// Brings the mean square of the columns `[from, until)` together to 1.
  private void scale(float[] z, int from, int until) {
    double square = 0;
    int size = z.length / zDim;
    for (int item = 0; item < size; item++) {
      for (int i = item * zDim + from; i < item * zDim + until; i++) {
        square += z[i] * z[i];
      }
    }
    double factor = inverse(Math.sqrt(square / size));
    for (int item = 0; item < size; item++) {
      multiply(z, item * zDim + from, until - from, factor);
    }
  }

  private static void multiply(float[] z, int from, int count, double factor) {
    for (int i = from; i < from + count; i++) {
      z[i] *= (float) factor;
    }
  }

  /// Zero where there is nothing to scale: every item has the same.
  private static double inverse(double norm) {
    return norm > 0 ? 1 / norm : 0;
  }
}
