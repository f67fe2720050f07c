package io.saviorrec.trainer.train;

import io.saviorrec.trainer.evaluate.PlainScores;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/// Whether a training was worth it: the model's AUC on the validation period beside those of scores
/// that need no model.
public final class Verdict {
  /// What the validation period's metrics start with.
  static final String PERIOD = "validation_";

  private static final String AUC = "auc";

  private final Map<String, Double> metrics;

  /// @param metrics those of a manifest
  public Verdict(Map<String, Double> metrics) {
    this.metrics = metrics;
  }

  /// The metrics that hold the AUC of plain scores, by their names in a manifest.
  static Map<String, Double> references(Map<String, Double> auc) {
    Map<String, Double> metrics = new TreeMap<>();
    auc.forEach((name, value) -> metrics.put(key(name), value));
    return metrics;
  }

  private static String key(String score) {
    return PERIOD + score + "_" + AUC;
  }

  private double metric(String key) {
    return metrics.getOrDefault(key, Double.NaN);
  }

  private double model() {
    return metric(PERIOD + AUC);
  }

  /// One line for the end of a run.
  public String line() {
    double base = metric(key(PlainScores.PCTR_BASE));
    return String.format(
        Locale.ROOT,
        "validation AUC: model %s, item's click rate %s, pctr_base %s",
        percent(model()),
        percent(metric(key(PlainScores.ITEM_CTR))),
        Double.isNaN(base) ? "none" : percent(base));
  }

  /// What the model is no better than, a sentence each.
  public List<String> warnings() {
    List<String> warnings = new ArrayList<>();
    warn(
        warnings,
        PlainScores.ITEM_CTR,
        "the items' click rates of the days before, which need no model, do better;"
            + " do not serve it, and see by savior check whether the log is large enough");
    warn(
        warnings,
        PlainScores.PCTR_BASE,
        "pctr_base, which it was given, does better; it adds nothing to what is in production");
    return warnings;
  }

  private void warn(List<String> warnings, String score, String meaning) {
    double reference = metric(key(score));
    if (model() < reference) {
      warnings.add(
          String.format(
              Locale.ROOT,
              "warning: the model's validation AUC is %s and that of %s %s: %s",
              percent(model()),
              score,
              percent(reference),
              meaning));
    }
  }

  private static String percent(double auc) {
    return Double.isNaN(auc) ? "unknown" : String.format(Locale.ROOT, "%.2f %%", 100 * auc);
  }
}
