package io.saviorrec.trainer.ranker;

import io.saviorrec.config.Check;
import io.saviorrec.trainer.data.log.TasteRule;
import java.util.Locale;

/// The click model's shape and how it is trained.
///
/// @param inputs what is told of items
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
/// @param taste the users' taste profiles, an extension that the paper lacks
/// @param calibration how scores are calibrated after training
/// @param userId whether the user's ID is an input: on, off, or auto (on when most validation users
///   are known)
public record RankerConfig(
    Variant variant,
    Wiring wiring,
    AttentionNorm attentionNorm,
    Inputs inputs,
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
    Taste taste,
    CalibrationKind calibration,
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
      Check.all(check -> check.atLeast("width", width, 1).positive("eps", eps));
    }
  }

  /// The taste profile as an input, an extension that the paper lacks.
  ///
  /// @param enabled whether it is one
  /// @param width products of a candidate's and a user's projection that the DNN sees
  /// @param halfLife impressions of a user after which an earlier one counts half
  public record Taste(boolean enabled, int width, double halfLife) {
    public Taste {
      Check.all(check -> check.atLeast("width", width, 1).positive("halfLife", halfLife));
    }

    /// What profiles are computed by.
    ///
    /// @param clickRate the training period's
    public TasteRule rule(double clickRate) {
      return new TasteRule(halfLife, clickRate);
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
  /// @param baseDropout share of rows (see `Chunks`) that are trained as if they had no pctr_base,
  ///   so that requests without it can be scored
  /// @param coldDropout share of candidates that are trained as if they had never been shown,
  ///   without ID and statistics, so that items without clicks can be scored where the log has
  ///   hardly any
  public record Training(
      OptimizerKind optimizer,
      int batchSize,
      int epochs,
      double tableRate,
      double codebookRate,
      double denseRate,
      double finalRateShare,
      double baseDropout,
      double coldDropout) {
    public Training {
      Check.all(
          check ->
              check
                  .atLeast("batchSize", batchSize, 1)
                  .atLeast("epochs", epochs, 1)
                  .positive("tableRate", tableRate)
                  .positive("codebookRate", codebookRate)
                  .positive("denseRate", denseRate)
                  .that(
                      finalRateShare > 0 && finalRateShare <= 1,
                      "finalRateShare",
                      "be in (0, 1]",
                      finalRateShare)
                  .partialShare("baseDropout", baseDropout)
                  .partialShare("coldDropout", coldDropout));
    }
  }

  public RankerConfig {
    Check.all(
        check ->
            check
                .atLeast("heads", heads, 1)
                .atLeast("headWidth", headWidth, 1)
                .atLeast("historyLength", historyLength, 1)
                .atLeast("idWidth", idWidth, 1)
                .atLeast("statWidth", statWidth, 1)
                .atLeast("statBuckets", statBuckets, 2)
                .atLeast("userWidth", userWidth, 1)
                .atLeast("featureWidth", featureWidth, 1)
                .atLeast("minItemImpressions", minItemImpressions, 1)
                .atLeast("firstWidth", firstWidth, 1)
                .atLeast("secondWidth", secondWidth, 1)
                .partialShare("dropout", dropout)
                .that(
                    !taste.enabled() || variant.usesZ(),
                    "taste.enabled",
                    "be false for variant base, which has no z",
                    taste.enabled())
                .that(
                    inputs != Inputs.NO_CONTENT
                        || (variant == Variant.SAVIORREC && !taste.enabled()),
                    "inputs",
                    "leave content in but for variant saviorrec without taste profiles",
                    inputs.name().toLowerCase(Locale.ROOT)));
  }

  boolean usesZ() {
    return variant.usesZ() && inputs != Inputs.NO_CONTENT;
  }

  boolean usesMba() {
    return variant.usesMba() && inputs != Inputs.NO_CONTENT;
  }

  /// Heads of block b, eq. 11.
  int behaviourHeads() {
    return variant.hasBehaviour() ? heads : 0;
  }

  /// Heads of block m, eq. 12.
  int modalHeads() {
    return variant.hasModal() && usesZ() ? heads : 0;
  }

  /// Heads of each cross block, eqs. 13 and 14.
  int crossHeads() {
    return variant.hasCross() && usesZ() ? heads : 0;
  }

  /// Attention heads of all blocks together.
  int totalHeads() {
    return behaviourHeads() + modalHeads() + 2 * crossHeads();
  }

  /// Width of an item's ID embedding; 0: it is no input.
  int itemIdWidth() {
    return inputs == Inputs.NO_ID ? 0 : idWidth;
  }

  boolean usesStatistics() {
    return inputs != Inputs.NO_STATISTICS;
  }

  /// Products with the taste profile that the DNN sees; 0 without it.
  int tasteWidth() {
    return taste.enabled() ? taste.width() : 0;
  }

  /// Score summaries for each head: the mean, and with softmax the log-mean-exp too.
  int summaries() {
    if (wiring == Wiring.PAPER) {
      return 0;
    }
    return attentionNorm == AttentionNorm.SOFTMAX ? 2 : 1;
  }
}
