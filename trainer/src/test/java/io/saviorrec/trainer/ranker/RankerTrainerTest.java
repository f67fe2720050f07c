package io.saviorrec.trainer.ranker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.saviorrec.trainer.console.UserError;
import io.saviorrec.trainer.torch.Tensors;
import java.io.IOException;
import java.nio.file.Path;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Whether training teaches the ranker anything, from the weights that it really starts with.
final class RankerTrainerTest {
  @TempDir private static Path folder;

  private static TastefulShop shop;

  @BeforeAll
  static void openShop() throws IOException {
    torch.set_num_threads(1);
    shop = TastefulShop.in(folder);
  }

  @AfterAll
  static void closeShop() {
    shop.data.close();
  }

  private static RankerConfig config(
      Variant variant, RankerConfig.OptimizerKind optimizer, int epochs) {
    return config(variant, optimizer, epochs, 0.003);
  }

  private static RankerConfig config(
      Variant variant, RankerConfig.OptimizerKind optimizer, int epochs, double denseRate) {
    return new RankerConfig(
        variant,
        Wiring.SUMMARIES,
        AttentionNorm.LINEAR_MEAN,
        Inputs.ALL,
        2,
        8,
        10,
        8,
        4,
        4,
        4,
        4,
        1,
        32,
        16,
        0,
        true,
        RankerConfig.Switch.OFF,
        new RankerConfig.Mba(8, MbaNorm.SMOOTH, 0.3),
        new RankerConfig.Taste(false, 4, 300),
        CalibrationKind.NONE,
        new RankerConfig.Training(
            optimizer,
            optimizer == RankerConfig.OptimizerKind.PAPER ? 50 : 200,
            epochs,
            0.1,
            0.02,
            denseRate,
            0.1,
            0.05,
            0));
  }

  private static Ranker ranker(RankerConfig config) {
    torch.manual_seed(1);
    return new Ranker(config, shop.spec(config), null);
  }

  private static double length(Tensor tensor) {
    double sum = 0;
    for (float value : Tensors.toFloats(tensor)) {
      sum += (double) value * value;
    }
    return Math.sqrt(sum);
  }

  /// MBA's codebook and the output layer start at zero. With one more factor at zero they would get
  /// no gradient, ever.
  @ParameterizedTest
  @CsvSource({"MIXED, 0.01", "PAPER, 0.0002"})
  void whatStartsAtZeroMovesAndTheLossFalls(RankerConfig.OptimizerKind optimizer, double fall) {
    try (var _ = new PointerScope()) {
      Ranker ranker = ranker(config(Variant.SAVIORREC, optimizer, 1));
      Tensor codebook = ranker.mba().parameter("codebook");
      Tensor output = ranker.module().parameter("third");
      assertThat(length(codebook)).isZero();
      assertThat(length(output)).isZero();
      double before = shop.trainingLoss(ranker);
      shop.train(ranker);
      assertThat(shop.trainingLoss(ranker)).isLessThan(before - fall);
      assertThat(length(codebook)).isGreaterThan(1e-3);
      assertThat(length(output)).isGreaterThan(1e-2);
    }
  }

  /// The shop's log has no pctr_base.
  @Test
  void withoutABaseTrainingStartsAtTheItemsClickRates() {
    try (var _ = new PointerScope()) {
      RankerConfig config = config(Variant.SAVIORREC, RankerConfig.OptimizerKind.MIXED, 1);
      assertThat(shop.validationAuc(ranker(config)))
          .isCloseTo(shop.itemRateAuc(), within(1e-3))
          .isGreaterThan(0.6);
    }
  }

  /// The rates and the number of steps that a log of twenty thousand impressions gets.
  @ParameterizedTest
  @CsvSource({"SAVIORREC", "BASE"})
  void aFewSlowStepsWithoutABaseDoNotFallBelowTheItemsClickRates(Variant variant) {
    try (var _ = new PointerScope()) {
      Ranker ranker = ranker(config(variant, RankerConfig.OptimizerKind.MIXED, 1, 0.0005));
      shop.train(ranker);
      assertThat(shop.validationAuc(ranker)).isGreaterThan(shop.itemRateAuc() - 0.002);
    }
  }

  /// What everybody likes is worth 0.68, and content on top of it 0.85.
  @ParameterizedTest
  @CsvSource({
    "SAVIORREC, MIXED, 3, 0.78",
    "SAVIORREC, PAPER, 7, 0.72",
    "SIMTIER, MIXED, 3, 0.75",
    "MIM, MIXED, 3, 0.75",
    "CHIME, MIXED, 3, 0.75",
    "BBQREC, MIXED, 3, 0.75",
    "BASE, MIXED, 3, 0.62",
    "BASE, PAPER, 7, 0.58"
  })
  void learnsTheRuleOfTheShopOverManySteps(
      Variant variant, RankerConfig.OptimizerKind optimizer, int epochs, double bar) {
    try (var _ = new PointerScope()) {
      Ranker ranker = ranker(config(variant, optimizer, epochs));
      RankerTrainer.Summary summary = shop.train(ranker);
      assertThat(shop.validationAuc(ranker)).isGreaterThan(bar);
      assertThat(summary.samples()).isEqualTo(epochs * 80L * 22 * 6);
    }
  }

  @Test
  void aLossThatIsNotFiniteSaysWhichRatesToLower() {
    try (var _ = new PointerScope()) {
      Ranker ranker = ranker(config(Variant.SAVIORREC, RankerConfig.OptimizerKind.MIXED, 4, 1e30));
      assertThatThrownBy(() -> shop.train(ranker))
          .isInstanceOf(UserError.class)
          .hasMessageMatching(
              "ranker \\(saviorrec\\) diverged: its loss is .* at step .*; lower"
                  + " ranker.training.tableRate, codebookRate and denseRate, or another"
                  + " ranker.attentionNorm than linear_mean");
    }
  }
}
