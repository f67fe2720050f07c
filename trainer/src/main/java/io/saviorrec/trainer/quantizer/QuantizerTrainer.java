package io.saviorrec.trainer.quantizer;

import io.saviorrec.trainer.console.UserError;
import io.saviorrec.trainer.contrast.InfoNce;
import io.saviorrec.trainer.contrast.PositivePairs;
import io.saviorrec.trainer.contrast.Shuffled;
import io.saviorrec.trainer.loop.Checkpoints;
import io.saviorrec.trainer.loop.SeededRandom;
import io.saviorrec.trainer.loop.TrainingLoop;
import io.saviorrec.trainer.loop.TrainingTask;
import io.saviorrec.trainer.loop.TrainingTask.Loss;
import io.saviorrec.trainer.optim.AdamW;
import io.saviorrec.trainer.optim.ParameterGroup;
import io.saviorrec.trainer.optim.RateSchedule;
import io.saviorrec.trainer.torch.ScriptModule;
import io.saviorrec.trainer.torch.Tensors;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/// Trains the RQ-VAE on the items' vectors and quantises the catalogue with it.
///
/// Batches hold items and, for those that have any, one co-clicked partner each; both are
/// reconstructed, and the reconstructions of partners attract each other. Assignments are balanced
/// by Sinkhorn in training and nearest-code everywhere else.
public final class QuantizerTrainer {
  private static final int REVIVE_INTERVAL = 100;
  private static final int BATCH = 4096;

  /// Rows for k-means per code; more move the centres little.
  private static final int KMEANS_ROWS_PER_CODE = 64;

  private final QuantizerConfig config;
  private final float[] z;
  private final int zDim;
  private final PositivePairs pairs;
  private final int[] trainingItems;
  private final ScriptModule network;
  private final InfoNce contrast;
  private final SeededRandom random;

  private QuantizerTrainer(
      QuantizerConfig config,
      float[] z,
      int zDim,
      PositivePairs pairs,
      int[] trainingItems,
      long seed) {
    this.config = config;
    this.z = z;
    this.zDim = zDim;
    this.pairs = pairs;
    this.trainingItems = trainingItems;
    this.random = new SeededRandom(seed);
    torch.manual_seed(seed);
    this.network = RqNetwork.create(config, zDim);
    this.contrast = new InfoNce(config.temperature(), true);
  }

  /// Trains on the training items, writes the archive and quantises every item.
  ///
  /// @param z unit vectors `[items, zDim]`
  /// @param pairs the co-clicked items P⁺; may be empty
  /// @param trainingItems catalogue indices of the items that may be learned from
  /// @param rqPt where the archive goes
  public static QuantizerResult train(
      QuantizerConfig config,
      float[] z,
      int zDim,
      PositivePairs pairs,
      int[] trainingItems,
      Path rqPt,
      long seed,
      Checkpoints checkpoints) {
    if (trainingItems.length < config.codebookSize()) {
      throw new UserError(
          "%d training items are too few for a codebook of %d; lower quantizer.codebookSize"
              .formatted(trainingItems.length, config.codebookSize()));
    }
    try (var _ = new PointerScope()) {
      QuantizerTrainer trainer = new QuantizerTrainer(config, z, zDim, pairs, trainingItems, seed);
      trainer.optimise(checkpoints);
      trainer.network.save(rqPt);
      return trainer.result(ScriptModule.load(rqPt));
    }
  }

  private void optimise(Checkpoints checkpoints) {
    AdamW optimizer = optimizer();
    initialiseCodebook();
    int planned = config.steps(trainingItems.length);
    int batchSize = Math.min(config.batchSize(), trainingItems.length);
    Shuffled order = new Shuffled(trainingItems, random);
    DeadCodes deadCodes = new DeadCodes(config.levels(), config.codebookSize(), random);
    TrainingLoop loop =
        new TrainingLoop(
            "RQ-VAE",
            List.of(optimizer),
            new RateSchedule.WarmupCosine(config.warmupShare()),
            "lower quantizer.learningRate, now " + config.learningRate());
    loop.run(
        1,
        planned,
        TrainingTask.of(
            planned,
            () -> step(order.batch(batchSize), optimizer, deadCodes),
            random.walking(
                () -> joined(order.save(), deadCodes.save()),
                saved -> {
                  order.restore(saved);
                  deadCodes.restore(saved, 1 + trainingItems.length);
                })),
        checkpoints);
  }

  private static long[] joined(long[] first, long[] second) {
    return LongStream.concat(Arrays.stream(first), Arrays.stream(second)).toArray();
  }

  private AdamW optimizer() {
    List<Tensor> weights = new ArrayList<>();
    List<Tensor> others = new ArrayList<>(contrast.parameters().values());
    network
        .parameters()
        .forEach((name, parameter) -> (name.endsWith("_weight") ? weights : others).add(parameter));
    double rate = config.learningRate();
    return new AdamW(
        0.9,
        0.999,
        List.of(
            new ParameterGroup(weights, rate, config.weightDecay()),
            ParameterGroup.of(others, rate)));
  }

  private void initialiseCodebook() {
    int[] sample = trainingItems.clone();
    int most = Math.multiplyExact(config.codebookSize(), KMEANS_ROWS_PER_CODE);
    if (sample.length > most) {
      sample = new Shuffled(sample, random).batch(most);
    }
    try (var _ = new PointerScope()) {
      RqNetwork.fitCodebook(network, rows(sample), random);
    }
  }

  private Loss step(int[] items, AdamW optimizer, DeadCodes deadCodes) {
    Batch batch = withPartners(items);
    Tensor input = rows(batch.items());
    List<Tensor> outputs = network.callTensors("quantize_training", input);
    Tensor zHat = outputs.get(0);
    Tensor error = input.sub(zHat);
    Tensor loss =
        error
            .mul(error)
            .mean()
            .mul(new Scalar(config.reconstructionWeight()))
            .add(outputs.get(1).mul(new Scalar(config.commitmentWeight())));
    if (batch.first().length >= 2 && config.contrastWeight() > 0) {
      loss = loss.add(contrastLoss(batch, zHat).mul(new Scalar(config.contrastWeight())));
    }
    return new Loss(
        loss,
        1,
        () -> {
          contrast.clamp();
          if (deadCodes.count(Tensors.toLongs(outputs.get(2))) % REVIVE_INTERVAL == 0) {
            deadCodes.revive(network.parameter("codebook"), outputs.get(3), optimizer);
          }
        });
  }

  /// A step's items.
  ///
  /// @param items the batch, then the partners
  /// @param first items of the batch that have a partner
  /// @param second their partners, in the order in which they follow the batch
  /// @param firstRow positions of `first` in `items`
  @SuppressWarnings("ArrayRecordComponent") // plain columns, never compared
  private record Batch(int[] items, int[] first, int[] second, long[] firstRow) {}

  private Batch withPartners(int[] items) {
    int[] all = Arrays.copyOf(items, 2 * items.length);
    int[] first = new int[items.length];
    int[] second = new int[items.length];
    long[] firstRow = new long[items.length];
    int count = 0;
    for (int i = 0; i < items.length; i++) {
      int partner = pairs.samplePartner(random, items[i]);
      if (partner >= 0) {
        first[count] = items[i];
        second[count] = partner;
        firstRow[count] = i;
        all[items.length + count++] = partner;
      }
    }
    return new Batch(
        Arrays.copyOf(all, items.length + count),
        Arrays.copyOf(first, count),
        Arrays.copyOf(second, count),
        Arrays.copyOf(firstRow, count));
  }

  private Tensor contrastLoss(Batch batch, Tensor zHat) {
    int count = batch.first().length;
    Tensor a = zHat.index_select(0, Tensors.longs(batch.firstRow(), count));
    Tensor b = zHat.narrow(0, batch.items().length - count, count);
    return contrast.loss(a, b, pairs.excluded(batch.first(), batch.second()));
  }

  private Tensor rows(int[] items) {
    float[] rows = new float[items.length * zDim];
    for (int i = 0; i < items.length; i++) {
      System.arraycopy(z, items[i] * zDim, rows, i * zDim, zDim);
    }
    return Tensors.floats(rows, items.length, zDim);
  }

  private QuantizerResult result(ScriptModule archive) {
    int items = z.length / zDim;
    int levels = config.levels();
    int[] codes = new int[Math.multiplyExact(items, levels)];
    double[] residualNorm = new double[levels + 1];
    double cosine = 0;
    for (int from = 0; from < items; from += BATCH) {
      int to = Math.min(items, from + BATCH);
      try (var _ = new PointerScope();
          var _ = new NoGradGuard()) {
        Tensor input = rows(IntStream.range(from, to).toArray());
        Tensor some = archive.callTensor("quantize", input);
        long[] values = Tensors.toLongs(some);
        for (int i = 0; i < values.length; i++) {
          codes[from * levels + i] = (int) values[i];
        }
        Tensor zHat = archive.callTensor("reconstruct", some);
        cosine += torch.cosine_similarity(input, zHat, 1, 1e-8).sum().item_float();
        addResidualNorms(archive.callTensor("encode", input), some, residualNorm);
      }
    }
    List<Double> norms = Arrays.stream(residualNorm).mapToObj(sum -> sum / items).toList();
    return new QuantizerResult(
        codes,
        Tensors.toFloats(network.parameter("codebook")),
        levels,
        CodeQuality.of(codes, levels, config.codebookSize(), norms, cosine / items));
  }

  private void addResidualNorms(Tensor encoded, Tensor codes, double[] norms) {
    Tensor codebook = network.parameter("codebook").detach();
    Tensor residual = encoded;
    norms[0] += length(residual);
    for (int level = 0; level < config.levels(); level++) {
      Tensor chosen = codebook.select(0, level).index_select(0, codes.select(1, level));
      residual = residual.sub(chosen);
      norms[level + 1] += length(residual);
    }
  }

  /// The sum of the rows' lengths.
  private static double length(Tensor rows) {
    return rows.mul(rows).sum(1).sqrt().sum().item_float();
  }
}
