package io.saviorrec.trainer.evaluate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.saviorrec.bundle.Bundle;
import io.saviorrec.config.Settings;
import io.saviorrec.trainer.CommandRun;
import io.saviorrec.trainer.data.DataSet;
import io.saviorrec.trainer.data.table.Database;
import io.saviorrec.trainer.ranker.RankerConfig;
import io.saviorrec.trainer.ranker.TastefulShop;
import io.saviorrec.trainer.ranker.Variant;
import io.saviorrec.trainer.train.Preset;
import io.saviorrec.trainer.train.TrainConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import java.util.stream.Stream;
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
              variant);
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

  /// Its manifest says nothing of taste profiles or of candidates trained as new.
  @Test
  void settingsOfAnOlderReleaseAreRead() throws IOException {
    Path older = Files.createDirectories(folder.resolve("older/saviorrec/1"));
    try (Stream<Path> files = Files.list(savior)) {
      for (Path file : files.toList()) {
        Files.copy(file, older.resolve(file.getFileName()));
      }
    }
    Path file = older.resolve(Bundle.MANIFEST);
    ObjectMapper json = new ObjectMapper();
    ObjectNode manifest = (ObjectNode) json.readTree(file.toFile());
    ObjectNode ranker = (ObjectNode) manifest.at("/provenance/settings/ranker");
    assertThat(ranker.remove("taste")).isNotNull();
    assertThat(((ObjectNode) ranker.get("training")).remove("coldDropout")).isNotNull();
    json.writeValue(file.toFile(), manifest);
    RankerConfig settings = ContentReference.settings(Bundle.open(older).manifest());
    assertThat(settings.taste().enabled()).isFalse();
    assertThat(settings.training().coldDropout()).isZero();
  }

  /// In a shop whose users like themes, of which ids, titles and statistics tell nothing.
  @Test
  void aRankerOnTrueContentIsAboveBase() throws IOException {
    Path tasteful = Files.createDirectory(folder.resolve("tasteful"));
    TastefulShop.write(tasteful, new Random(1));
    writeThemes(tasteful);
    try (DataSet shop = DataSet.open(tasteful)) {
      assertThat(auc(Variant.SAVIORREC, shop)).isGreaterThan(auc(Variant.BASE, shop) + 0.03);
    }
  }

  private static void writeThemes(Path shop) throws IOException {
    Path file = Files.createDirectory(shop.resolve("truth")).resolve("items.parquet");
    try (Database database = Database.open()) {
      database.writeParquet(
          file,
          """
          SELECT i AS item_id, 0 AS category, i %% %d AS theme, 0 AS style_0, 0 AS style_1,
            0 AS style_2, 0 AS style_3, 0 AS visible_appeal FROM range(%d) t(i)"""
              .formatted(TastefulShop.THEMES, TastefulShop.ITEMS));
    }
  }

  private static double auc(Variant variant, DataSet shop) {
    Settings<TrainConfig> settings = Preset.TINY.settings();
    settings.set("ranker.variant", variant.label(), "variant");
    settings.set("ranker.userId", "off", "userId");
    settings.set("ranker.training.batchSize", "200", "batchSize");
    float[] predictions =
        new ContentReference(settings.bind().ranker(), 1, shop)
            .predict(shop.log(), shop.cuts().validationFrom(), Long.MAX_VALUE);
    return RankingMetrics.of(shop.log(), shop.cuts().validationFrom(), Long.MAX_VALUE, predictions)
        .auc();
  }

  @Test
  void theShareIsCountedFromBaseToTrueContent() {
    Evaluation model = Evaluation.of(bundle, data, Split.TEST, BUCKETS);
    Evaluation measured = Evaluation.of(Bundle.open(base), data, Split.TEST, BUCKETS);
    ContentReach reach = ContentReach.of(bundle, model, measured, data, Split.TEST, BUCKETS);
    assertThat(reach.base())
        .isEqualTo(new ContentReach.Figures(measured.auc(), measured.gauc(), measured.buckets()));
    assertThat(reach.trueContent().buckets()).hasSize(2);
    assertThat(reach.trueContent().auc()).isNotEqualTo(model.auc());
    assertThat(reach.share())
        .isEqualTo(ContentReach.share(model.auc(), measured.auc(), reach.trueContent().auc()));
  }

  @Test
  void zShowsEveryPartAndHasUnitLength() {
    ContentReference reference = ContentReference.like(bundle, data);
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
        .containsPattern("(?m)^z uses [0-9.]+ of its 16 directions$")
        .containsPattern("(?m)^held-out items +[0-9]+ +[0-9.]+ +[0-9.]+ ")
        .doesNotContain("true content");
    CommandRun asked =
        run(
            "evaluate",
            savior.toString(),
            shop.toString(),
            "--reference",
            "--against",
            base.toString());
    assertThat(asked.status()).isZero();
    assertThat(asked.out())
        .containsPattern("(?m)^true content +[0-9.]+ +[0-9.]+$")
        .containsPattern("(?m)^share of what true content reaches: ");
    CommandRun alone = run("evaluate", savior.toString(), shop.toString(), "--reference", "--json");
    assertThat(alone.out()).contains("\"true_content\":{\"auc\":").contains("\"share\":null");
    assertThat(alone.out())
        .contains("\"z\":{\"z_dim\":16,\"effective_rank\":")
        .contains("\"held_out\":{\"items\":");
  }

  @Test
  void twoBundlesAreShownSideBySide() throws IOException {
    CommandRun text =
        run("evaluate", savior.toString(), shop.toString(), "--against", base.toString());
    assertThat(text.status()).isZero();
    assertThat(text.out())
        .contains("saviorrec version 1 against base version 1; 95 % intervals and p by 1,000 draws")
        .containsPattern("(?m)^all +750 +[0-9.]+ +[0-9.]+ +[+-][0-9.]+ +[+-][0-9.]+ +[+-][0-9.]+")
        .containsPattern("(?m)^GAUC ")
        .containsPattern("(?m)^10-29 ")
        .doesNotContain("true content");
    CommandRun json =
        run("evaluate", savior.toString(), shop.toString(), "--against", base.toString(), "--json");
    JsonNode against = new ObjectMapper().readTree(json.out()).at("/against");
    Evaluation model = Evaluation.of(bundle, data, Split.TEST, PvBuckets.parse(PvBuckets.DEFAULT));
    assertThat(against.at("/auc/first").asDouble()).isCloseTo(model.auc(), within(1e-9));
    assertThat(against.at("/auc/second").asDouble())
        .isEqualTo(against.at("/other/auc").asDouble(), within(1e-9));
    assertThat(against.at("/auc/low").asDouble()).isLessThan(against.at("/auc/high").asDouble());
    assertThat(against.at("/auc/p_value").asDouble()).isBetween(0.0, 1.0);
  }
}
