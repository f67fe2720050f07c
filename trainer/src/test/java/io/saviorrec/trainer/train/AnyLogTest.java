package io.saviorrec.trainer.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.saviorrec.bundle.Bundle;
import io.saviorrec.bundle.ItemTable;
import io.saviorrec.content.TextTokenizer;
import io.saviorrec.trainer.CommandRun;
import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Trainings on logs that are not as one would wish. None has a `pctr_base`, and every one must end
/// with a model that is no worse than the items' click rates, or with a line that says what is
/// missing.
class AnyLogTest {
  private static final long DAY = 86_400;
  private static final int DAYS = 12;
  private static final int PAGE = 5;
  private static final String[] COLOURS = {"red", "green", "blue", "white"};
  private static final long UNKNOWN = 1;
  private static final String[] OTHER_WORDS = {"kettle", "hammer", "violin", "carpet"};
  private static final String[] CHINESE = {"红色棉质连衣裙", "绿色运动跑步鞋", "蓝色牛仔长裤", "白色纯棉衬衫"};

  /// Twice what an AUC on the thousand impressions of the validation day is uncertain by.
  private static final double NOISE = 0.04;

  @TempDir private Path folder;

  private final Random random = new Random(4);

  /// Users like one of four kinds, and some items are liked by everybody.
  private Path shop(int items, int users, Titles titles, boolean pictures, Draw draw)
      throws IOException {
    Path data = Files.createDirectories(folder.resolve("data"));
    StringBuilder table = new StringBuilder("item_id,title,image,category\n");
    for (int item = 0; item < items; item++) {
      String image = "";
      if (pictures) {
        image = "i" + item + ".png";
        picture(data.resolve(image), item % 4);
      }
      table.append("%d,%s,%s,%n".formatted(item, titles.of(item), image));
    }
    StringBuilder log = new StringBuilder("user_id,item_id,timestamp,clicked\n");
    for (int day = 0; day < DAYS; day++) {
      for (int user = 0; user < users; user++) {
        for (int item : draw.page(items)) {
          double logit = -2 + (item % 4 == user % 4 ? 1.5 : 0) + (item % 3 == 0 ? 1.5 : -0.5);
          boolean clicked = random.nextDouble() < 1 / (1 + Math.exp(-logit));
          log.append(
              "%d,%d,%d,%d%n".formatted(user, item, (1000 + day) * DAY + user, clicked ? 1 : 0));
        }
      }
    }
    Files.writeString(data.resolve("items.csv"), table);
    Files.writeString(data.resolve("impressions.csv"), log);
    Files.writeString(
        data.resolve("dataset.json"),
        "{\"validation_from\": %d, \"test_from\": %d}"
            .formatted((1000 + DAYS - 3) * DAY, (1000 + DAYS - 1) * DAY));
    return data;
  }

  @FunctionalInterface
  private interface Titles {
    String of(int item);
  }

  @FunctionalInterface
  private interface Draw {
    int[] page(int items);
  }

  private int[] evenly(int items) {
    return random.ints(0, items).distinct().limit(Math.min(PAGE, items)).toArray();
  }

  /// Nine of ten impressions are of the first item.
  private int[] skewed(int items) {
    return random.nextInt(2) == 0 ? new int[] {0} : new int[] {0, 1 + random.nextInt(items - 1)};
  }

  private static void picture(Path file, int colour) throws IOException {
    BufferedImage image = new BufferedImage(20, 20, BufferedImage.TYPE_INT_RGB);
    Graphics2D graphics = image.createGraphics();
    graphics.setColor(List.of(Color.RED, Color.GREEN, Color.BLUE, Color.WHITE).get(colour));
    graphics.fillRect(0, 0, 20, 20);
    graphics.dispose();
    ImageIO.write(image, "png", file.toFile());
  }

  private Bundle trained(Path data, String... settings) {
    Path models = folder.resolve("models");
    CommandRun run =
        CommandRun.of(
            Stream.concat(
                    Stream.of("train", data.toString(), models.toString(), "--preset", "tiny"),
                    Arrays.stream(settings))
                .toArray(String[]::new));
    assertThat(run.errLines()).isEmpty();
    assertThat(run.status()).isZero();
    int model = Arrays.asList(settings).indexOf("--model");
    return Bundle.open(models.resolve(model < 0 ? "saviorrec" : settings[model + 1]).resolve("1"));
  }

  private static void assertNoWorseThanTheItemsRates(Bundle bundle) {
    Map<String, Double> metrics = bundle.manifest().metrics();
    assertThat(metrics).containsKeys("validation_auc", "validation_item_ctr_auc");
    assertThat(metrics.getOrDefault("validation_auc", 0.0))
        .isGreaterThan(metrics.getOrDefault("validation_item_ctr_auc", 1.0) - NOISE);
  }

  @Test
  void aShopWithoutPicturesGetsAModel() throws IOException {
    assertNoWorseThanTheItemsRates(
        trained(shop(60, 60, item -> COLOURS[item % 4] + " thing " + item, false, this::evenly)));
  }

  @Test
  void aShopWithoutWordsGetsAModel() throws IOException {
    assertNoWorseThanTheItemsRates(trained(shop(60, 60, _ -> "", true, this::evenly)));
  }

  @Test
  void anEncoderOfProfilesDoesWithoutPicturesOrWords() throws IOException {
    for (boolean pictures : new boolean[] {true, false}) {
      assertNoWorseThanTheItemsRates(
          trained(
              shop(60, 60, item -> pictures ? "" : COLOURS[item % 4], pictures, this::evenly),
              "--set",
              "encoder.profile.enabled=true",
              "--model",
              pictures ? "pictures" : "words"));
    }
  }

  /// The same z for a catalogue that it knows, where nothing is trained further.
  @Test
  void anEncoderOfProfilesGoesOnFromABundle() throws IOException {
    Path data = shop(60, 60, item -> COLOURS[item % 4] + " thing " + item, true, this::evenly);
    Bundle first = trained(data, "--set", "encoder.profile.enabled=true");
    Bundle untrained =
        goneOn(data, first, "untrained", "encoder.adapt.epochs=0", "encoder.align.epochs=0");
    assertThat(z(untrained)).containsExactly(z(first), within(1e-4f));
    Bundle kept = goneOn(data, first, "kept", "encoder.checkpointRate=0");
    assertThat(z(kept)).containsExactly(z(first), within(1e-4f));
    Bundle further = goneOn(data, first, "further", "encoder.checkpointRate=1");
    assertThat(z(further)).isNotEqualTo(z(first));
    CommandRun towers =
        CommandRun.of(
            "train",
            data.toString(),
            folder.resolve("models").toString(),
            "--preset",
            "tiny",
            "--set",
            "encoder.profile.enabled=false",
            "--set",
            "encoder.checkpoint=" + first.dir());
    assertThat(towers.status()).isEqualTo(1);
    assertThat(towers.err()).contains("encoder.profile.enabled must be true as in the bundle");
  }

  /// Its words are none of the bundle's, whose pictures are left to it.
  @Test
  void anEncoderOfProfilesLearnsTheWordsOfAnotherShop() throws IOException {
    Bundle first =
        trained(
            shop(60, 60, item -> COLOURS[item % 4] + " thing", true, this::evenly),
            "--set",
            "encoder.profile.enabled=true");
    Path other = shop(60, 60, item -> OTHER_WORDS[item % 4], false, this::evenly);
    Bundle kept = goneOn(other, first, "kept", "encoder.checkpointRate=0");
    assertThat(kept.path(Bundle.TOKENIZER)).hasSameBinaryContentAs(first.path(Bundle.TOKENIZER));
    Bundle further = goneOn(other, first, "further");
    assertThat(ids(further, COLOURS)).isEqualTo(ids(first, COLOURS));
    assertThat(ids(first, OTHER_WORDS)).allMatch(ids -> ids.contains(UNKNOWN));
    assertThat(ids(further, OTHER_WORDS))
        .allMatch(ids -> ids.size() == 3 && !ids.contains(UNKNOWN));
    float[] z = z(further);
    int dim = further.manifest().dims().zDim();
    for (int item = 1; item < 60; item++) {
      double cosine = 0;
      for (int d = 0; d < dim; d++) {
        cosine += z[d] * z[item * dim + d];
      }
      if (item % 4 == 0) {
        assertThat(cosine).isGreaterThan(0.999);
      } else {
        assertThat(cosine).isLessThan(0.5);
      }
    }
  }

  /// The tokens of each word, padding left out.
  private static List<List<Long>> ids(Bundle bundle, String[] words) {
    try (TextTokenizer tokenizer = TextTokenizer.load(bundle.path(Bundle.TOKENIZER), 16)) {
      return Arrays.stream(words)
          .map(word -> Arrays.stream(tokenizer.encode(List.of(word)).ids()))
          .map(ids -> ids.filter(id -> id > 0).boxed().toList())
          .toList();
    }
  }

  private Bundle goneOn(Path data, Bundle first, String model, String... settings) {
    Stream<String> all =
        Stream.concat(
            Stream.of("encoder.profile.enabled=true", "encoder.checkpoint=" + first.dir()),
            Arrays.stream(settings));
    return trained(
        data,
        Stream.concat(
                Stream.of("--model", model), all.flatMap(setting -> Stream.of("--set", setting)))
            .toArray(String[]::new));
  }

  /// Of all items in the order of their ids.
  private static float[] z(Bundle bundle) {
    try (ItemTable items = bundle.items()) {
      int dim = bundle.manifest().dims().zDim();
      float[] z = new float[items.size() * dim];
      for (int row = 0; row < items.size(); row++) {
        items.z(row, z, row * dim);
      }
      return z;
    }
  }

  @Test
  void aCatalogueOfAFewItemsGetsAModel() throws IOException {
    assertNoWorseThanTheItemsRates(
        trained(
            shop(6, 60, item -> COLOURS[item % 4] + item, true, this::evenly),
            "--set",
            "quantizer.codebookSize=4",
            "--set",
            "encoder.align.epochs=0"));
  }

  @Test
  void aCodebookLargerThanTheTrainedItemsIsRefusedByName() throws IOException {
    Path data = shop(6, 60, item -> COLOURS[item % 4] + item, true, this::evenly);
    CommandRun run =
        CommandRun.of(
            "train",
            data.toString(),
            folder.resolve("models").toString(),
            "--preset",
            "tiny",
            "--set",
            "encoder.align.epochs=0");
    assertThat(run.status()).isEqualTo(1);
    assertThat(run.err())
        .contains("6 training items are too few for a codebook of 8; lower quantizer.codebookSize");
  }

  @Test
  void oneItemWithMostOfTheImpressionsDoesNotSpoilTheModel() throws IOException {
    assertNoWorseThanTheItemsRates(
        trained(
            shop(60, 200, item -> COLOURS[item % 4] + " thing", true, this::skewed),
            "--set",
            "encoder.align.epochs=0"));
  }

  @Test
  void chineseTitlesGetAModelWhoseTokenizerKnowsTheirCharacters() throws IOException {
    Bundle bundle = trained(shop(60, 60, item -> CHINESE[item % 4], false, this::evenly));
    assertNoWorseThanTheItemsRates(bundle);
    try (TextTokenizer tokenizer = TextTokenizer.load(bundle.path(Bundle.TOKENIZER), 16)) {
      long[] ids = tokenizer.encode(List.of(CHINESE[0])).ids();
      // [CLS], seven characters, [SEP]; none of them is [UNK].
      assertThat(Arrays.stream(ids).filter(id -> id != 0)).hasSize(9).doesNotContain(1L);
      assertThat(Arrays.stream(ids).distinct().count()).isEqualTo(10);
    }
  }
}
