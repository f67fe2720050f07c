package io.saviorrec.trainer.ranker;

import io.saviorrec.trainer.console.UserError;
import io.saviorrec.trainer.data.log.ImpressionLog;
import io.saviorrec.trainer.data.log.ItemStatistics;
import io.saviorrec.trainer.data.log.Tastes;
import io.saviorrec.trainer.loop.Losses;
import io.saviorrec.trainer.loop.TrainingLoop;
import io.saviorrec.trainer.loop.TrainingTask;
import io.saviorrec.trainer.optim.Adagrad;
import io.saviorrec.trainer.optim.AdamW;
import io.saviorrec.trainer.optim.Optimizer;
import io.saviorrec.trainer.optim.ParameterGroup;
import io.saviorrec.trainer.optim.RateSchedule;
import io.saviorrec.trainer.ranker.BatchAssembler.Chunk;
import io.saviorrec.trainer.ranker.BatchOrder.Range;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.function.Predicate;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;

/// Trains the ranker: cross-entropy (eq. 17) over shuffled page views.
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
  private static final Adagrad.Decay PAPER_DECAY = new Adagrad.Decay(100_000, 0.9);
  private static final double BETA_1 = 0.9;
  private static final double BETA_2 = 0.99;

  /// libtorch's number for it.
  private static final long REDUCTION_SUM = 2;

  private final Ranker ranker;
  private final ItemFeatures items;
  private final ImpressionLog log;
  private final BatchAssembler assembler;

  /// Of a ranker that takes no taste profiles.
  public RankerTrainer(
      Ranker ranker, ItemFeatures items, ImpressionLog log, ItemStatistics statistics) {
    this(ranker, items, log, statistics, Tastes.NONE);
  }

  public RankerTrainer(
      Ranker ranker,
      ItemFeatures items,
      ImpressionLog log,
      ItemStatistics statistics,
      Tastes tastes) {
    this.ranker = ranker;
    this.items = items;
    this.log = log;
    this.assembler =
        new BatchAssembler(log, statistics, items, ranker.config().historyLength(), tastes);
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
    boolean paper = training.optimizer() == RankerConfig.OptimizerKind.PAPER;
    TrainingLoop loop =
        new TrainingLoop(
            "ranker (" + ranker.config().variant().label() + ")",
            paper ? paperOptimizer() : mixedOptimizers(training),
            new RateSchedule.Geometric(paper ? PAPER_FINAL_SHARE : training.finalRateShare()),
            (paper
                    ? "choose ranker.training.optimizer mixed, whose rates are settings,"
                    : "lower ranker.training.tableRate, codebookRate and denseRate,")
                + " or another ranker.attentionNorm than "
                + ranker.config().attentionNorm().name().toLowerCase(Locale.ROOT));
    torch.manual_seed(seed);
    PageViews task = new PageViews(chunks, training, new Random(seed));
    long planned =
        (long) BatchOrder.sequential(chunks, training.batchSize()).size() * training.epochs();
    long start = System.nanoTime();
    Losses losses = loop.run(training.epochs(), planned, task);
    return new Summary(
        losses.samples(),
        (System.nanoTime() - start) / 1e9,
        losses.mean(losses.steps() - task.ranges.size(), losses.steps()));
  }

  /// Page views in a new random order each epoch.
  private final class PageViews implements TrainingTask {
    private final Chunk[] chunks;
    private final RankerConfig.Training training;
    private final Random random;
    private List<Range> ranges = List.of();
    private int next;

    PageViews(Chunk[] chunks, RankerConfig.Training training, Random random) {
      this.chunks = chunks;
      this.training = training;
      this.random = random;
    }

    @Override
    public int beginEpoch() {
      ranges = BatchOrder.shuffle(chunks, training.batchSize(), random);
      next = 0;
      return ranges.size();
    }

    @Override
    public Loss next() {
      Range range = ranges.get(next++);
      PageBatch batch =
          assembler
              .assemble(chunks, range.from(), range.until())
              .withoutBase(training.baseDropout(), random);
      Tensor loss =
          torch
              .binary_cross_entropy_with_logits(
                  batch.logits(ranker.module(), items, true),
                  batch.labels(),
                  new TensorOptional(batch.weights()),
                  new TensorOptional(),
                  REDUCTION_SUM)
              .div(new Scalar(batch.samples()));
      return new Loss(loss, batch.samples(), () -> {});
    }
  }

  private List<Optimizer> paperOptimizer() {
    return List.of(
        new Adagrad(
            List.of(ParameterGroup.of(parameters(_ -> true), PAPER_RATE)),
            Adagrad.INITIAL_ACCUMULATOR,
            PAPER_DECAY));
  }

  private List<Optimizer> mixedOptimizers(RankerConfig.Training training) {
    return List.of(
        new Adagrad(
            List.of(
                ParameterGroup.of(parameters(TABLES::contains), training.tableRate()),
                ParameterGroup.of(parameters(CODEBOOK::equals), training.codebookRate())),
            Adagrad.INITIAL_ACCUMULATOR,
            Adagrad.Decay.NONE),
        new AdamW(
            BETA_1,
            BETA_2,
            List.of(
                ParameterGroup.of(
                    parameters(name -> !TABLES.contains(name) && !name.equals(CODEBOOK)),
                    training.denseRate()))));
  }

  /// Parameters by name, without those that a variant lacks.
  private List<Tensor> parameters(Predicate<String> named) {
    return ranker.module().parameters().entrySet().stream()
        .filter(entry -> named.test(entry.getKey()) && entry.getValue().numel() > 0)
        .map(Map.Entry::getValue)
        .toList();
  }
}
