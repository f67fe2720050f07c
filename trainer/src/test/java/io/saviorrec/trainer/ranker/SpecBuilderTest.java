package io.saviorrec.trainer.ranker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.saviorrec.config.Settings;
import io.saviorrec.feature.FeatureColumn;
import io.saviorrec.feature.FeatureSchema;
import io.saviorrec.trainer.data.DataSet;
import io.saviorrec.trainer.data.log.TrainingInput;
import io.saviorrec.trainer.train.Preset;
import io.saviorrec.trainer.train.TrainConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SpecBuilderTest {
  private static final long DAY = 86_400;

  @TempDir private Path folder;

  private final StringBuilder log =
      new StringBuilder("user_id,item_id,timestamp,clicked,pctr_base\n");
  private int rows;

  private void shown(long user, long item, long day, int clicked, String base) {
    log.append("%d,%d,%d,%d,%s%n".formatted(user, item, day * DAY + rows++, clicked, base));
  }

  /// Warm-up on day 1, training on days 2 to 4, validation on day 5, test from day 6 on.
  private RankerSpec spec(String... settings) throws IOException {
    Files.writeString(
        folder.resolve("items.csv"),
        "item_id,title,image,category\n1,one,,c\n2,two,,c\n3,three,,c\n4,four,,c\n");
    Files.writeString(folder.resolve("impressions.csv"), log);
    Files.writeString(
        folder.resolve("dataset.json"),
        "{\"warmup_until\": %d, \"validation_from\": %d, \"test_from\": %d}"
            .formatted(2 * DAY, 5 * DAY, 6 * DAY));
    Settings<TrainConfig> config = Preset.TINY.settings();
    config.set("ranker.minItemImpressions", "2", "");
    config.set("ranker.statBuckets", "3", "");
    for (int i = 0; i < settings.length; i += 2) {
      config.set(settings[i], settings[i + 1], "");
    }
    try (DataSet data = DataSet.open(folder);
        TrainingInput input = data.trainingInput()) {
      return new SpecBuilder(
              config.bind().ranker(),
              data.items(),
              input,
              data.stored(),
              data.statistics(),
              data.cuts())
          .build(
              16,
              2,
              8,
              new FeatureSchema(
                  List.of(FeatureColumn.categorical("city", 5)),
                  List.of(FeatureColumn.categorical("device", 7)),
                  List.of(FeatureColumn.categorical(FeatureSchema.CATEGORY, 3)),
                  FeatureSchema.ITEM_STATS));
    }
  }

  /// Ten impressions of training, three of them clicks, by users 1 and 2.
  private void training() {
    shown(9, 3, 1, 1, "0.9");
    shown(9, 3, 1, 1, "0.9");
    for (int i = 0; i < 5; i++) {
      shown(1, 1, 2, i == 0 ? 1 : 0, "0.5");
    }
    for (int i = 0; i < 4; i++) {
      shown(2, 2, 3, i < 2 ? 1 : 0, "0.2");
    }
    shown(2, 4, 4, 0, "");
  }

  private void validation(long... users) {
    for (long user : users) {
      shown(user, 3, 5, 1, "0.99");
    }
  }

  @Test
  void vocabulariesAndRatesAreThoseOfTheTrainingPeriodAlone() throws IOException {
    training();
    validation(1, 1, 1, 1, 1);
    shown(7, 4, 7, 1, "0.99");
    RankerSpec spec = spec();
    // Item 3 is shown in the other periods only, item 4 once.
    assertThat(spec.itemVocabulary()).containsExactly(1, 2);
    assertThat(spec.userVocabulary()).containsExactly(1, 2);
    assertThat(spec.clickRate()).isEqualTo(0.3);
    assertThat(spec.zDim()).isEqualTo(16);
    assertThat(spec.profileTableSize()).isEqualTo(5);
    assertThat(spec.contextTableSize()).isEqualTo(7);
    assertThat(spec.itemColumns()).isEqualTo(1);
    assertThat(spec.itemTableSize()).isEqualTo(3);
  }

  @Test
  void theBaseIsMeasuredWhereTheLogHasIt() throws IOException {
    training();
    RankerSpec spec = spec();
    // Five logits of 0 and four of log(.2/.8).
    double low = Math.log(0.25);
    double mean = 4 * low / 9;
    assertThat(spec.baseMean()).isCloseTo(mean, within(1e-6));
    assertThat(spec.baseDeviation())
        .isCloseTo(
            Math.sqrt((5 * mean * mean + 4 * (low - mean) * (low - mean)) / 9), within(1e-6));
    assertThat(spec.baseBoundaries()).hasSize(31).isSorted();
    assertThat(spec.baseBoundaries()[0]).isEqualTo((float) low);
    assertThat(spec.baseBoundaries()[30]).isZero();
  }

  @Test
  void aLogWithoutABaseGivesHarmlessNumbers() throws IOException {
    for (int i = 0; i < 4; i++) {
      shown(1, 1, 2, 0, "");
    }
    RankerSpec spec = spec();
    assertThat(spec.baseMean()).isZero();
    assertThat(spec.baseDeviation()).isEqualTo(1);
    assertThat(spec.baseBoundaries()).containsOnly(0);
    assertThat(spec.clickRate()).isZero();
  }

  @Test
  void usersCountOnlyWhereMostValidationPagesAreOfKnownOnes() throws IOException {
    training();
    validation(1, 1, 1, 1, 3);
    assertThat(spec().userVocabulary()).isEmpty();
    validation(2);
    // Five of six are more than four of five.
    assertThat(spec().userVocabulary()).containsExactly(1, 2);
    assertThat(spec("ranker.userId", "off").userVocabulary()).isEmpty();
    validation(3, 3, 3);
    assertThat(spec().userVocabulary()).isEmpty();
    assertThat(spec("ranker.userId", "on").userVocabulary()).containsExactly(1, 2);
  }

  @Test
  void statisticsAreThoseOfTheDayBefore() throws IOException {
    for (int i = 0; i < 6; i++) {
      shown(1, 1, 2, i < 3 ? 1 : 0, "0.5");
    }
    for (int i = 0; i < 3; i++) {
      shown(1, 1, 3, 0, "0.5");
    }
    for (int i = 0; i < 3; i++) {
      shown(1, 1, 4, 0, "0.5");
    }
    // Twelve impressions: six that saw 0 views, three that saw 6, three that saw 9.
    float[][] boundaries = spec().statBoundaries();
    assertThat(boundaries).hasDimensions(4, 2);
    assertThat(boundaries[0]).containsExactly(0, 6);
    assertThat(boundaries[1]).containsExactly(0, 3);
    // The prior is the click rate, .25, weighing as much as 20 impressions.
    assertThat(boundaries[3])
        .containsExactly(new float[] {0.25f, (3 + 0.25f * 20) / (9 + 20)}, within(1e-6f));
  }

  @Test
  void statisticsAsNumbersAreStandardisedOnTheirOwnScales() throws IOException {
    for (int i = 0; i < 6; i++) {
      shown(1, 1, 2, i < 3 ? 1 : 0, "0.5");
    }
    for (int i = 0; i < 6; i++) {
      shown(1, 1, 3, 0, "0.5");
    }
    RankerSpec spec = spec();
    // Half of the impressions saw 0 views and 0 clicks, half 6 and 3; the prior is a rate of .25.
    double prior = Math.log(0.25 / 0.75);
    double rate = (3 + 0.25 * 20) / (6 + 20);
    double logit = Math.log(rate / (1 - rate));
    assertThat(spec.statMeans()[0]).isCloseTo((float) (Math.log(7) / 2), within(1e-6f));
    assertThat(spec.statDeviations()[0]).isCloseTo((float) (Math.log(7) / 2), within(1e-6f));
    assertThat(spec.statMeans()[1]).isCloseTo((float) (Math.log(4) / 2), within(1e-6f));
    assertThat(spec.statMeans()[3]).isCloseTo((float) ((prior + logit) / 2), within(1e-6f));
    assertThat(spec.statDeviations()[3]).isCloseTo((float) ((logit - prior) / 2), within(1e-6f));
  }

  @Test
  void quantilesCutTheValuesIntoEqualShares() {
    assertThat(SpecBuilder.quantiles(new float[] {5, 1, 4, 2, 3, 6}, 2)).containsExactly(3, 5);
    assertThat(SpecBuilder.quantiles(new float[0], 3)).containsExactly(0, 0, 0);
  }
}
