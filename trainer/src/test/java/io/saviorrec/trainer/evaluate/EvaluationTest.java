package io.saviorrec.trainer.evaluate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.saviorrec.bundle.Bundle;
import io.saviorrec.trainer.CommandRun;
import io.saviorrec.trainer.data.DataSet;
import io.saviorrec.trainer.data.log.ImpressionLog;
import io.saviorrec.trainer.fallback.FallbackCase;
import io.saviorrec.trainer.fallback.FallbackMeasures;
import io.saviorrec.trainer.ranker.Predictor;
import io.saviorrec.trainer.torch.ScriptModule;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Every figure of an evaluation against its definition, spelled out over the log.
class EvaluationTest {
  @TempDir private static Path folder;

  private static Bundle bundle;
  private static DataSet data;

  @BeforeAll
  static void trainATinyModel() {
    Path shop = folder.resolve("shop");
    Path models = folder.resolve("models");
    run("synth", shop.toString(), "--preset", "tiny");
    run("train", shop.toString(), models.toString(), "--preset", "tiny", "--seed", "3");
    bundle = Bundle.open(models.resolve("saviorrec").resolve("1"));
    data = DataSet.open(shop, bundle.manifest().features());
  }

  @AfterAll
  static void closeData() {
    data.close();
  }

  private static void run(String... arguments) {
    assertThat(CommandRun.of(arguments).errLines()).isEmpty();
  }

  private ImpressionLog log;
  private int first;
  private int from;
  private int until;
  private Evaluation evaluation;

  @BeforeEach
  void evaluate() {
    log = data.log();
    first = log.firstPageAt(data.cuts().testFrom());
    from = log.pageStart[first];
    until = log.samples();
    evaluation = Evaluation.of(bundle, data, Split.TEST, PvBuckets.parse("0,3,20"));
  }

  /// The share of pairs of a click and a pass that the scores put in order, among some samples.
  private double auc(List<Integer> samples, float[] scores) {
    double right = 0;
    long pairs = 0;
    for (int click : samples) {
      for (int pass : samples) {
        if (log.clicked[click] && !log.clicked[pass]) {
          pairs++;
          int order = Float.compare(scores[click - from], scores[pass - from]);
          right += order > 0 ? 1 : order == 0 ? 0.5 : 0;
        }
      }
    }
    return right / pairs;
  }

  private List<Integer> samples() {
    return IntStream.range(from, until).boxed().toList();
  }

  private static float[] predictions() {
    return new Predictor(
            ScriptModule.load(bundle.path(Bundle.RANKER)),
            bundle.manifest().dims().historyLength(),
            BundleItems.of(bundle, data.items()).features(data.items(), data.schema()),
            data.log(),
            data.statistics())
        .predict(data.cuts().testFrom(), Long.MAX_VALUE);
  }

  @Test
  void measuresNewItemsAsIfTheyWereNeverSent() {
    float[] scores = predictions();
    double predicted = 0;
    long clicks = 0;
    double place = 0;
    long places = 0;
    for (int page = first; page < log.pages(); page++) {
      for (int i = log.pageStart[page]; i < log.pageStart[page + 1]; i++) {
        if (data.items().firstImpression(log.sampleItem[i]) >= data.cuts().testFrom()) {
          predicted += scores[i - from];
          clicks += log.clicked[i] ? 1 : 0;
          places++;
          for (int j = log.pageStart[page]; j < log.pageStart[page + 1]; j++) {
            place += scores[j - from] >= scores[i - from] ? 1 : 0;
          }
        }
      }
    }
    FallbackMeasures unknown = evaluation.unknown();
    assertThat(unknown.known().clicks()).isEqualTo(clicks).isPositive();
    assertThat(unknown.known().ratio()).isCloseTo(predicted / clicks, within(1e-5));
    assertThat(unknown.cases()).hasSize(FallbackCase.ALL.size());
    FallbackMeasures.Step nothing = Objects.requireNonNull(unknown.cases().get("unknown_item"));
    assertThat(nothing.ratio().clicks()).isEqualTo(clicks);
    assertThat(nothing.move().impressions()).isEqualTo(places);
    assertThat(nothing.move().sent()).isCloseTo(place / places, within(0.01));
  }

  @Test
  void measuresTheModelOnThePeriodAlone() {
    float[] scores = predictions();
    assertThat(scores).hasSize(until - from);
    assertThat(evaluation.samples()).isEqualTo(until - from);
    assertThat(evaluation.auc()).isCloseTo(auc(samples(), scores), within(1e-12));
    double loss = 0;
    double predicted = 0;
    long clicks = 0;
    for (int i = from; i < until; i++) {
      double p = scores[i - from];
      loss -= Math.log(log.clicked[i] ? p : 1 - p);
      predicted += p;
      clicks += log.clicked[i] ? 1 : 0;
    }
    assertThat(evaluation.logloss()).isCloseTo(loss / scores.length, within(1e-6));
    assertThat(evaluation.pcoc()).isCloseTo(predicted / clicks, within(1e-9));
  }

  @Test
  void weighsUsersWithBothClassesByTheirImpressions() {
    float[] scores = predictions();
    Set<Long> users = new HashSet<>();
    for (int page = first; page < log.pages(); page++) {
      users.add(log.pageUser[page]);
    }
    double sum = 0;
    long weight = 0;
    for (long user : users) {
      List<Integer> samples = new ArrayList<>();
      for (int page = first; page < log.pages(); page++) {
        if (log.pageUser[page] == user) {
          IntStream.range(log.pageStart[page], log.pageStart[page + 1]).forEach(samples::add);
        }
      }
      double auc = auc(samples, scores);
      if (!Double.isNaN(auc)) {
        sum += auc * samples.size();
        weight += samples.size();
      }
    }
    assertThat(weight).isPositive();
    assertThat(evaluation.gauc()).isCloseTo(sum / weight, within(1e-12));
  }

  @Test
  void comparesWithScoresThatNeedNoModel() {
    assertThat(evaluation.references()).containsOnlyKeys("item_ctr", "pctr_base", "oracle");
    assertThat(evaluation.referencesGauc()).containsOnlyKeys("item_ctr", "pctr_base", "oracle");
    float[] base = new float[until - from];
    System.arraycopy(log.pctrBase, from, base, 0, base.length);
    assertThat(evaluation.references().get("pctr_base"))
        .isCloseTo(auc(samples(), base), within(1e-12));
    assertThat(evaluation.references().get("item_ctr"))
        .isCloseTo(auc(samples(), itemCtr()), within(1e-12));
    assertThat(evaluation.references().get("oracle"))
        .isGreaterThan(evaluation.references().get("pctr_base"));
  }

  /// Clicks over views of days before the impression's, with twenty views of the training period's
  /// rate on top.
  private float[] itemCtr() {
    int trainUntil = log.pageStart[log.firstPageAt(data.cuts().validationFrom())];
    int trainFrom = log.pageStart[log.firstPageAt(data.cuts().warmupUntil())];
    double clicks = IntStream.range(trainFrom, trainUntil).filter(i -> log.clicked[i]).count();
    double prior = clicks / (trainUntil - trainFrom);
    float[] rates = new float[until - from];
    for (int page = first; page < log.pages(); page++) {
      for (int i = log.pageStart[page]; i < log.pageStart[page + 1]; i++) {
        int shown = 0;
        int clicked = 0;
        for (int earlier = 0; log.pageDay[earlier] < log.pageDay[page]; earlier++) {
          for (int j = log.pageStart[earlier]; j < log.pageStart[earlier + 1]; j++) {
            if (log.sampleItem[j] == log.sampleItem[i]) {
              shown++;
              clicked += log.clicked[j] ? 1 : 0;
            }
          }
        }
        rates[i - from] = (float) ((clicked + prior * 20) / (shown + 20.0));
      }
    }
    return rates;
  }

  @Test
  void bucketsItemsByTheirViewsBeforeThePeriod() {
    float[] scores = predictions();
    int[] views = new int[data.items().size()];
    for (int i = 0; i < from; i++) {
      views[log.sampleItem[i]]++;
    }
    int[] starts = {0, 3, 20, Integer.MAX_VALUE};
    String[] names = {"0-2", "3-19", "20+"};
    assertThat(evaluation.buckets()).hasSize(3);
    for (int bucket = 0; bucket < 3; bucket++) {
      int least = starts[bucket];
      int most = starts[bucket + 1];
      List<Integer> samples =
          samples().stream()
              .filter(i -> views[log.sampleItem[i]] >= least && views[log.sampleItem[i]] < most)
              .toList();
      Evaluation.Bucket measured = evaluation.buckets().get(bucket);
      assertThat(measured.name()).isEqualTo(names[bucket]);
      assertThat(measured.samples()).isEqualTo(samples.size()).isPositive();
      assertThat(measured.auc()).isCloseTo(auc(samples, scores), within(1e-12));
    }
  }

  /// Each click of the period asks with the user's click before it, wherever that was.
  @Test
  void hitsAreNextClicksAmongTheThirtyNearestItems() {
    BundleItems items = BundleItems.of(bundle, data.items());
    int hits = 0;
    int pairs = 0;
    for (int page = first; page < log.pages(); page++) {
      int before =
          log.historyEnd[page] == log.historyStart[page]
              ? -1
              : log.clickItem(log.historyEnd[page] - 1);
      for (int i = log.pageStart[page]; i < log.pageStart[page + 1] && before >= 0; i++) {
        int next = log.sampleItem[i];
        if (log.clicked[i]) {
          if (next != before) {
            pairs++;
            hits += nearest(items, before).indexOf(next) < 30 ? 1 : 0;
          }
          before = next;
        }
      }
    }
    assertThat(pairs).isGreaterThan(20);
    assertThat(evaluation.hit30()).isCloseTo(hits / (double) pairs, within(1e-9));
  }

  /// Each click of the period, and the last one before it, asks for all that the user clicks later.
  @Test
  void laterClicksAreCountedForEachClickBeforeThem() {
    BundleItems items = BundleItems.of(bundle, data.items());
    Set<Long> users = new HashSet<>();
    long hits = 0;
    long pairs = 0;
    for (int begin = first; begin < log.pages(); begin++) {
      long user = log.pageUser[begin];
      if (!users.add(user)) {
        continue;
      }
      List<Integer> clicks = new ArrayList<>();
      if (log.historyEnd[begin] > log.historyStart[begin]) {
        clicks.add(log.clickItem(log.historyEnd[begin] - 1));
      }
      for (int page = begin; page < log.pages(); page++) {
        for (int i = log.pageStart[page]; i < log.pageStart[page + 1]; i++) {
          if (log.pageUser[page] == user && log.clicked[i]) {
            clicks.add(log.sampleItem[i]);
          }
        }
      }
      for (int i = 0; i < clicks.size(); i++) {
        List<Integer> nearest = nearest(items, clicks.get(i)).subList(0, 30);
        for (int later : clicks.subList(i + 1, clicks.size())) {
          if (later != clicks.get(i)) {
            pairs++;
            hits += nearest.contains(later) ? 1 : 0;
          }
        }
      }
    }
    assertThat(pairs).isGreaterThan(20);
    assertThat(Retrieval.of(items.z(), data, Split.TEST).get(Retrieval.LATER))
        .isCloseTo(hits / (double) pairs, within(1e-9));
    assertThat(Retrieval.of(items.z(), data, Split.TEST).get(Retrieval.NEXT))
        .isEqualTo(evaluation.hit30());
  }

  private static List<Integer> nearest(BundleItems items, int query) {
    return IntStream.range(0, data.items().size())
        .boxed()
        .filter(item -> item != query)
        .sorted(Comparator.comparingDouble(item -> -cosine(items, query, item)))
        .toList();
  }

  private static double cosine(BundleItems items, int a, int b) {
    float[] first = new float[items.z().width()];
    float[] second = new float[first.length];
    items.z().copy(a, first, 0);
    items.z().copy(b, second, 0);
    float sum = 0;
    for (int d = 0; d < first.length; d++) {
      sum += first[d] * second[d];
    }
    return sum;
  }
}
