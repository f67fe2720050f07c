package io.saviorrec.trainer.encoder;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.saviorrec.config.Settings;
import io.saviorrec.content.ItemContent;
import io.saviorrec.content.TextPart;
import io.saviorrec.content.TextTokenizer;
import io.saviorrec.trainer.pretrained.TinyClip;
import io.saviorrec.trainer.torch.ScriptModule;
import io.saviorrec.trainer.torch.Tensors;
import io.saviorrec.trainer.train.CheckpointSizing;
import io.saviorrec.trainer.train.Preset;
import io.saviorrec.trainer.train.TrainConfig;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class PooledTextTest {
  private static final String[] WORDS = {"red", "dress", "blue", "robe", "红", "色", "裙", "1"};
  private static final int ITEMS = 60;

  /// Features of the tower's outputs.
  private static final int WIDTH = 8;

  @TempDir private Path folder;

  @BeforeAll
  static void useOneThread() {
    torch.set_num_threads(1);
  }

  private EncoderConfig config() {
    Settings<TrainConfig> settings = Preset.TINY.settings();
    settings.set("encoder.checkpoint", new TinyClip(1).bert(folder).toString(), "");
    CheckpointSizing.apply(settings);
    return settings.bind().encoder();
  }

  /// Titles of one to five words, and one item, the last, without any.
  private static List<ItemContent> items() {
    SplittableRandom random = new SplittableRandom(7);
    List<ItemContent> items = new ArrayList<>();
    for (int i = 0; i < ITEMS; i++) {
      List<String> words = new ArrayList<>();
      for (int w = random.nextInt(5); w >= 0; w--) {
        words.add(WORDS[random.nextInt(WORDS.length)]);
      }
      items.add(new ItemContent(i, String.join(" ", words), "", "", new byte[0]));
    }
    items.add(new ItemContent(ITEMS, "", "", "", new byte[0]));
    return items;
  }

  private ItemInputs inputs(EncoderConfig config, InitialWeights weights) {
    List<ItemContent> items = items();
    ItemInputs inputs = ItemInputs.read(config, TextPart.ALL, items.size(), items::get, folder);
    Path tokenizer = folder.resolve("tokenizer.json");
    weights.writeTokenizer(tokenizer, config, new TokenizerBuilder());
    try (TextTokenizer words = TextTokenizer.load(tokenizer, config.maxTokens())) {
      inputs.tokenize(words);
    }
    return inputs;
  }

  /// What reaches z straight from the tower, one item at a time, without the bag of words: `[D]`.
  private static double[] straight(ScriptModule network, ItemInputs inputs, int item, int dim) {
    ItemInputs.Words words = inputs.words(new int[] {item});
    Tensor text = network.callTensor("text_tokens", words.tokenIds(), words.tokenMask(), 0.0);
    Tensor all = network.callTensor("text_straight", words.tokenIds(), words.tokenMask(), text);
    Tensor bag = network.callTensor("bag", words.tokenIds(), words.tokenMask());
    float[] values = Tensors.toFloats(all.sub(bag));
    return IntStream.range(0, dim).mapToDouble(d -> values[d]).toArray();
  }

  @Test
  void zStartsAtThePrincipalComponentsOfTheTextsMeans() {
    EncoderConfig config = config();
    try (var _ = new PointerScope();
        InitialWeights weights = InitialWeights.open(String.valueOf(config.checkpoint()), config);
        ItemInputs inputs = inputs(config, weights)) {
      torch.manual_seed(5);
      ScriptModule network = StartedNetwork.of(config, weights, folder);
      float[] pictures = Tensors.toFloats(network.parameter("straight_patch_weight"));
      PooledText.start(network, inputs, IntStream.rangeClosed(0, ITEMS).toArray());
      assertThat(Tensors.toFloats(network.parameter("straight_patch_weight"))[0])
          .isCloseTo(0.1f * pictures[0], within(1e-6f));

      int dim = config.zDim();
      double[][] z = new double[ITEMS][];
      for (int i = 0; i < ITEMS; i++) {
        z[i] = straight(network, inputs, i, dim);
      }
      double[][] covariance = new double[WIDTH][WIDTH];
      double total = 0;
      for (int a = 0; a < WIDTH; a++) {
        for (int b = 0; b < WIDTH; b++) {
          double sum = 0;
          for (double[] row : z) {
            sum += row[a] * row[b];
          }
          covariance[a][b] = sum / ITEMS;
        }
        double mean = 0;
        for (double[] row : z) {
          mean += row[a] / ITEMS;
        }
        assertThat(mean).isCloseTo(0, within(1e-4));
        total += covariance[a][a];
      }
      // Directions that vary apart from each other, the widest first, with a variance of one on
      // average.
      assertThat(total / WIDTH).isCloseTo(1, within(1e-3));
      for (int a = 0; a < WIDTH; a++) {
        for (int b = 0; b < a; b++) {
          assertThat(covariance[a][b]).isCloseTo(0, within(1e-3));
          assertThat(covariance[a][a]).isLessThan(covariance[b][b] + 1e-3);
        }
      }
      // Distances are those of the means themselves, but for one scale.
      double[][] means = new double[ITEMS][];
      for (int i = 0; i < ITEMS; i++) {
        means[i] = mean(network, inputs, i);
      }
      double scale = distance(z[0], z[1]) / distance(means[0], means[1]);
      for (int i = 2; i < ITEMS; i++) {
        assertThat(distance(z[0], z[i]))
            .isCloseTo(scale * distance(means[0], means[i]), within(1e-3));
      }
      assertThat(straight(network, inputs, ITEMS, dim)).containsOnly(0);
    }
  }

  /// The mean of the tower's outputs for one item.
  private static double[] mean(ScriptModule network, ItemInputs inputs, int item) {
    ItemInputs.Words words = inputs.words(new int[] {item});
    float[] outputs =
        Tensors.toFloats(
            network.callTensor("text_outputs", words.tokenIds(), words.tokenMask(), 0.0));
    double[] mean = new double[WIDTH];
    int tokens = outputs.length / WIDTH;
    for (int i = 0; i < outputs.length; i++) {
      mean[i % WIDTH] += outputs[i] / (double) tokens;
    }
    return mean;
  }

  private static double distance(double[] a, double[] b) {
    double sum = 0;
    for (int d = 0; d < WIDTH; d++) {
      sum += (a[d] - b[d]) * (a[d] - b[d]);
    }
    return Math.sqrt(sum);
  }
}
