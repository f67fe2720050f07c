package io.saviorrec.trainer.tables;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.saviorrec.trainer.metric.Auc;
import io.saviorrec.trainer.metric.Calibration;
import io.saviorrec.trainer.metric.ClickMetrics;
import io.saviorrec.trainer.metric.DeLong;
import io.saviorrec.trainer.metric.Difference;
import io.saviorrec.trainer.metric.UserBootstrap;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import org.junit.jupiter.api.Test;

class TableStatisticsTest {
  private static final int SAMPLES = 400;
  private static final int RESAMPLES = 200;
  private static final List<Long> SEEDS = List.of(3L, 4L);

  private final boolean[] clicked = new boolean[SAMPLES];
  private final long[] users = new long[SAMPLES];
  private final int[] bucketOf = new int[SAMPLES];
  private final List<float[]> base = new ArrayList<>();
  private final List<float[]> savior = new ArrayList<>();
  private final List<TableResult.Row> rows;

  TableStatisticsTest() {
    Random random = new Random(9);
    for (int i = 0; i < SAMPLES; i++) {
      clicked[i] = random.nextInt(4) == 0;
      users[i] = i / 8;
      bucketOf[i] = random.nextInt(3) == 0 ? 0 : 1;
    }
    Period period =
        new Period(
            clicked,
            users,
            bucketOf,
            List.of(new Period.Bucket("0-9", 1, 1, 1), new Period.Bucket("10+", 1, 1, 1)));
    List<TableStatistics.Finished> cells = new ArrayList<>();
    for (long seed : SEEDS) {
      base.add(scores(random, 0.1));
      savior.add(scores(random, 0.3));
      cells.add(cell("base", seed, base.getLast()));
      cells.add(cell("saviorrec", seed, savior.getLast()));
    }
    rows = new TableStatistics(PaperTable.TABLE2, period, RESAMPLES).rows(cells);
  }

  private float[] scores(Random random, double signal) {
    float[] scores = new float[SAMPLES];
    for (int i = 0; i < SAMPLES; i++) {
      scores[i] = (float) Math.clamp(random.nextDouble() / 2 + (clicked[i] ? signal : 0), .01, .99);
    }
    return scores;
  }

  private static TableStatistics.Finished cell(String row, long seed, float[] scores) {
    Cell cell = new Cell(PaperTable.TABLE2.present(List.of(row)).getFirst(), seed);
    return new TableStatistics.Finished(
        cell, new CellResult(row, seed, "", 5, Map.of(), "models/" + row), scores);
  }

  @Test
  void aRowsFiguresAreMeansOverSeedsWithStudentsInterval() {
    TableResult.Row row = rows.getFirst();
    double first = Auc.of(base.get(0), clicked);
    double second = Auc.of(base.get(1), clicked);
    Mean auc = Objects.requireNonNull(row.metrics().get("auc"));
    assertThat(auc.mean()).isCloseTo((first + second) / 2, within(1e-12));
    // Of one degree of freedom: 12.7062 standard errors, here half the distance.
    assertThat(auc.high() - auc.mean())
        .isCloseTo(12.706204736 * Math.abs(first - second) / 2, within(1e-8));
    assertThat(row.paper()).isEqualTo(71.28);
    assertThat(Objects.requireNonNull(row.metrics().get("pcoc")).mean())
        .isCloseTo(
            (Calibration.pcoc(base.get(0), clicked) + Calibration.pcoc(base.get(1), clicked)) / 2,
            within(1e-12));
  }

  @Test
  void differencesAreOfTheSameSeedsOnTheSameImpressions() {
    TableResult.Against against = Objects.requireNonNull(rows.getFirst().against());
    Difference auc = Objects.requireNonNull(against.auc());
    double mean = 0;
    for (int seed = 0; seed < SEEDS.size(); seed++) {
      mean += (Auc.of(base.get(seed), clicked) - Auc.of(savior.get(seed), clicked)) / SEEDS.size();
    }
    assertThat(auc.difference()).isCloseTo(mean, within(1e-12)).isNegative();
    assertThat(auc)
        .isEqualTo(new UserBootstrap(base, savior, clicked, users, RESAMPLES, 1).auc(_ -> true));
    assertThat(against.bySeed().mean()).isCloseTo(mean, within(1e-12));
    assertThat(against.deLong()).isEqualTo(DeLong.of(base, savior, clicked));
    assertThat(rows.getLast().against()).isNull();
  }

  @Test
  void bucketsHaveTheFiguresOfTheirImpressionsAlone() {
    TableResult.BucketRow bucket = rows.getLast().buckets().getFirst();
    assertThat(bucket.name()).isEqualTo("0-9");
    double expected = 0;
    for (float[] seed : savior) {
      int size = (int) java.util.Arrays.stream(bucketOf).filter(b -> b == 0).count();
      float[] scores = new float[size];
      boolean[] labels = new boolean[size];
      long[] who = new long[size];
      int at = 0;
      for (int i = 0; i < SAMPLES; i++) {
        if (bucketOf[i] == 0) {
          scores[at] = seed[i];
          labels[at] = clicked[i];
          who[at++] = users[i];
        }
      }
      expected += ClickMetrics.of(scores, labels, who).auc() / savior.size();
    }
    assertThat(Objects.requireNonNull(bucket.metrics().get("auc")).mean())
        .isCloseTo(expected, within(1e-12));
    assertThat(bucket.auc().value()).isCloseTo(expected, within(1e-12));
    assertThat(bucket.auc().low()).isLessThan(expected);
    assertThat(bucket.auc().high()).isGreaterThan(expected);
    assertThat(rows.getFirst().buckets().getFirst().difference()).isNotNull();
  }

  @Test
  void aFigureOfOneSeedHasNoInterval() {
    Mean one = Mean.of(new double[] {0.7});
    assertThat(one.mean()).isEqualTo(0.7);
    assertThat(one.low()).isNaN();
    // t of four degrees of freedom is 2.776445.
    Mean five = Mean.of(new double[] {1, 2, 3, 4, 5});
    assertThat(five.high()).isCloseTo(3 + 2.7764451 * Math.sqrt(2.5 / 5), within(1e-6));
  }
}
