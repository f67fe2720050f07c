package io.saviorrec.trainer.ranker;

import io.saviorrec.trainer.console.UserError;

/// The click model's shape and how it is trained.
///
/// @param heads attention heads of each block
/// @param headWidth width of one head
/// @param historyLength most recent clicks that the model looks at
/// @param idWidth width of an item's ID embedding
/// @param statWidth width of the embedding of each statistic
/// @param statBuckets buckets of each statistic
/// @param userWidth width of the user's ID embedding, where it is used
/// @param featureWidth width of the embedding of each profile, context or item column
/// @param minItemImpressions items with fewer training impressions share the unknown ID embedding
/// @param firstWidth width of the DNN's first layer
/// @param secondWidth width of the DNN's second layer
/// @param dropout share of hidden units dropped in training
/// @param residualLogit whether the logit of pctr_base is added to the network's output
/// @param userId whether the user's ID is an input: on, off, or auto (on when most validation users
///   are known)
public record RankerConfig(
    Variant variant,
    Wiring wiring,
    AttentionNorm attentionNorm,
    int heads,
    int headWidth,
    int historyLength,
    int idWidth,
    int statWidth,
    int statBuckets,
    int userWidth,
    int featureWidth,
    int minItemImpressions,
    int firstWidth,
    int secondWidth,
    double dropout,
    boolean residualLogit,
    Switch userId,
    Mba mba,
    Training training) {

  /// A yes-or-no setting that the data may decide.
  public enum Switch {
    ON,
    OFF,
    AUTO
  }

  /// The alignment codebook.
  ///
  /// @param width d of each code vector
  /// @param eps the smooth norm's ε
  public record Mba(int width, MbaNorm norm, double eps) {
    public Mba {
      atLeast("ranker.mba.width", width, 1);
      positive("ranker.mba.eps", eps);
    }
  }

  /// The optimisers.
  public enum OptimizerKind {
    /// Adagrad for the tables, AdamW for everything dense.
    MIXED,
    /// AdagradV2 for everything, 0.01 to 0.001, as the paper.
    PAPER
  }

  /// The training loop.
  ///
  /// @param batchSize impressions in a step
  /// @param tableRate first learning rate of ID, statistics and user tables (MIXED)
  /// @param codebookRate first learning rate of the MBA codebook (MIXED)
  /// @param denseRate first learning rate of everything else (MIXED)
  /// @param finalRateShare last learning rate as a share of the first
  /// @param baseDropout share of page views that are trained as if they had no pctr_base, so that
  ///   requests without it can be scored
  public record Training(
      OptimizerKind optimizer,
      int batchSize,
      int epochs,
      double tableRate,
      double codebookRate,
      double denseRate,
      double finalRateShare,
      double baseDropout) {
    public Training {
      atLeast("ranker.training.batchSize", batchSize, 1);
      atLeast("ranker.training.epochs", epochs, 1);
      positive("ranker.training.tableRate", tableRate);
      positive("ranker.training.codebookRate", codebookRate);
      positive("ranker.training.denseRate", denseRate);
      if (!(finalRateShare > 0 && finalRateShare <= 1)) {
        throw new UserError(
            "ranker.training.finalRateShare must be in (0, 1] but was " + finalRateShare);
      }
      if (!(baseDropout >= 0 && baseDropout < 1)) {
        throw new UserError("ranker.training.baseDropout must be in [0, 1) but was " + baseDropout);
      }
    }
  }

  public RankerConfig {
    atLeast("ranker.heads", heads, 1);
    atLeast("ranker.headWidth", headWidth, 1);
    atLeast("ranker.historyLength", historyLength, 1);
    atLeast("ranker.idWidth", idWidth, 1);
    atLeast("ranker.statWidth", statWidth, 1);
    atLeast("ranker.statBuckets", statBuckets, 2);
    atLeast("ranker.userWidth", userWidth, 1);
    atLeast("ranker.featureWidth", featureWidth, 1);
    atLeast("ranker.minItemImpressions", minItemImpressions, 1);
    atLeast("ranker.firstWidth", firstWidth, 1);
    atLeast("ranker.secondWidth", secondWidth, 1);
    if (!(dropout >= 0 && dropout < 1)) {
      throw new UserError("ranker.dropout must be in [0, 1) but was " + dropout);
    }
  }

  /// For tests: seconds.
  public static RankerConfig tiny() {
    return new RankerConfig(
        Variant.SAVIORREC,
        Wiring.SUMMARIES,
        AttentionNorm.LINEAR_MEAN,
        2,
        4,
        10,
        8,
        4,
        8,
        8,
        4,
        5,
        32,
        16,
        0,
        true,
        Switch.AUTO,
        new Mba(8, MbaNorm.SMOOTH, 1),
        new Training(OptimizerKind.MIXED, 500, 2, 0.1, 0.02, 0.003, 0.1, 0.05));
  }

  /// For some hundred thousand impressions: minutes.
  public static RankerConfig small() {
    return new RankerConfig(
        Variant.SAVIORREC,
        Wiring.SUMMARIES,
        AttentionNorm.LINEAR_MEAN,
        8,
        8,
        30,
        16,
        8,
        16,
        16,
        8,
        5,
        256,
        128,
        0,
        true,
        Switch.AUTO,
        new Mba(16, MbaNorm.SMOOTH, 1),
        new Training(OptimizerKind.MIXED, 500, 2, 0.1, 0.02, 0.003, 0.1, 0.05));
  }

  /// The paper's §4.1.4, with what it leaves open as in [#small]: 8 heads, codes of width 64,
  /// batches of 1,024, AdagradV2 from 0.01 to 0.001, for logs of 10^8 impressions.
  public static RankerConfig paper() {
    return new RankerConfig(
        Variant.SAVIORREC,
        Wiring.PAPER,
        AttentionNorm.SOFTMAX,
        8,
        8,
        50,
        32,
        8,
        32,
        32,
        8,
        5,
        512,
        256,
        0,
        false,
        Switch.AUTO,
        new Mba(64, MbaNorm.SMOOTH, 0.1),
        new Training(OptimizerKind.PAPER, 1024, 1, 0.01, 0.01, 0.01, 0.1, 0.05));
  }

  /// Attention heads of all blocks together.
  int totalHeads() {
    return variant.behaviourHeads(heads)
        + variant.modalHeads(heads)
        + 2 * variant.crossHeads(heads);
  }

  /// Score summaries for each head: the mean, and with softmax the log-mean-exp too.
  int summaries() {
    if (wiring == Wiring.PAPER) {
      return 0;
    }
    return attentionNorm == AttentionNorm.SOFTMAX ? 2 : 1;
  }

  private static void atLeast(String key, int value, int least) {
    if (value < least) {
      throw new UserError(key + " must be at least " + least + " but was " + value);
    }
  }

  private static void positive(String key, double value) {
    if (!(value > 0 && value < Double.POSITIVE_INFINITY)) {
      throw new UserError(key + " must be above 0 and finite but was " + value);
    }
  }
}
