package io.saviorrec.trainer.ranker;

import io.saviorrec.trainer.console.Progress;
import io.saviorrec.trainer.console.UserError;
import io.saviorrec.trainer.data.log.ImpressionLog;
import io.saviorrec.trainer.data.log.ItemStatistics;
import io.saviorrec.trainer.optim.AdagradDecay;
import io.saviorrec.trainer.optim.AdagradGroup;
import io.saviorrec.trainer.optim.AdamWGroup;
import io.saviorrec.trainer.optim.Optimizer;
import io.saviorrec.trainer.ranker.BatchAssembler.Chunk;
import io.saviorrec.trainer.ranker.BatchOrder.Range;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;

/// The ranker's training loop: cross-entropy (eq. 17) over shuffled page views.
public final class RankerTrainer {
  private static final Set<String> TABLES =
      Set.of(
          "item_table",
          "user_table",
          "stat_table",
          "profile_table",
          "context_table",
          "feature_table",
          "base_table");
  private static final String CODEBOOK = "mba.codebook";
  private static final double PAPER_RATE = 0.01;
  private static final double PAPER_FINAL_SHARE = 0.1;

  /// libtorch's number for it.
  private static final long REDUCTION_SUM = 2;

  private final Ranker ranker;
  private final ItemFeatures items;
  private final ImpressionLog log;
  private final BatchAssembler assembler;

  public RankerTrainer(
      Ranker ranker, ItemFeatures items, ImpressionLog log, ItemStatistics statistics) {
    this.ranker = ranker;
    this.items = items;
    this.log = log;
    this.assembler = new BatchAssembler(log, statistics, items, ranker.config().historyLength());
  }

  /// What a training run took.
  ///
  /// @param samples impressions seen, all epochs
  /// @param seconds wall time of the steps
  /// @param loss mean cross-entropy of the last epoch
  public record Summary(long samples, double seconds, double loss) {
    public double samplesPerSecond() {
      return samples / seconds;
    }
  }

  /// Trains on the page views of times `[from, until)`.
  public Summary train(long from, long until, long seed) {
    Chunk[] chunks = BatchAssembler.chunks(log, from, until);
    if (chunks.length == 0) {
      throw new UserError("no impressions to train on; check the data set's cuts");
    }
    RankerConfig.Training training = ranker.config().training();
    List<Optimizer> optimizers = optimizers(training);
    double finalShare =
        training.optimizer() == RankerConfig.OptimizerKind.PAPER
            ? PAPER_FINAL_SHARE
            : training.finalRateShare();
    Random random = new Random(seed);
    torch.manual_seed(seed);
    long steps = 0;
    long total =
        (long) BatchOrder.sequential(chunks, training.batchSize()).size() * training.epochs();
    long samples = 0;
    double lossSum = 0;
    long lossSamples = 0;
    long start = System.nanoTime();
    try (Progress progress =
        Progress.start("ranker (" + ranker.config().variant().label() + ")", total)) {
      for (int epoch = 0; epoch < training.epochs(); epoch++) {
        lossSum = 0;
        lossSamples = 0;
        for (Range range : BatchOrder.shuffle(chunks, training.batchSize(), random)) {
          double share = Math.pow(finalShare, Math.min(1, steps / (double) total));
          for (Optimizer optimizer : optimizers) {
            optimizer.rateShare(share);
          }
          try (var _ = new PointerScope()) {
            PageBatch batch =
                assembler
                    .assemble(chunks, range.from(), range.until())
                    .withoutBase(training.baseDropout(), random);
            double loss = step(batch, optimizers);
            progress.step(loss);
            lossSum += loss * batch.samples();
            lossSamples += batch.samples();
          }
          steps++;
        }
        samples += lossSamples;
      }
    }
    return new Summary(samples, (System.nanoTime() - start) / 1e9, lossSum / lossSamples);
  }

  private double step(PageBatch batch, List<Optimizer> optimizers) {
    Tensor logits = batch.logits(ranker.module(), items, true);
    Tensor loss =
        torch
            .binary_cross_entropy_with_logits(
                logits,
                batch.labels(),
                new TensorOptional(batch.weights()),
                new TensorOptional(),
                REDUCTION_SUM)
            .div(new Scalar(batch.samples()));
    double value = loss.item_float();
    if (!Double.isFinite(value)) {
      throw new UserError(
          "the ranker's loss is "
              + value
              + ": training diverged; lower the learning rates or choose another"
              + " attention norm than "
              + ranker.config().attentionNorm());
    }
    loss.backward();
    for (Optimizer optimizer : optimizers) {
      optimizer.step();
      optimizer.zeroGradients();
    }
    return value;
  }

  private List<Optimizer> optimizers(RankerConfig.Training training) {
    Map<String, Tensor> parameters = ranker.module().parameters();
    List<Tensor> tables = new ArrayList<>();
    List<Tensor> codebooks = new ArrayList<>();
    List<Tensor> dense = new ArrayList<>();
    parameters.forEach(
        (name, tensor) -> {
          if (tensor.numel() > 0) {
            (TABLES.contains(name) ? tables : name.equals(CODEBOOK) ? codebooks : dense)
                .add(tensor);
          }
        });
    if (training.optimizer() == RankerConfig.OptimizerKind.PAPER) {
      List<Tensor> all = new ArrayList<>(tables);
      all.addAll(codebooks);
      all.addAll(dense);
      return List.of(new AdagradDecay(all, PAPER_RATE, 0.1, 100_000, 0.9));
    }
    List<Optimizer> optimizers = new ArrayList<>();
    optimizers.add(new AdagradGroup(tables, training.tableRate()));
    if (!codebooks.isEmpty()) {
      optimizers.add(new AdagradGroup(codebooks, training.codebookRate()));
    }
    optimizers.add(new AdamWGroup(dense, training.denseRate()));
    return optimizers;
  }
}
