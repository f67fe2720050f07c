package io.saviorrec.trainer.check;

import com.fasterxml.jackson.annotation.JsonProperty;
import io.saviorrec.trainer.console.UserError;
import io.saviorrec.trainer.data.DataSet;
import io.saviorrec.trainer.data.log.Cuts;
import io.saviorrec.trainer.data.prepare.LogSurvey;
import io.saviorrec.trainer.data.table.Reject;
import io.saviorrec.trainer.evaluate.PlainScores;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// Everything about a data set that can be known without training.
///
/// @param plainScores AUC of scores that need no model, by period and name; null: it cannot be told
public record DataCheck(
    String name,
    Cuts cuts,
    LogSurvey log,
    ContentSurvey content,
    @JsonProperty("plain_scores") Map<String, Map<String, Double>> plainScores,
    List<Reject> rejects,
    List<Finding> findings) {

  /// Looks at a data set.
  public static DataCheck of(DataSet data) {
    LogSurvey log = data.survey();
    ContentSurvey content = ContentSurvey.of(data.items());
    Cuts cuts = data.cuts();
    Map<String, Map<String, Double>> scores = new LinkedHashMap<>();
    scores.put("validation", PlainScores.auc(data, cuts.validationFrom(), cuts.testFrom()));
    scores.put("test", PlainScores.auc(data, cuts.testFrom(), Long.MAX_VALUE));
    List<Finding> findings = new ArrayList<>();
    try {
      for (String warning : data.checkTraining()) {
        findings.add(new Finding(Finding.Level.WARNING, warning));
      }
    } catch (UserError e) {
      findings.add(new Finding(Finding.Level.ERROR, String.valueOf(e.getMessage())));
    }
    findings.addAll(new Findings(log, content, data.rejects()).all());
    findings.sort((a, b) -> a.level().compareTo(b.level()));
    return new DataCheck(data.name(), cuts, log, content, scores, data.rejects(), findings);
  }

  /// Whether a model can be trained on it.
  public boolean usable() {
    return findings.stream().noneMatch(finding -> finding.level() == Finding.Level.ERROR);
  }
}
