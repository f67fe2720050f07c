package io.saviorrec.trainer.train;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

class VerdictTest {
  private static Verdict verdict(double model, Map<String, Double> plain) {
    Map<String, Double> metrics = new HashMap<>(Verdict.references(plain));
    metrics.put("validation_auc", model);
    return new Verdict(metrics);
  }

  @Test
  void aModelIsHeldAgainstTheItemsRateAndTheBase() {
    Verdict verdict = verdict(0.7244, Map.of("item_ctr", 0.6446, "pctr_base", 0.6905));
    assertThat(verdict.line())
        .isEqualTo("validation AUC: model 72.44 %, item's click rate 64.46 %, pctr_base 69.05 %");
    assertThat(verdict.warnings()).isEmpty();
  }

  @Test
  void aModelBelowTheItemsRateIsWarnedOf() {
    Verdict verdict = verdict(0.585, Map.of("item_ctr", 0.677));
    assertThat(verdict.line()).endsWith("item's click rate 67.70 %, pctr_base none");
    assertThat(verdict.warnings())
        .singleElement()
        .asString()
        .startsWith("warning: the model's validation AUC is 58.50 % and that of item_ctr 67.70 %: ")
        .contains("do not serve it");
  }

  @Test
  void aModelBelowTheBaseIsWarnedOf() {
    assertThat(verdict(0.69, Map.of("item_ctr", 0.64, "pctr_base", 0.70)).warnings())
        .singleElement()
        .asString()
        .contains("that of pctr_base 70.00 %")
        .contains("adds nothing");
  }

  @Test
  void whatWasNotMeasuredWarnsOfNothing() {
    Verdict verdict = new Verdict(Map.of());
    assertThat(verdict.line())
        .isEqualTo("validation AUC: model unknown, item's click rate unknown, pctr_base none");
    assertThat(verdict.warnings()).isEmpty();
  }
}
