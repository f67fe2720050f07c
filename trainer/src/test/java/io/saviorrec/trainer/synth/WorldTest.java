package io.saviorrec.trainer.synth;

import static org.assertj.core.api.Assertions.assertThat;

import io.saviorrec.trainer.data.log.Day;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class WorldTest {
  private static World small;

  @BeforeAll
  static void generate() {
    small = World.generate(SynthPreset.SMALL.size(), 7);
  }

  @Test
  void makesTheSameLogFromTheSameSeed() {
    ClickLog first = World.generate(SynthPreset.TINY.size(), 3).log();
    ClickLog second = World.generate(SynthPreset.TINY.size(), 3).log();
    assertThat(second.item).isEqualTo(first.item);
    assertThat(second.user).isEqualTo(first.user);
    assertThat(second.time).isEqualTo(first.time);
    assertThat(second.clicked).isEqualTo(first.clicked);
    assertThat(second.probability).isEqualTo(first.probability);
    assertThat(second.pctrBase).isEqualTo(first.pctrBase);
  }

  @Test
  void makesAnotherLogFromAnotherSeed() {
    ClickLog first = World.generate(SynthPreset.TINY.size(), 3).log();
    ClickLog second = World.generate(SynthPreset.TINY.size(), 4).log();
    assertThat(second.item).isNotEqualTo(first.item);
  }

  @Test
  void clicksAboutAFifth() {
    ClickLog log = small.log();
    assertThat(log.size()).isEqualTo(SynthPreset.SMALL.size().impressions());
    assertThat(log.clickRate(0, log.size())).isBetween(.15, .25);
  }

  @Test
  void showsOnlyItemsThatAreBorn() {
    ClickLog log = small.log();
    int unborn = 0;
    for (int i = 0; i < log.size(); i++) {
      unborn += small.items().bornAt[log.item[i]] >= log.time[i] ? 1 : 0;
    }
    assertThat(unborn).isZero();
  }

  @Test
  void showsPagesOfTenDistinctItemsInTimeOrder() {
    ClickLog log = small.log();
    Set<String> pages = new HashSet<>();
    for (int page = 0; page < log.size(); page += SynthPreset.PAGE_SIZE) {
      Set<Integer> shown = new HashSet<>();
      for (int i = page; i < page + SynthPreset.PAGE_SIZE; i++) {
        assertThat(log.user[i]).isEqualTo(log.user[page]);
        assertThat(log.time[i]).isEqualTo(log.time[page]);
        assertThat(shown.add(log.item[i])).isTrue();
      }
      assertThat(log.time[page]).isGreaterThanOrEqualTo(log.time[Math.max(0, page - 1)]);
      assertThat(pages.add(log.user[page] + "@" + log.time[page])).isTrue();
    }
  }

  @Test
  void neverShowsAUserAnItemThatHeClickedOnAnEarlierPage() {
    ClickLog log = small.log();
    Set<Long> clicked = new HashSet<>();
    for (int i = 0; i < log.size(); i++) {
      long pair = (long) log.user[i] * small.items().size + log.item[i];
      assertThat(clicked.contains(pair)).isFalse();
      if (log.clicked[i]) {
        clicked.add(pair);
      }
    }
  }

  @Test
  void clicksAsOftenAsTheWrittenProbabilitySays() {
    ClickLog log = small.log();
    Integer[] order = new Integer[log.size()];
    Arrays.setAll(order, i -> i);
    Arrays.sort(order, (a, b) -> Double.compare(log.probability[a], log.probability[b]));
    int decile = log.size() / 10;
    for (int d = 0; d < 10; d++) {
      double expected = 0;
      double variance = 0;
      int clicks = 0;
      for (int k = d * decile; k < (d + 1) * decile; k++) {
        double p = log.probability[order[k]];
        expected += p;
        variance += p * (1 - p);
        clicks += log.clicked[order[k]] ? 1 : 0;
      }
      assertThat(Math.abs(clicks - expected)).isLessThan(4 * Math.sqrt(variance));
    }
  }

  @Test
  void exploresYoungItemsAndHasALongTail() {
    ClickLog log = small.log();
    int[] views = new int[small.items().size];
    int young = 0;
    int from = log.firstAt(SynthPreset.testFrom());
    for (int i = 0; i < log.size(); i++) {
      views[log.item[i]]++;
      boolean isYoung = small.items().bornAt[log.item[i]] > log.time[i] - 12 * Day.SECONDS;
      young += i >= from && isYoung ? 1 : 0;
    }
    assertThat((double) young / (log.size() - from)).isBetween(.3, .7);
    Arrays.sort(views);
    int top = Arrays.stream(views, views.length * 9 / 10, views.length).sum();
    assertThat((double) top / log.size()).isBetween(.35, .7);
  }

  @Test
  void putsClicksOnOneThemeOntoOnePageMoreOftenThanChance() {
    ClickLog log = small.log();
    int pairs = 0;
    int sameTheme = 0;
    for (int first = 0; first < log.size(); first++) {
      int pageEnd = first - first % SynthPreset.PAGE_SIZE + SynthPreset.PAGE_SIZE;
      for (int second = first + 1; log.clicked[first] && second < pageEnd; second++) {
        boolean same =
            small.items().theme[log.item[first]] == small.items().theme[log.item[second]];
        pairs += log.clicked[second] ? 1 : 0;
        sameTheme += log.clicked[second] && same ? 1 : 0;
      }
    }
    // By chance it would be one in 24.
    assertThat((double) sameTheme / pairs).isBetween(.1, .3);
  }

  @Test
  void ranksPopularItemsWellAndColdItemsPoorlyInProduction() {
    SynthReport report = small.report();
    SynthReport.Bucket cold = report.buckets().get(0);
    SynthReport.Bucket popular = report.buckets().get(3);
    assertThat(cold.name()).isEqualTo("0-9");
    assertThat(popular.name()).isEqualTo("80-199");
    assertThat(cold.share()).isBetween(.06, .13);
    assertThat(popular.auc().pctrBase()).isGreaterThan(auc(cold.auc().pctrBase()) + .03);
    assertThat(report.buckets().stream().mapToDouble(SynthReport.Bucket::share).sum())
        .isBetween(.999999, 1.000001);
  }

  @Test
  void leavesRoomBetweenProductionAndWhatTheTruthWouldReach() {
    SynthReport.References auc = small.report().testAuc();
    assertThat(auc.itemCtr()).isLessThan(auc.pctrBase());
    assertThat(auc(auc.pctrBase()) + .03).isLessThan(auc.visibleLatents());
    assertThat(auc.visibleLatents()).isLessThan(auc.latents());
    assertThat(auc.latents()).isLessThan(auc.oracle());
  }

  private static double auc(@Nullable Double known) {
    return Objects.requireNonNull(known);
  }

  @Test
  void movesAFewTastesADay() {
    Population users = new Population(2_000, new RandomStreams(1));
    int[][] before = Arrays.stream(users.themes).map(int[]::clone).toArray(int[][]::new);
    users.driftOneDay();
    int moved = 0;
    for (int user = 0; user < users.size; user++) {
      moved += Arrays.equals(before[user], users.themes[user]) ? 0 : 1;
      assertThat(Arrays.stream(users.themes[user]).distinct().count()).isEqualTo(3);
    }
    // 4 % of 2,000, give or take four standard deviations.
    assertThat(moved).isBetween(45, 115);
  }
}
