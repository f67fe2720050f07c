package io.saviorrec.trainer.encoder;

import static org.assertj.core.api.Assertions.assertThat;

import io.saviorrec.bundle.FloatRows;
import io.saviorrec.content.ItemContent;
import io.saviorrec.content.TextPart;
import io.saviorrec.trainer.contrast.PositivePairs;
import io.saviorrec.trainer.data.log.CoClicks;
import io.saviorrec.trainer.loop.Checkpoints;
import io.saviorrec.trainer.train.Preset;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class EncoderTrainerTest {
  private static final int ITEMS = 120;

  // Threads that wait for each other cost more than these small products.
  @BeforeAll
  static void useOneThread() {
    torch.set_num_threads(1);
  }

  @TempDir private Path folder;

  private final ToyCatalogue catalogue = new ToyCatalogue(ITEMS, 5);

  /// What a training gave, with z as an array.
  private record Trained(
      float[] z,
      int zDim,
      double alignLoss,
      double recallBefore,
      double recallAfter,
      List<String> unreadableImages) {
    static Trained of(EncoderResult result) {
      try (FloatRows rows = FloatRows.open(result.z(), EncoderResult.TENSOR)) {
        float[] z = new float[rows.rows() * rows.width()];
        rows.copy(0, rows.rows(), z, 0);
        return new Trained(
            z,
            rows.width(),
            result.alignLoss(),
            result.recallBefore(),
            result.recallAfter(),
            result.unreadableImages());
      }
    }
  }

  private Trained train(ToyCatalogue toy, int[] trainingItems, String name, long seed) {
    return Trained.of(
        EncoderTrainer.train(
            Preset.TINY.config().encoder(),
            TextPart.ALL,
            toy.items.size(),
            toy.items::get,
            toy.pairs(),
            trainingItems,
            folder.resolve(name + ".pt"),
            folder.resolve(name + ".json"),
            seed,
            Checkpoints.none()));
  }

  /// Items of complementary kinds have neither colours nor words in common, so only co-clicks can
  /// bring them together: without stage 1 they are no closer than items of any two kinds.
  @Test
  void bringsItemsThatAreClickedTogetherClose() {
    EncoderConfig tiny = Preset.TINY.config().encoder();
    Trained content =
        train(stages(tiny.adapt(), new EncoderConfig.Stage(0, 1, 1, 2, 1e-3, 0, 0)), "content");
    Trained aligned =
        train(
            stages(tiny.adapt(), new EncoderConfig.Stage(100, 1, 80, 32, 4e-3, 0.1, 1e-3)),
            "aligned");
    assertThat(attraction(content)).isLessThan(0.2);
    assertThat(attraction(aligned)).isGreaterThan(0.7);
    assertThat(content.recallAfter()).isLessThan(0.1);
    assertThat(aligned.recallAfter()).isBetween(0.4, 1.0);
    assertThat(aligned.alignLoss()).isLessThan(Math.log(32));
  }

  private Trained train(EncoderConfig config, String name) {
    return Trained.of(
        EncoderTrainer.train(
            config,
            TextPart.ALL,
            ITEMS,
            catalogue.items::get,
            catalogue.complements(),
            catalogue.all(),
            folder.resolve(name + ".pt"),
            folder.resolve(name + ".json"),
            1,
            Checkpoints.none()));
  }

  /// The mean cosine of two items of complementary kinds less that of two items of other different
  /// kinds.
  private double attraction(Trained result) {
    double together = 0;
    double other = 0;
    int togethers = 0;
    int others = 0;
    for (int a = 0; a < ITEMS; a++) {
      for (int b = 0; b < a; b++) {
        double cosine = dot(result.z(), a, b, result.zDim());
        if (catalogue.complementary(a, b)) {
          together += cosine;
          togethers++;
        } else if (!catalogue.sameKind(a, b)) {
          other += cosine;
          others++;
        }
      }
    }
    return together / togethers - other / others;
  }

  @Test
  void exportsUnitVectorsAroundTheOriginOfTheTrainingItems() {
    Trained result = train(catalogue, catalogue.all(), "a", 1);
    int dim = result.zDim();
    double[] mean = new double[dim];
    for (int i = 0; i < ITEMS; i++) {
      assertThat(dot(result.z(), i, i, dim)).isBetween(0.9999, 1.0001);
      for (int d = 0; d < dim; d++) {
        mean[d] += result.z()[i * dim + d] / ITEMS;
      }
    }
    assertThat(Math.sqrt(Arrays.stream(mean).map(v -> v * v).sum())).isLessThan(0.5);
  }

  @Test
  void repeatsItselfUnderOneSeedAndNotUnderAnother() throws Exception {
    Trained once = train(catalogue, catalogue.all(), "a", 1);
    Trained again = train(catalogue, catalogue.all(), "b", 1);
    Trained other = train(catalogue, catalogue.all(), "c", 2);
    assertThat(Arrays.equals(again.z(), once.z())).isTrue();
    assertThat(Arrays.equals(other.z(), once.z())).isFalse();
    assertThat(Files.readString(folder.resolve("b.json")))
        .isEqualTo(Files.readString(folder.resolve("a.json")));
  }

  @Test
  void keepsAnItemWhosePictureCannotBeReadAndSaysSo() {
    ItemContent whole = catalogue.items.get(7);
    catalogue.items.set(
        7, new ItemContent(whole.itemId(), whole.title(), "", "", new byte[] {1, 2, 3}));
    Trained broken = train(catalogue, catalogue.all(), "a", 1);
    assertThat(broken.unreadableImages()).singleElement().asString().contains("item 107");
    catalogue.items.set(7, new ItemContent(whole.itemId(), whole.title(), "", "", new byte[0]));
    Trained absent = train(catalogue, catalogue.all(), "b", 1);
    assertThat(absent.unreadableImages()).isEmpty();
    assertThat(Arrays.equals(absent.z(), broken.z())).isTrue();
  }

  @Test
  void learnsFromTrainingItemsAlone() {
    int[] some = Arrays.copyOf(catalogue.all(), ITEMS - 1);
    ToyCatalogue changed = new ToyCatalogue(ITEMS, 5);
    changed.items.set(ITEMS - 1, new ItemContent(99, "entirely other words", "", "", new byte[0]));
    PositivePairs pairs =
        PositivePairs.of(
            ITEMS, new CoClicks(new int[] {0, 1}, new int[] {2, 3}, new float[] {1, 1}), some);
    Trained before =
        Trained.of(
            EncoderTrainer.train(
                Preset.TINY.config().encoder(),
                TextPart.ALL,
                ITEMS,
                catalogue.items::get,
                pairs,
                some,
                folder.resolve("a.pt"),
                folder.resolve("a.json"),
                1,
                Checkpoints.none()));
    Trained after =
        Trained.of(
            EncoderTrainer.train(
                Preset.TINY.config().encoder(),
                TextPart.ALL,
                ITEMS,
                changed.items::get,
                pairs,
                some,
                folder.resolve("b.pt"),
                folder.resolve("b.json"),
                1,
                Checkpoints.none()));
    double difference = 0;
    for (int i = 0; i < (ITEMS - 1) * before.zDim(); i++) {
      difference = Math.max(difference, Math.abs(after.z()[i] - before.z()[i]));
    }
    assertThat(difference).isLessThan(1e-5);
  }

  @Test
  void leavesStageOneOutWithoutPairs() {
    Trained result =
        Trained.of(
            EncoderTrainer.train(
                Preset.TINY.config().encoder(),
                TextPart.ALL,
                ITEMS,
                catalogue.items::get,
                PositivePairs.of(
                    ITEMS, new CoClicks(new int[0], new int[0], new float[0]), catalogue.all()),
                catalogue.all(),
                folder.resolve("a.pt"),
                folder.resolve("a.json"),
                1,
                Checkpoints.none()));
    assertThat(result.alignLoss()).isNaN();
    assertThat(dot(result.z(), 3, 3, result.zDim())).isBetween(0.9999, 1.0001);
  }

  /// Stage 0 takes items that have but one of picture and words.
  @Test
  void aCatalogueOfWordsAloneIsLearnedFromToo() {
    for (int i = 0; i < ITEMS; i++) {
      ItemContent whole = catalogue.items.get(i);
      catalogue.items.set(i, new ItemContent(whole.itemId(), whole.title(), "", "", new byte[0]));
    }
    assertThat(contentAlone("trained", 1, NONE)).isNotEqualTo(contentAlone("random", 0, NONE));
  }

  @Test
  void aCatalogueOfPicturesAloneIsLearnedFromToo() {
    for (int i = 0; i < ITEMS; i++) {
      ItemContent whole = catalogue.items.get(i);
      catalogue.items.set(i, new ItemContent(whole.itemId(), "", "", "", whole.image()));
    }
    assertThat(contentAlone("trained", 1, NONE)).isNotEqualTo(contentAlone("random", 0, NONE));
  }

  @Test
  void stageZeroLearnsWhatIsClickedTogether() {
    assertThat(contentAlone("pairs", 1, catalogue.complements()))
        .isNotEqualTo(contentAlone("none", 1, NONE));
  }

  /// Two words that go with the same pictures stand for one another: items that have but one of
  /// them each, and no picture, are as close as items of one word. Nothing else says so: no title
  /// has both words, and nobody clicks.
  @Test
  void wordsOfTheSamePicturesHaveOneProfile() {
    int size = 400;
    String[][] words = {{"amber", "ochre"}, {"coral", "salmon"}, {"denim", "navy"}};
    int[] colours = {0xE0A030, 0xE05050, 0x3050D0};
    List<ItemContent> items = new ArrayList<>();
    for (int i = 0; i < size; i++) {
      int kind = i % 3;
      boolean pictured = i >= 12;
      items.add(
          new ItemContent(
              i,
              words[kind][i / 3 % 2] + " number " + i % 7,
              "",
              "",
              pictured ? ToyCatalogue.png(colours[kind], new SplittableRandom(i)) : new byte[0]));
    }
    Trained result =
        Trained.of(
            EncoderTrainer.train(
                ProfileNetworkTest.config(
                    "adapt.maxSteps", "150", "adapt.minSteps", "150", "align.epochs", "0"),
                TextPart.ALL,
                size,
                items::get,
                PositivePairs.of(
                    size, new CoClicks(new int[0], new int[0], new float[0]), new int[0]),
                IntStream.range(0, size).toArray(),
                folder.resolve("a.pt"),
                folder.resolve("a.json"),
                1,
                Checkpoints.none()));
    for (int kind = 0; kind < 3; kind++) {
      double synonyms = dot(result.z(), kind, kind + 3, result.zDim());
      double strangers = dot(result.z(), kind, (kind + 1) % 3, result.zDim());
      assertThat(synonyms).isGreaterThan(0.7);
      assertThat(strangers).isLessThan(0.2);
    }
  }

  @Test
  void anEncoderOfProfilesRepeatsItself() {
    EncoderConfig profiles = ProfileNetworkTest.config();
    Trained once = train(profiles, "a");
    assertThat(Arrays.equals(train(profiles, "b").z(), once.z())).isTrue();
    assertThat(dot(once.z(), 3, 3, once.zDim())).isBetween(0.9999, 1.0001);
  }

  /// Kinds that are clicked together come close by each other's words, and by stage 1.
  @Test
  void profilesAreAlignedByWordsOfPartnersAndByPairs() {
    Trained content =
        train(ProfileNetworkTest.config("partnerWeight", "0", "align.epochs", "0"), "content");
    Trained words =
        train(ProfileNetworkTest.config("partnerWeight", "1.5", "align.epochs", "0"), "words");
    Trained pairs =
        train(
            ProfileNetworkTest.config(
                "partnerWeight",
                "0",
                "align.epochs",
                "100",
                "align.maxSteps",
                "80",
                "align.learningRate",
                "0.004"),
            "pairs");
    assertThat(attraction(content)).isLessThan(0.2);
    assertThat(attraction(words)).isGreaterThan(0.5);
    assertThat(attraction(pairs)).isGreaterThan(0.5);
  }

  private static final PositivePairs NONE =
      PositivePairs.of(ITEMS, new CoClicks(new int[0], new int[0], new float[0]), new int[0]);

  private float[] contentAlone(String name, int epochs, PositivePairs pairs) {
    EncoderConfig.Stage left = new EncoderConfig.Stage(0, 1, 1, 2, 1e-3, 0, 0);
    EncoderConfig.Stage some = new EncoderConfig.Stage(epochs, 1, 5, 32, 1e-3, 0, 0);
    return Trained.of(
            EncoderTrainer.train(
                stages(some, left),
                TextPart.ALL,
                ITEMS,
                catalogue.items::get,
                pairs,
                catalogue.all(),
                folder.resolve(name + ".pt"),
                folder.resolve(name + ".json"),
                1,
                Checkpoints.none()))
        .z();
  }

  private static EncoderConfig stages(EncoderConfig.Stage adapt, EncoderConfig.Stage align) {
    EncoderConfig tiny = Preset.TINY.config().encoder();
    return new EncoderConfig(
        tiny.imageSize(),
        tiny.patchSize(),
        tiny.shortcuts(),
        tiny.profile(),
        tiny.image(),
        tiny.text(),
        tiny.maxTokens(),
        tiny.vocabularySize(),
        tiny.merge(),
        tiny.zDim(),
        tiny.dropout(),
        tiny.temperature(),
        tiny.learnTemperature(),
        tiny.correctSampling(),
        tiny.contentWeight(),
        tiny.wordWeight(),
        tiny.pictureWeight(),
        tiny.partnerWeight(),
        tiny.checkpoint(),
        tiny.checkpointRate(),
        adapt,
        align);
  }

  private static double dot(float[] z, int a, int b, int dim) {
    double sum = 0;
    for (int d = 0; d < dim; d++) {
      sum += (double) z[a * dim + d] * z[b * dim + d];
    }
    return sum;
  }
}
