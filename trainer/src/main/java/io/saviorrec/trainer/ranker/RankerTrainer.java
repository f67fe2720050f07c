package io.saviorrec.trainer.ranker;

import io.saviorrec.trainer.console.UserError;
import io.saviorrec.trainer.data.log.ImpressionLog;
import io.saviorrec.trainer.data.log.ItemStatistics;
import io.saviorrec.trainer.data.log.ShardReader;
import io.saviorrec.trainer.data.log.Tastes;
import io.saviorrec.trainer.data.log.TrainingInput;
import io.saviorrec.trainer.loop.Checkpoints;
import io.saviorrec.trainer.loop.Losses;
import io.saviorrec.trainer.loop.SeededRandom;
import io.saviorrec.trainer.loop.TrainingLoop;
import io.saviorrec.trainer.loop.TrainingTask;
import io.saviorrec.trainer.optim.Adagrad;
import io.saviorrec.trainer.optim.AdamW;
import io.saviorrec.trainer.optim.ParameterGroup;
import io.saviorrec.trainer.optim.RateSchedule;
import io.saviorrec.trainer.ranker.BatchOrder.Range;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;

/// Trains the ranker: cross-entropy (eq. 17) over shuffled page views, and what loss a variant has
/// of its own.
///
/// In each epoch the shards come in a random order, and the page views of a shard in another: as
/// page views are dealt into shards at random, that is a random order of all.
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
  private static final long REDUCTION_MEAN = 1;

  private final Ranker ranker;
  private final ItemFeatures items;
  private final TrainingInput input;
  private final ItemStatistics statistics;
  private final Tastes tastes;
  private @Nullable RankerState start;

  /// What the last training was done with.
  private @Nullable NamedOptimizers trained;

  /// Of a ranker that takes no taste profiles.
  public RankerTrainer(
      Ranker ranker, ItemFeatures items, TrainingInput input, ItemStatistics statistics) {
    this(ranker, items, input, statistics, Tastes.NONE);
  }

  public RankerTrainer(
      Ranker ranker,
      ItemFeatures items,
      TrainingInput input,
      ItemStatistics statistics,
      Tastes tastes) {
    this.ranker = ranker;
    this.items = items;
    this.input = input;
    this.statistics = statistics;
    this.tastes = tastes;
  }

  /// What a training run took.
  ///
  /// @param samples impressions seen, all epochs
  /// @param seconds wall time of the steps, those before an interruption too
  /// @param loss mean loss of the last epoch
  public record Summary(long samples, double seconds, double loss) {
    public double samplesPerSecond() {
      return samples / seconds;
    }
  }

  /// Begins where another training has ended, of a ranker whose [RankerState#grown] spec this one
  /// has.
  public RankerTrainer from(RankerState state) {
    start = state;
    return this;
  }

  /// Writes what a later training needs to go on from the end of this one.
  public void writeState(Path file) {
    RankerState.write(file, ranker.spec(), Objects.requireNonNull(trained, "nothing is trained"));
  }

  /// Trains on all shards without checkpoints.
  public Summary train(long seed) {
    return train(seed, Checkpoints.none());
  }

  /// Trains on all shards.
  public Summary train(long seed, Checkpoints checkpoints) {
    if (input.impressions() == 0) {
      throw new UserError("no impressions to train on; check the data set's cuts");
    }
    RankerConfig.Training training = ranker.config().training();
    boolean paper = training.optimizer() == RankerConfig.OptimizerKind.PAPER;
    NamedOptimizers optimizers = paper ? paperOptimizer() : mixedOptimizers(training);
    if (start != null) {
      start.restore(ranker.spec(), optimizers);
    }
    trained = optimizers;
    TrainingLoop loop =
        new TrainingLoop(
            "ranker (" + ranker.config().variant().label() + ")",
            optimizers.optimizers(),
            paper && start != null
                ? (rate, _, _) -> rate * PAPER_FINAL_SHARE
                : new RateSchedule.Geometric(paper ? PAPER_FINAL_SHARE : training.finalRateShare()),
            (paper
                    ? "choose ranker.training.optimizer mixed, whose rates are settings,"
                    : "lower ranker.training.tableRate, codebookRate and denseRate,")
                + " or another ranker.attentionNorm than "
                + ranker.config().attentionNorm().name().toLowerCase(Locale.ROOT));
    torch.manual_seed(seed);
    try (ShardReader shards = new ShardReader(input)) {
      PageViews task = new PageViews(shards, training, new SeededRandom(seed));
      long planned = task.plannedSteps();
      Losses losses =
          loop.run(
              Math.multiplyExact(training.epochs(), input.shards()), planned, task, checkpoints);
      return new Summary(
          losses.samples(),
          losses.seconds(),
          losses.mean(losses.steps() - task.stepsOfEpoch, losses.steps()));
    }
  }

  /// Page views in a new random order each epoch. To the loop a shard is what it calls an epoch.
  private final class PageViews implements TrainingTask, TrainingTask.Position {
    private final ShardReader shards;
    private final RankerConfig.Training training;
    private final SeededRandom random;
    private List<Integer> order = List.of();

    /// Shards of the epoch that were begun.
    private int begun;

    /// Steps of these.
    private int stepsOfEpoch;

    /// The generator's state before the epoch's first draw, and before the shard's.
    private long[] beforeEpoch = {0};

    private long[] beforeShard = {0};
    private @Nullable Chunks chunks;
    private @Nullable BatchAssembler assembler;
    private List<Range> ranges = List.of();
    private int next;

    PageViews(ShardReader shards, RankerConfig.Training training, SeededRandom random) {
      this.shards = shards;
      this.training = training;
      this.random = random;
    }

    /// The steps of all epochs: nearly exactly where there is one shard, else as many as the first
    /// one lets expect.
    long plannedSteps() {
      ImpressionLog first = shards.read(0, 0);
      int steps =
          BatchOrder.sequential(
                  Chunks.of(first).all, training.batchSize(), assembler(first).alike())
              .size();
      double shardsLikeFirst =
          input.impressions() / (double) input.shards() / Math.max(1, first.samples());
      return (long) Math.ceil(steps * shardsLikeFirst) * input.shards() * training.epochs();
    }

    @Override
    public int beginEpoch() {
      if (begun == order.size()) {
        beginRound();
      }
      beforeShard = random.save();
      beginShard();
      return ranges.size();
    }

    private BatchAssembler assembler(ImpressionLog log) {
      return new BatchAssembler(log, statistics, ranker.config().historyLength(), tastes);
    }

    private void beginRound() {
      beforeEpoch = random.save();
      order = new ArrayList<>(IntStream.range(0, input.shards()).boxed().toList());
      Collections.shuffle(order, random);
      begun = 0;
      stepsOfEpoch = 0;
    }

    private void beginShard() {
      int shard = order.get(begun++);
      // The shard before it goes first, else there would be three in memory.
      assembler = null;
      chunks = null;
      ImpressionLog log = shards.read(shard, begun == order.size() ? shard : order.get(begun));
      BatchAssembler ofShard = assembler(log);
      assembler = ofShard;
      Chunks ofLog = Chunks.of(log);
      chunks = ofLog;
      ranges = BatchOrder.shuffle(ofLog.all, training.batchSize(), ofShard.alike(), random);
      next = 0;
      stepsOfEpoch += ranges.size();
    }

    @Override
    public Loss next() {
      BatchAssembler assembler = Objects.requireNonNull(this.assembler);
      Range range = ranges.get(next++);
      PageBatch batch =
          assembler
              .assemble(Objects.requireNonNull(chunks), range.from(), range.until())
              .withoutBase(training.baseDropout(), random)
              .withCold(training.coldDropout(), random);
      Tensor loss =
          torch.binary_cross_entropy_with_logits(
              batch.logits(ranker.module(), items, true),
              batch.labels(),
              new TensorOptional(),
              new TensorOptional(),
              REDUCTION_MEAN);
      if (ranker.hasOwnLoss()) {
        loss = loss.add(batch.ownLoss(ranker.module(), items));
      }
      return new Loss(loss, batch.samples(), () -> {});
    }

    @Override
    public Position position() {
      return this;
    }

    @Override
    public long[] save() {
      return new long[] {
        next, begun, stepsOfEpoch, beforeEpoch[0], beforeShard[0], random.save()[0]
      };
    }

    /// An epoch's order of shards and a shard's order of page views follow from the generator
    /// alone.
    @Override
    public void restore(long[] saved) {
      random.restore(new long[] {saved[3]});
      beginRound();
      begun = Math.toIntExact(saved[1]) - 1;
      beforeShard = new long[] {saved[4]};
      random.restore(beforeShard);
      beginShard();
      next = Math.toIntExact(saved[0]);
      stepsOfEpoch = Math.toIntExact(saved[2]);
      random.restore(new long[] {saved[5]});
    }
  }

  private NamedOptimizers paperOptimizer() {
    List<String> all = names(_ -> true);
    return new NamedOptimizers()
        .add(
            new Adagrad(List.of(group(all, PAPER_RATE)), Adagrad.INITIAL_ACCUMULATOR, PAPER_DECAY),
            all);
  }

  private NamedOptimizers mixedOptimizers(RankerConfig.Training training) {
    List<String> tables = names(TABLES::contains);
    List<String> codebook = names(CODEBOOK::equals);
    List<String> dense = names(name -> !TABLES.contains(name) && !name.equals(CODEBOOK));
    return new NamedOptimizers()
        .add(
            new Adagrad(
                List.of(
                    group(tables, training.tableRate()), group(codebook, training.codebookRate())),
                Adagrad.INITIAL_ACCUMULATOR,
                Adagrad.Decay.NONE),
            Stream.concat(tables.stream(), codebook.stream()).toList())
        .add(new AdamW(BETA_1, BETA_2, List.of(group(dense, training.denseRate()))), dense);
  }

  /// Names of parameters, without those that a variant lacks.
  private List<String> names(Predicate<String> named) {
    return ranker.module().parameters().entrySet().stream()
        .filter(entry -> named.test(entry.getKey()) && entry.getValue().numel() > 0)
        .map(Map.Entry::getKey)
        .toList();
  }

  private ParameterGroup group(List<String> names, double rate) {
    return ParameterGroup.of(names.stream().map(ranker.module()::parameter).toList(), rate);
  }
}
