package io.saviorrec.trainer.evaluate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.saviorrec.bundle.Bundle;
import io.saviorrec.trainer.CommandRun;
import io.saviorrec.trainer.console.UserError;
import io.saviorrec.trainer.data.DataSet;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The ranker on true content, on a generated shop as small as they come.
class ContentReachTest {
  private static final PvBuckets BUCKETS = PvBuckets.parse("0,20");

  @TempDir private static Path folder;

  private static Path shop;
  private static Path savior;
  private static Path base;
  private static Bundle bundle;
  private static DataSet data;

  @BeforeAll
  static void trainTinyModels() {
    shop = folder.resolve("shop");
    Path models = folder.resolve("models");
    savior = models.resolve("saviorrec").resolve("1");
    base = models.resolve("base").resolve("1");
    assertThat(run("synth", shop.toString(), "--preset", "tiny").errLines()).isEmpty();
    for (String variant : new String[] {"saviorrec", "base"}) {
      CommandRun training =
          run(
              "train",
              shop.toString(),
              models.toString(),
              "--preset",
              "tiny",
              "--variant",
              variant,
              "--set",
              "ranker.training.epochs=10");
      assertThat(training.errLines()).isEmpty();
    }
    bundle = Bundle.open(savior);
    data = DataSet.open(shop, bundle.manifest().features());
  }

  @AfterAll
  static void closeData() {
    data.close();
  }

  private static CommandRun run(String... arguments) {
    return CommandRun.of(arguments);
  }

  @Test
  void aRankerOnTrueContentIsAboveBase() {
    Evaluation model = Evaluation.of(bundle, data, Split.TEST, BUCKETS);
    ContentReach reach =
        ContentReach.of(bundle, model, Bundle.open(base), data, Split.TEST, BUCKETS);
    assertThat(reach.base()).isNotNull();
    double baseAuc = reach.base().auc();
    System.err.println("XX " + model.auc() + " " + baseAuc + " " + reach);
    assertThat(reach.trueContent().auc()).isGreaterThan(baseAuc);
    assertThat(reach.share())
        .isCloseTo((model.auc() - baseAuc) / (reach.trueContent().auc() - baseAuc), within(1e-12));
    assertThat(reach.trueContent().buckets()).hasSize(2);
  }

  @Test
  void zShowsEveryPartAndHasUnitLength() {
    ContentReference reference = new ContentReference(bundle, data);
    var content = data.trueContent().orElseThrow();
    float[] z = reference.z();
    int[] codes = reference.codes();
    int items = data.items().size();
    int width = z.length / items;
    assertThat(width).isEqualTo(24 + 24 + 4 + 1);
    for (int a = 0; a < items; a++) {
      assertThat(dot(z, width, a, a)).isCloseTo(1, within(1e-5));
      assertThat(codes[2 * a]).isEqualTo(content.category()[a]);
      assertThat(codes[2 * a + 1]).isEqualTo(content.theme()[a]);
    }
    assertThat(meanOfPairs(z, width, content.category())).isGreaterThan(0.15);
    assertThat(meanOfPairs(z, width, content.theme())).isGreaterThan(0.15);
  }

  /// Mean cosine of two different items of one kind; of any two items it is about zero.
  private static double meanOfPairs(float[] z, int width, int[] kind) {
    double sum = 0;
    int pairs = 0;
    for (int a = 0; a < kind.length; a++) {
      for (int b = 0; b < a; b++) {
        if (kind[a] == kind[b]) {
          sum += dot(z, width, a, b);
          pairs++;
        }
      }
    }
    return sum / pairs;
  }

  private static double dot(float[] z, int width, int a, int b) {
    double sum = 0;
    for (int d = 0; d < width; d++) {
      sum += z[a * width + d] * z[b * width + d];
    }
    return sum;
  }

  @Test
  void countsAShareOnlyWhereThereIsAWayToGo() {
    assertThat(ContentReach.share(.72, .69, .74)).isCloseTo(.6, within(1e-9));
    assertThat(ContentReach.share(.68, .69, .74)).isCloseTo(-.2, within(1e-9));
    assertThat(ContentReach.share(.72, .69, .69)).isNull();
    assertThat(ContentReach.share(null, .69, .74)).isNull();
  }

  @Test
  void theCommandPrintsTheReferenceOnlyWhenAsked() {
    assertThat(run("evaluate", savior.toString(), shop.toString()).out())
        .doesNotContain("true content");
    CommandRun asked =
        run("evaluate", savior.toString(), shop.toString(), "--reference", "--base", base.toString());
    assertThat(asked.status()).isZero();
    assertThat(asked.out())
        .containsPattern("(?m)^true content +[0-9.]+ +[0-9.]+$")
        .containsPattern("(?m)^share of what true content reaches: ");
    CommandRun alone = run("evaluate", savior.toString(), shop.toString(), "--reference", "--json");
    assertThat(alone.out()).contains("\"true_content\":{\"auc\":").contains("\"share\":null");
  }

  @Test
  void theCommandTakesNoBaseWithoutAReference() {
    CommandRun run =
        run("evaluate", savior.toString(), shop.toString(), "--base", base.toString());
    assertThat(run.status()).isNotZero();
    assertThat(run.err()).contains("--base is what --reference counts a share from; give both");
  }

  @Test
  void onlyABaseCanBeTheBase() {
    Evaluation model = Evaluation.of(bundle, data, Split.TEST, BUCKETS);
    assertThatThrownBy(
            () -> ContentReach.of(bundle, model, bundle, data, Split.TEST, BUCKETS))
        .isInstanceOf(UserError.class)
        .hasMessage(savior + " is of variant saviorrec; a share is counted from variant base");
  }
}
