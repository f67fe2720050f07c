package io.saviorrec.trainer.train;

import static org.assertj.core.api.Assertions.assertThat;

import io.saviorrec.config.Settings;
import io.saviorrec.trainer.data.DataSet;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class DataSizingTest {
  @TempDir private Path folder;

  private static TrainConfig sized(int items, long samples) {
    Settings<TrainConfig> settings = Preset.SMALL.settings();
    DataSizing.apply(settings, Preset.SMALL, shape(items, samples));
    return settings.bind();
  }

  private static DataShape shape(int items, long samples) {
    return new DataShape(items, samples, samples, items, items, items, 0.01, 20);
  }

  @ParameterizedTest
  @CsvSource({
    "1_000_000, 2048",
    "131_072, 2048",
    "131_071, 1024",
    "4096, 64",
    "4095, 32",
    "2047, 16",
    "50, 16",
    "16, 16",
    "15, 8",
    "1, 2"
  })
  void theCodebookGrowsWithTheItemsThatAreTrained(String items, int codes) {
    int trained = Integer.parseInt(items.replace("_", ""));
    assertThat(sized(trained, 500_000).quantizer().codebookSize()).isEqualTo(codes);
  }

  @Test
  void manyItemsOfWhichFewWereShownGetACodebookForThoseFew() throws IOException {
    StringBuilder items = new StringBuilder("item_id,title,image,category\n");
    for (int i = 1; i <= 9000; i++) {
      items.append(i).append(",title ").append(i).append(",,c\n");
    }
    StringBuilder log = new StringBuilder("user_id,item_id,timestamp,clicked\n");
    for (int i = 0; i < 100; i++) {
      // The first 50 items before the validation period, the next 50 in it.
      log.append("1,").append(i + 1).append(',').append(i < 50 ? 100 + i : 1000 + i).append(",1\n");
    }
    Files.writeString(folder.resolve("items.csv"), items);
    Files.writeString(folder.resolve("impressions.csv"), log);
    Files.writeString(
        folder.resolve("dataset.json"), "{\"validation_from\": 1000, \"test_from\": 1090}");
    try (DataSet data = DataSet.open(folder)) {
      TrainingItems trained = TrainingItems.of(data);
      assertThat(trained.size()).isEqualTo(50);
      assertThat(TrainingItems.samples(data)).isEqualTo(50);
      int codes = sized(trained.size(), TrainingItems.samples(data)).quantizer().codebookSize();
      assertThat(codes).isLessThanOrEqualTo(trained.size());
    }
  }

  @Test
  void fewClicksHoldMbaAndTheDnnInCheck() {
    TrainConfig many = sized(5000, 1_000_000);
    assertThat(many.ranker().mba().eps()).isEqualTo(0.1);
    assertThat(many.ranker().training().codebookRate()).isEqualTo(0.01);
    assertThat(many.ranker().dropout()).isZero();
    TrainConfig few = sized(5000, 999_999);
    assertThat(few.ranker().mba().eps()).isEqualTo(1);
    assertThat(few.ranker().training().codebookRate()).isEqualTo(0.02);
    assertThat(few.ranker().dropout()).isZero();
    assertThat(few.encoder()).isEqualTo(Preset.SMALL.config().encoder());
    TrainConfig veryFew = sized(5000, 149_999);
    assertThat(veryFew.ranker().dropout()).isEqualTo(0.3);
    assertThat(veryFew.ranker().training().denseRate()).isEqualTo(0.001);
    assertThat(veryFew.ranker().training().tableRate()).isEqualTo(0.02);
    assertThat(veryFew.encoder().align().epochs()).isZero();
  }

  @Test
  void fewImpressionsWithoutABaseAreLearnedFromFaster() {
    Settings<TrainConfig> settings = Preset.SMALL.settings();
    DataSizing.apply(
        settings, Preset.SMALL, new DataShape(500, 40_000, 20_000, 500, 500, 500, 0.01, 20));
    TrainConfig without = settings.bind();
    assertThat(without.ranker().dropout()).isEqualTo(0.1);
    assertThat(without.ranker().training().denseRate()).isEqualTo(0.002);
    assertThat(without.ranker().training().tableRate()).isEqualTo(0.1);
    assertThat(without.ranker().training().batchSize()).isEqualTo(200);
    assertThat(sized(500, 40_000).ranker().training().batchSize()).isEqualTo(500);
  }

  @ParameterizedTest
  @CsvSource({"0, 16", "5, 16", "16, 16", "17, 24", "24, 24", "41, 48", "64, 64", "300, 64"})
  void textsAreReadAsFarAsNearlyAllOfThemGo(int needed, int read) {
    Settings<TrainConfig> settings = Preset.SMALL.settings();
    DataSizing.apply(
        settings, Preset.SMALL, new DataShape(500, 500_000, 500_000, 500, 500, 500, 0.01, needed));
    assertThat(settings.bind().encoder().maxTokens()).isEqualTo(read);
  }

  @ParameterizedTest
  @CsvSource({"0, 0.02", "0.0019, 0.02", "0.002, 0", "0.5, 0"})
  void whereHardlyAnythingIsNewSomeCandidatesAreTrainedAsIfTheyWere(double newShare, double cold) {
    Settings<TrainConfig> settings = Preset.SMALL.settings();
    DataSizing.apply(
        settings, Preset.SMALL, new DataShape(500, 500_000, 500_000, 500, 500, 500, newShare, 20));
    assertThat(settings.bind().ranker().training().coldDropout()).isEqualTo(cold);
  }

  /// Ten days of training, of which the later five count. Item 1 is old; item 2 is new on the
  /// seventh day, with three impressions then and two the day after; item 3 is new in the
  /// validation period.
  @Test
  void newItemsAreThoseThatTheLaterHalfShowsOnTheirFirstDay() throws IOException {
    long day = 86_400;
    StringBuilder log = new StringBuilder("user_id,item_id,timestamp,clicked\n");
    for (int d = 0; d < 12; d++) {
      log.append("1,1,").append(d * day).append(",1\n");
    }
    for (long at : new long[] {7 * day, 7 * day + 10, 8 * day - 1, 8 * day, 9 * day}) {
      log.append("2,2,").append(at).append(",0\n");
    }
    log.append("2,3,").append(10 * day).append(",0\n");
    Files.writeString(
        folder.resolve("items.csv"), "item_id,title,image,category\n1,a,,c\n2,b,,c\n3,d,,c\n");
    Files.writeString(folder.resolve("impressions.csv"), log);
    Files.writeString(
        folder.resolve("dataset.json"),
        "{\"warmup_until\": 0, \"validation_from\": %d, \"test_from\": %d}"
            .formatted(10 * day, 11 * day));
    try (DataSet data = DataSet.open(folder)) {
      assertThat(DataShape.of(data, TrainingItems.of(data)).newShare()).isEqualTo(0.3);
    }
  }

  @Test
  void whatTheUserSetsStays() {
    Settings<TrainConfig> settings = Preset.SMALL.settings();
    settings.set("quantizer.codebookSize", "5", "");
    assertThat(DataSizing.apply(settings, Preset.SMALL, shape(9000, 10)))
        .containsEntry("quantizer.codebookSize", "128");
    assertThat(settings.bind().quantizer().codebookSize()).isEqualTo(5);
    assertThat(settings.bind().ranker().dropout()).isEqualTo(0.3);
  }

  @ParameterizedTest
  @EnumSource(
      value = Preset.class,
      names = {"TINY", "PAPER"})
  void otherPresetsStayAsPrinted(Preset preset) {
    Settings<TrainConfig> settings = preset.settings();
    assertThat(DataSizing.apply(settings, preset, shape(1, 1))).isEmpty();
    assertThat(settings.bind()).isEqualTo(preset.config());
  }
}
