package io.saviorrec.trainer.encoder;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.saviorrec.content.ItemContent;
import io.saviorrec.content.TextPart;
import io.saviorrec.content.TextTokenizer;
import io.saviorrec.trainer.loop.SeededRandom;
import io.saviorrec.trainer.torch.ScriptModule;
import io.saviorrec.trainer.torch.Tensors;
import java.awt.image.BufferedImage;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.DoubleUnaryOperator;
import java.util.stream.IntStream;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ProfileContentLossTest {
  private static final int ITEMS = 50;
  private static final double SHARED = 0.7;

  private final EncoderConfig config =
      ProfileNetworkTest.config(
          "profile.shared", "" + SHARED, "profile.dropout", "0", "profile.look", "0.5");

  @TempDir private Path folder;

  @BeforeAll
  static void useOneThread() {
    torch.set_num_threads(1);
  }

  private ItemInputs inputs(List<ItemContent> items) {
    ItemInputs inputs = ItemInputs.read(config, TextPart.ALL, items.size(), items::get, folder);
    tokenize(inputs, items);
    return inputs;
  }

  private void tokenize(ItemInputs inputs, List<ItemContent> items) {
    TokenizerBuilder builder = new TokenizerBuilder();
    items.forEach(item -> builder.add(item.encoderText(TextPart.ALL)));
    Path tokenizer = folder.resolve("tokenizer.json");
    builder.write(tokenizer, config.vocabularySize());
    try (TextTokenizer words = TextTokenizer.load(tokenizer, config.maxTokens())) {
      inputs.tokenize(words);
    }
  }

  /// Of the items the first has no picture and the second no words.
  private static List<ItemContent> items() {
    List<ItemContent> items = new java.util.ArrayList<>(new ToyCatalogue(ITEMS, 3).items);
    ItemContent first = items.get(0);
    items.set(0, new ItemContent(100, first.title(), "", "", new byte[0]));
    items.set(1, new ItemContent(101, "", "", "", items.get(1).image()));
    return items;
  }

  private static int vocabulary(ItemInputs inputs) {
    return IntStream.range(0, inputs.size())
            .map(item -> (int) Arrays.stream(ids(inputs, item)).max().orElse(0))
            .max()
            .orElse(0)
        + 1;
  }

  private static long[] ids(ItemInputs inputs, int item) {
    return Tensors.toLongs(inputs.words(new int[] {item}).tokenIds());
  }

  /// Each part of the loss from its definition, one item at a time.
  @Test
  void isWhatPictureAndWordsFailToTell() {
    try (ItemInputs inputs = inputs(items());
        var _ = new PointerScope()) {
      torch.manual_seed(3);
      int size = vocabulary(inputs);
      long[] counts = inputs.tokenCounts(IntStream.range(0, ITEMS).toArray(), size);
      Arrays.fill(counts, 0, 5, 0);
      ScriptModule network = EncoderNetwork.create(config, Vocabulary.built(size), counts);
      network.parameter("guess_weight").detach().copy_(Tensors.normal(0.3, 512, 16));
      network.parameter("profile_weight").detach().mul_(scalar(20));
      ProfileContentLoss loss = new ProfileContentLoss(config, network, Set.of(), counts);
      int[] chosen = {0, 1, 2, 3};
      int[] partners = {4, 5, -1, 6};
      ItemInputs.Batch batch = inputs.batch(chosen);
      List<Tensor> views =
          network.callTensors(
              "views",
              batch.images(),
              batch.imagePresent(),
              batch.tokenIds(),
              batch.tokenMask(),
              loss.dropout());
      double given = loss.of(views, batch, inputs.words(partners)).item_float();

      long[] words = Tensors.toLongs(network.buffer(ProfileNetwork.WORDS));
      float[] seen = Tensors.toFloats(views.get(1));
      float[] read = Tensors.toFloats(views.get(2));
      float[] look = Tensors.toFloats(views.get(3));
      float[] guess = Tensors.toFloats(views.get(4));
      float[] importance = WordPrediction.importance(counts);
      Means picture = new Means();
      Means text = new Means();
      Means looks = new Means();
      Means partner = new Means();
      for (int row = 0; row < chosen.length; row++) {
        int at = row * words.length;
        boolean hasPicture = row != 0;
        Means own = new Means();
        for (long token : ids(inputs, chosen[row])) {
          int place = place(words, token);
          if (place >= 0) {
            own.add(-read[at + place], importance[(int) token]);
            picture.add(-seen[at + place], hasPicture ? importance[(int) token] : 0);
          }
        }
        double shared = hasPicture ? SHARED : 0;
        double other = sum(words.length, w -> -Math.exp(seen[at + (int) w]) * read[at + (int) w]);
        int width = look.length / chosen.length;
        int from = row * width;
        double error =
            sum(width, s -> Math.pow(guess[from + (int) s] - look[from + (int) s], 2)) / width;
        boolean hasWords = row != 1;
        text.add((1 - shared) * own.mean() + shared * other, hasWords ? 1 : 0);
        looks.add(error, hasWords && hasPicture ? 1 : 0);
        for (long token : partners[row] < 0 ? new long[0] : ids(inputs, partners[row])) {
          int place = place(words, token);
          if (place >= 0) {
            double p =
                (hasWords ? Math.exp(read[at + place]) : 0)
                    + (hasPicture ? Math.exp(seen[at + place]) : 0);
            partner.add(-Math.log(p / (hasPicture && hasWords ? 2 : 1)), importance[(int) token]);
          }
        }
      }
      assertThat(given)
          .isCloseTo(
              config.wordWeight() * (picture.mean() + text.mean())
                  + config.pictureWeight() * looks.mean()
                  + config.partnerWeight() * partner.mean(),
              within(1e-3));
    }
  }

  private static final class Means {
    private double sum;
    private double weight;

    void add(double value, double by) {
      sum += value * by;
      weight += by;
    }

    double mean() {
      return weight == 0 ? 0 : sum / weight;
    }
  }

  private static int place(long[] words, long token) {
    for (int place = 0; place < words.length; place++) {
      if (words[place] == token) {
        return place;
      }
    }
    return -1;
  }

  private static double sum(int count, DoubleUnaryOperator of) {
    return IntStream.range(0, count).mapToDouble(i -> of.applyAsDouble(i)).sum();
  }

  /// So many pictures of 64 pixels that an even stride over their pixels would always meet the same
  /// column, and the palette would be one of borders.
  @Test
  void thePaletteIsOfManyColumns() {
    EncoderConfig large = ProfileNetworkTest.config("imageSize", "64");
    BufferedImage image = new BufferedImage(64, 64, BufferedImage.TYPE_INT_RGB);
    for (int y = 0; y < 64; y++) {
      for (int x = 0; x < 64; x++) {
        image.setRGB(x, y, x < 16 ? 0xFF0000 : x < 48 ? 0x00FF00 : 0x0000FF);
      }
    }
    ItemContent item = new ItemContent(1, "", "", "", ToyCatalogue.png(image));
    int pictured = 640;
    try (ItemInputs inputs = ItemInputs.read(large, TextPart.ALL, pictured, _ -> item, folder);
        var _ = new PointerScope()) {
      ScriptModule network = EncoderNetwork.create(large, Vocabulary.built(10), new long[10]);
      ProfileContentLoss loss = new ProfileContentLoss(large, network, Set.of(), new long[10]);
      tokenize(inputs, List.of(item));
      loss.begin(inputs, IntStream.range(0, pictured).toArray(), new SeededRandom(1));
      float[] weight = Tensors.toFloats(network.buffer("palette_weight"));
      Set<Integer> colours = new TreeSet<>();
      for (int c = 0; c < weight.length; c += 3) {
        boolean red = weight[c] > weight[c + 1] && weight[c] > weight[c + 2];
        colours.add(red ? 0 : weight[c + 1] > weight[c + 2] ? 1 : 2);
      }
      assertThat(colours).hasSize(3);
    }
  }

  @Test
  void looksHaveMeanZeroAndVarianceOneAndZTakesTheirShare() {
    try (ItemInputs inputs = inputs(items());
        var _ = new PointerScope()) {
      torch.manual_seed(3);
      int size = vocabulary(inputs);
      int[] all = IntStream.range(0, ITEMS).toArray();
      long[] counts = inputs.tokenCounts(all, size);
      Arrays.fill(counts, 0, 5, 0);
      ScriptModule network = EncoderNetwork.create(config, Vocabulary.built(size), counts);
      ProfileContentLoss loss = new ProfileContentLoss(config, network, Set.of(), counts);
      // Profiles that hardly vary are noise, and left out.
      network.parameter("profile_weight").detach().mul_(scalar(20));
      int[] pictured = IntStream.of(all).filter(inputs::hasImage).toArray();
      loss.begin(inputs, pictured, new SeededRandom(1));
      loss.end(inputs, all);
      ItemInputs.Batch batch = inputs.batch(all);
      Tensor look =
          network.callTensor("look", batch.images(), batch.imagePresent()).narrow(0, 1, ITEMS - 1);
      assertThat(look.mean(0).abs().max().item_float()).isLessThan(1e-3f);
      Tensor square = look.square().mean(0);
      assertThat(square.max().item_float()).isLessThan(1.001f);
      assertThat(square.median().item_float()).isBetween(0.99f, 1.001f);

      List<Tensor> told =
          network.callTensors(
              "told",
              batch.images(),
              batch.imagePresent(),
              batch.tokenIds(),
              batch.tokenMask(),
              0.0);
      Tensor placed =
          torch.linear(
              told.getLast(),
              network.parameter("place_weight").detach(),
              new org.bytedeco.pytorch.TensorOptional(network.parameter("place_bias").detach()));
      assertThat(placed.mean(0).abs().max().item_float()).isLessThan(1e-3f);
      // Principal components are uncorrelated, the largest first, and hold at most all that varies:
      // 1 for profiles and the square of the look's weight.
      float[] covariance = Tensors.toFloats(placed.t().matmul(placed).div(scalar(ITEMS)));
      int dim = config.zDim();
      double total = 0;
      for (int a = 0; a < dim; a++) {
        total += covariance[a * dim + a];
        assertThat(covariance[a * dim + a])
            .isLessThanOrEqualTo(a == 0 ? 2f : covariance[(a - 1) * dim + a - 1] + 1e-4f);
        for (int b = 0; b < a; b++) {
          assertThat(covariance[a * dim + b]).isCloseTo(0f, within(1e-3f));
        }
      }
      assertThat(total).isBetween(0.8 * 1.25, 1.2501);
    }
  }

  private static org.bytedeco.pytorch.Scalar scalar(double value) {
    return new org.bytedeco.pytorch.Scalar(value);
  }
}
