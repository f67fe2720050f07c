package io.saviorrec.trainer.encoder;

import io.saviorrec.bundle.FloatRows;
import io.saviorrec.content.ItemContent;
import io.saviorrec.content.TextPart;
import io.saviorrec.content.TextTokenizer;
import io.saviorrec.trainer.console.Progress;
import io.saviorrec.trainer.contrast.InfoNce;
import io.saviorrec.trainer.contrast.NeighbourRecall;
import io.saviorrec.trainer.contrast.PositivePairs;
import io.saviorrec.trainer.contrast.Shuffled;
import io.saviorrec.trainer.loop.Checkpoints;
import io.saviorrec.trainer.loop.SeededRandom;
import io.saviorrec.trainer.loop.TrainingLoop;
import io.saviorrec.trainer.loop.TrainingTask;
import io.saviorrec.trainer.loop.TrainingTask.Loss;
import io.saviorrec.trainer.loop.TrainingTask.Position;
import io.saviorrec.trainer.optim.AdamW;
import io.saviorrec.trainer.optim.ParameterGroup;
import io.saviorrec.trainer.optim.RateSchedule;
import io.saviorrec.trainer.torch.ScriptModule;
import io.saviorrec.trainer.torch.Tensors;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.function.IntFunction;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;

/// Trains SaviorEnc and encodes the catalogue with it.
///
/// Stage 0 adapts the network to the catalogue, so that z tells what picture and words show and the
/// words of items clicked together ([ContentLoss]). Stage 1 aligns z with behaviour: two items
/// clicked together find each other, in batches of pairs drawn in proportion to their weights. Then
/// the mean of z over the training items becomes part of the archive. The same seed and number of
/// threads give the same archive.
public final class EncoderTrainer {
  private static final int NEIGHBOURS = 30;
  private static final int ENCODE_BATCH = 256;

  /// Pictures that tell the scale of all.
  private static final int SCALE_SAMPLE = 1024;

  /// Items that tell the mean of z to within a two-hundredth of its deviation.
  private static final int CENTRE_SAMPLE = 50_000;

  private static final double BETA_1 = 0.9;
  private static final double BETA_2 = 0.98;

  private final EncoderConfig config;
  private final ItemInputs inputs;
  private final PositivePairs pairs;
  private final int[] trainingItems;
  private final ScriptModule network;
  private final boolean pooledText;
  private final ContentLoss content;
  private final InfoNce coClick;
  private final SeededRandom random;
  private final Checkpoints checkpoints;
  private final long seed;

  private EncoderTrainer(
      EncoderConfig config,
      ItemInputs inputs,
      Vocabulary vocabulary,
      @Nullable InitialWeights weights,
      PositivePairs pairs,
      int[] trainingItems,
      long seed,
      Checkpoints checkpoints) {
    this.checkpoints = checkpoints;
    this.config = config;
    this.inputs = inputs;
    this.pairs = pairs;
    this.trainingItems = trainingItems;
    this.seed = seed;
    this.random = new SeededRandom(seed);
    torch.manual_seed(seed);
    long[] tokenCounts = inputs.tokenCounts(trainingItems, vocabulary.size());
    Arrays.fill(tokenCounts, 0, vocabulary.firstWord(), 0);
    this.network =
        weights == null
            ? EncoderNetwork.create(config, vocabulary, tokenCounts)
            : EncoderNetwork.create(config, weights, vocabulary, tokenCounts);
    Set<String> given = weights == null ? Set.of() : weights.parameters();
    this.pooledText = weights != null && weights.pooledText() && !given.contains("text_projection");
    if (config.checkpointRate() == 0) {
      given.forEach(name -> network.parameter(name).set_requires_grad(false));
    }
    double temperature =
        weights == null ? config.temperature() : weights.temperature(config.temperature());
    this.content =
        config.profile().enabled()
            ? new ProfileContentLoss(config, network, given, tokenCounts)
            : new TowerContentLoss(config, network, given, tokenCounts, temperature);
    this.coClick = new InfoNce(config.temperature(), config.learnTemperature());
  }

  /// Trains on the training items and their pairs, writes the archive and the tokenizer, and
  /// encodes every item.
  ///
  /// @param textParts of items' words that are read
  /// @param items size of the catalogue
  /// @param content an item's content by catalogue index; called from many threads
  /// @param pairs the co-clicked items P⁺, all of them training items; without any, stage 1 is left
  ///   out, and z comes from content alone
  /// @param trainingItems catalogue indices of the items that may be learned from
  /// @param encoderPt where the archive goes; z of every item goes into a file beside it, and a
  ///   scratch file meanwhile
  /// @param tokenizerJson where the tokenizer goes
  public static EncoderResult train(
      EncoderConfig config,
      List<TextPart> textParts,
      int items,
      IntFunction<ItemContent> content,
      PositivePairs pairs,
      int[] trainingItems,
      Path encoderPt,
      Path tokenizerJson,
      long seed,
      Checkpoints checkpoints) {
    Path scratch = Objects.requireNonNull(encoderPt.toAbsolutePath().getParent());
    try (ItemInputs inputs = ItemInputs.read(config, textParts, items, content, scratch);
        InitialWeights weights =
            config.checkpoint() == null ? null : InitialWeights.open(config.checkpoint(), config)) {
      List<String> unreadable = inputs.unreadableImages();
      Vocabulary vocabulary = vocabulary(config, inputs, weights, trainingItems, tokenizerJson);
      try (TextTokenizer tokenizer = TextTokenizer.load(tokenizerJson, config.maxTokens())) {
        inputs.tokenize(tokenizer);
      }
      try (var _ = new PointerScope()) {
        EncoderTrainer trainer =
            new EncoderTrainer(
                config, inputs, vocabulary, weights, pairs, trainingItems, seed, checkpoints);
        return trainer.run(encoderPt, unreadable);
      }
    }
  }

  /// Writes the tokenizer: that of the weights to start from, or one of the training items' texts.
  private static Vocabulary vocabulary(
      EncoderConfig config,
      ItemInputs inputs,
      @Nullable InitialWeights weights,
      int[] trainingItems,
      Path tokenizerJson) {
    TokenizerBuilder texts = new TokenizerBuilder();
    for (int item : trainingItems) {
      texts.add(inputs.text(item));
    }
    return weights == null
        ? Vocabulary.built(texts.write(tokenizerJson, config.vocabularySize()))
        : weights.writeTokenizer(tokenizerJson, config, texts);
  }

  private EncoderResult run(Path encoderPt, List<String> unreadable) {
    begin();
    if (pooledText) {
      PooledText.start(network, inputs, trainingItems);
    }
    int[] shown =
        Arrays.stream(trainingItems)
            .filter(item -> inputs.hasImage(item) || inputs.hasText(item))
            .toArray();
    adapt(shown);
    content.end(inputs, shown);
    centre();
    Path file = encoderPt.resolveSibling(EncoderResult.FILE);
    EncoderConfig.Stage stage = config.align();
    int steps = unorderedPairs() == 0 || !content.learns() ? 0 : stage.steps(unorderedPairs());
    double before = Double.NaN;
    double alignLoss = Double.NaN;
    if (steps > 0) {
      before = recall(encode(network, file));
      alignLoss = align(stage, steps);
      centre();
    }
    network.save(encoderPt);
    Path z = encode(ScriptModule.load(encoderPt), file);
    double after = recall(z);
    return new EncoderResult(z, alignLoss, before, after, unreadable);
  }

  private void begin() {
    int[] pictured = Arrays.stream(trainingItems).filter(inputs::hasImage).toArray();
    if (pictured.length >= 2) {
      int count = Math.min(SCALE_SAMPLE, pictured.length);
      content.begin(inputs, new Shuffled(pictured, random).batch(count), random);
    }
  }

  /// Stage 0, with every item that has a picture or words.
  private void adapt(int[] shown) {
    EncoderConfig.Stage stage = config.adapt();
    int steps = shown.length == 0 || !content.learns() ? 0 : stage.steps(shown.length);
    if (steps == 0) {
      return;
    }
    Shuffled order = new Shuffled(shown, random);
    int batchSize = Math.min(stage.batchSize(), shown.length);
    optimise(
        "encoder.adapt",
        "encoder stage 0",
        stage,
        steps,
        () -> {
          int[] items = order.batch(batchSize);
          ItemInputs.Batch batch = inputs.batch(items);
          return content.of(views(batch), batch, partners(items));
        },
        random.walking(order::save, order::restore));
  }

  /// Words of an item that was clicked together with each of these.
  private ItemInputs.Words partners(int[] items) {
    return inputs.words(
        Arrays.stream(items).map(item -> pairs.samplePartner(random, item)).toArray());
  }

  /// Stage 1.
  private double align(EncoderConfig.Stage stage, int steps) {
    int[] first = new int[Math.min(stage.batchSize(), Math.max(2, unorderedPairs()))];
    int[] second = new int[first.length];
    return optimise(
        "encoder.align",
        "encoder stage 1",
        stage,
        steps,
        () -> {
          pairs.sample(random, first, second);
          return alignLoss(first, second);
        },
        random);
  }

  /// Each pair stands in both directions, and one draw trains both.
  private int unorderedPairs() {
    return pairs.size() / 2;
  }

  /// Encodes each item of the pairs once, however often it stands in them.
  private Tensor alignLoss(int[] first, int[] second) {
    int[] unique =
        IntStream.concat(Arrays.stream(first), Arrays.stream(second)).sorted().distinct().toArray();
    ItemInputs.Batch batch = inputs.batch(unique);
    List<Tensor> views = views(batch);
    Tensor z = views.getFirst();
    Tensor a = z.index_select(0, rows(unique, first));
    Tensor b = z.index_select(0, rows(unique, second));
    long[] excluded = pairs.excluded(first, second);
    Tensor loss =
        config.correctSampling()
            ? coClick.loss(a, b, excluded, logProbability(first), logProbability(second))
            : coClick.loss(a, b, excluded);
    if (config.contentWeight() == 0) {
      return loss;
    }
    Tensor kept = content.of(views, batch, partners(unique));
    return loss.add(kept.mul(new Scalar(config.contentWeight())));
  }

  private List<Tensor> views(ItemInputs.Batch batch) {
    return network.callTensors(
        "views",
        batch.images(),
        batch.imagePresent(),
        batch.tokenIds(),
        batch.tokenMask(),
        content.dropout());
  }

  private static Tensor rows(int[] unique, int[] items) {
    long[] rows = new long[items.length];
    for (int i = 0; i < items.length; i++) {
      rows[i] = Arrays.binarySearch(unique, items[i]);
    }
    return Tensors.longs(rows, rows.length);
  }

  private float[] logProbability(int[] items) {
    float[] logs = new float[items.length];
    for (int i = 0; i < items.length; i++) {
      logs[i] = (float) Math.log(pairs.probability(items[i]));
    }
    return logs;
  }

  /// Returns the mean loss over the last tenth of the steps.
  private double optimise(
      String key,
      String name,
      EncoderConfig.Stage stage,
      int steps,
      Supplier<Tensor> loss,
      Position position) {
    List<ParameterGroup> groups = new ArrayList<>(content.groups(stage));
    groups.add(ParameterGroup.of(coClick.parameters().values(), stage.learningRate()));
    TrainingLoop loop =
        new TrainingLoop(
            name,
            List.of(new AdamW(BETA_1, BETA_2, groups)),
            new RateSchedule.WarmupCosine(stage.warmupShare()),
            "lower %s.learningRate, now %s".formatted(key, stage.learningRate()));
    return loop.run(
            1,
            steps,
            TrainingTask.of(steps, () -> new Loss(loss.get(), 1, this::clampScales), position),
            checkpoints)
        .meanOfLastTenth();
  }

  private void clampScales() {
    content.clamp();
    coClick.clamp();
  }

  /// Makes the mean of z over the training items the network's centre, or over some of them where
  /// they are many.
  private void centre() {
    int dim = config.zDim();
    double[] sum = new double[dim];
    int[] items = ItemInputs.evenly(trainingItems, CENTRE_SAMPLE);
    for (int from = 0; from < items.length; from += ENCODE_BATCH) {
      int[] some = Arrays.copyOfRange(items, from, Math.min(items.length, from + ENCODE_BATCH));
      try (var _ = new PointerScope();
          var _ = new NoGradGuard()) {
        ItemInputs.Batch batch = inputs.batch(some);
        float[] z =
            Tensors.toFloats(
                network.callTensor(
                    "embed",
                    batch.images(),
                    batch.imagePresent(),
                    batch.tokenIds(),
                    batch.tokenMask()));
        for (int i = 0; i < z.length; i++) {
          sum[i % dim] += z[i];
        }
      }
    }
    float[] mean = new float[dim];
    for (int d = 0; d < dim; d++) {
      mean[d] = (float) (sum[d] / items.length);
    }
    try (var _ = new PointerScope()) {
      Tensor centre = network.buffers().get("centre");
      if (centre == null) {
        throw new IllegalStateException("the network has no centre");
      }
      centre.copy_(Tensors.floats(mean, dim));
    }
  }

  /// Writes z of every item to the file as it comes.
  private Path encode(ScriptModule encoder, Path file) {
    FloatRows.write(
        file, EncoderResult.TENSOR, inputs.size(), config.zDim(), z -> encode(encoder, z));
    return file;
  }

  private void encode(ScriptModule encoder, FloatRows.Sink z) throws IOException {
    try (Progress progress = Progress.start("encoding items", inputs.size())) {
      for (int from = 0; from < inputs.size(); from += ENCODE_BATCH) {
        int to = Math.min(inputs.size(), from + ENCODE_BATCH);
        try (var _ = new PointerScope();
            var _ = new NoGradGuard()) {
          ItemInputs.Batch batch = inputs.batch(IntStream.range(from, to).toArray());
          z.add(
              Tensors.toFloats(
                  encoder.callTensor(
                      "forward",
                      batch.images(),
                      batch.imagePresent(),
                      batch.tokenIds(),
                      batch.tokenMask())));
        }
        progress.advance(to - from, Double.NaN);
      }
    }
  }

  private double recall(Path file) {
    try (FloatRows z = FloatRows.open(file, EncoderResult.TENSOR)) {
      return NeighbourRecall.at(NEIGHBOURS, z, pairs, seed);
    }
  }
}
