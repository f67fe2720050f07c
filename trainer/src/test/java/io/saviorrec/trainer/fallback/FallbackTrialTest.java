package io.saviorrec.trainer.fallback;

import static org.assertj.core.api.Assertions.assertThat;

import io.saviorrec.bundle.Bundle;
import io.saviorrec.bundle.FloatRows;
import io.saviorrec.bundle.ItemTable;
import io.saviorrec.bundle.Manifest;
import io.saviorrec.contract.RankerContract;
import io.saviorrec.contract.SharedItems;
import io.saviorrec.proto.v1.ScoreSource;
import io.saviorrec.trainer.CommandRun;
import io.saviorrec.trainer.data.DataSet;
import io.saviorrec.trainer.data.log.ImpressionLog;
import io.saviorrec.trainer.ranker.ItemFeatures;
import io.saviorrec.trainer.ranker.Predictor;
import io.saviorrec.trainer.torch.ScriptModule;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FallbackTrialTest {
  private static final long DAY = 86_400;
  private static final int ALL = Integer.MAX_VALUE;
  private static final FallbackCase NOTHING = new FallbackCase(ScoreSource.UNKNOWN_ITEM, false);

  @TempDir private static Path folder;
  private static Bundle bundle;
  private static DataSet data;
  private static ItemTable table;

  @BeforeAll
  static void trainATinyModel() {
    Path shop = folder.resolve("shop");
    Path models = folder.resolve("models");
    run("synth", shop.toString(), "--preset", "tiny");
    run("train", shop.toString(), models.toString(), "--preset", "tiny", "--variant", "base");
    bundle = Bundle.open(models.resolve("base").resolve("1"));
    data = DataSet.open(shop, bundle.manifest().features());
    table = bundle.items();
  }

  @AfterAll
  static void close() {
    table.close();
    data.close();
  }

  private static void run(String... arguments) {
    assertThat(CommandRun.of(arguments).errLines()).isEmpty();
  }

  /// Of the validation period, which is the last day before the test period's.
  private static FallbackTrial trial(long since) {
    Manifest.Dims dims = bundle.manifest().dims();
    int items = data.items().size();
    int[] codes = new int[items * dims.levels()];
    RankerContract contract = RankerContract.of(bundle.manifest());
    return new FallbackTrial(
        new Predictor(
            ScriptModule.load(bundle.path(Bundle.RANKER)),
            dims.historyLength(),
            new ItemFeatures(
                data.items(),
                data.schema(),
                FloatRows.zeros(items, dims.zDim()),
                codes,
                dims.levels(),
                dims.codebookSize()),
            data.log(),
            data.statistics()),
        data.items(),
        codes,
        data.log(),
        new FallbackTrial.Model(
            table, SharedItems.of(table, contract, data.schema()), contract, data.schema()),
        since,
        data.cuts().validationFrom(),
        data.cuts().testFrom());
  }

  @Test
  void earlierPeriodsAreAsLongAndTellOfTheItemsThatWereNewInEach() {
    long until = data.cuts().validationFrom();
    List<FallbackTrial> earlier = trial(until - 3 * DAY - DAY / 2).earlier();

    assertThat(earlier).hasSize(3);
    for (int i = 0; i < 3; i++) {
      long from = until - (i + 1) * DAY;
      Evidence evidence = earlier.get(i).evidence(NOTHING, ALL);
      assertThat(evidence.all().size()).isEqualTo(samples(from, from + DAY).length).isPositive();
      assertThat(evidence.areNew().size())
          .isEqualTo(
              (int)
                  IntStream.of(samples(from, from + DAY))
                      .filter(item -> data.items().firstImpression(item) >= from)
                      .count())
          .isPositive();
      assertThat(evidence.all().logits()).doesNotContain(Double.NaN);
    }
    assertThat(trial(until).earlier()).isEmpty();
  }

  private static int[] samples(long from, long until) {
    ImpressionLog log = data.log();
    return IntStream.range(
            log.pageStart[log.firstPageAt(from)], log.pageStart[log.firstPageAt(until)])
        .map(i -> log.sampleItem[i])
        .toArray();
  }

  @Test
  void ofALongPeriodAFewPageViewsAreScored() {
    FallbackTrial trial = trial(data.cuts().validationFrom());
    Evidence whole = trial.evidence(NOTHING, ALL);
    Evidence some = trial.evidence(NOTHING, 50);

    assertThat(some.all().size()).isBetween(10, 60);
    // Page views with new items are few, so none of them is left out.
    assertThat(some.areNew().size()).isEqualTo(whole.areNew().size()).isPositive();
    assertThat(some.all().logits()).doesNotContain(Double.NaN);
    assertThat(some.areNew().logits()).doesNotContain(Double.NaN);
  }
}
