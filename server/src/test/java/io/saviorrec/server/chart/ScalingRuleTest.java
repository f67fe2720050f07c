package io.saviorrec.server.chart;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// The rule by which the chart's README has prometheus-adapter hand the queue time to Kubernetes,
/// on series as the server names them; needs promtool.
@Timeout(60)
class ScalingRuleTest {
  private static final String SERIES =
      """
      rule_files: [rules.yaml]
      evaluation_interval: 15s
      tests:
        - interval: 15s
          input_series:
            - series: 'savior_score_stage_seconds_sum{stage="queue",namespace="ranking",pod="busy",model="a"}'
              values: 0+7.5x40
            - series: 'savior_score_stage_seconds_count{stage="queue",namespace="ranking",pod="busy",model="a"}'
              values: 0+30x40
            - series: 'savior_score_stage_seconds_sum{stage="compute",namespace="ranking",pod="busy",model="a"}'
              values: 0+900x40
            - series: 'savior_score_stage_seconds_sum{stage="queue",namespace="ranking",pod="idle",model="a"}'
              values: 0+0x40
            - series: 'savior_score_stage_seconds_count{stage="queue",namespace="ranking",pod="idle",model="a"}'
              values: 0+0x40
          promql_expr_test:
            - expr: savior_queue_seconds
              eval_time: 10m
              exp_samples:
                - {labels: 'savior_queue_seconds{namespace="ranking",pod="busy"}', value: 0.25}
                - {labels: 'savior_queue_seconds{namespace="ranking",pod="idle"}', value: 0}
      """;

  @TempDir private Path folder;

  @Test
  void saysHowLongTheRequestsOfAPodWaitOnAverage() throws IOException {
    JsonNode rule = rule();
    String query =
        rule.path("metricsQuery")
            .asText()
            .replace("<<.GroupBy>>", "namespace,pod")
            .replace("<<.LabelMatchers>>", "namespace=\"ranking\",pod=~\"busy|idle\"");
    assertThat(query).doesNotContain("<<");
    Files.writeString(
        folder.resolve("rules.yaml"),
        "groups: [{name: g, rules: [{record: %s, expr: '%s'}]}]"
            .formatted(rule.at("/name/as").asText(), query));
    Path test = Files.writeString(folder.resolve("test.yaml"), SERIES);

    Chart.tool("promtool", "test", "rules", test.toString()).successful();
  }

  @Test
  void isCalledWhatTheScalerAsksFor() throws IOException {
    JsonNode scaler =
        Chart.object(Chart.valuesFile("redis-ha"), "HorizontalPodAutoscaler", "shop-saviorrec");

    assertThat(scaler.at("/spec/metrics/0/pods/metric/name").asText())
        .isEqualTo(rule().at("/name/as").asText());
  }

  private static JsonNode rule() throws IOException {
    String document = Files.readString(Chart.FOLDER.resolve("README.md"));
    int start = document.indexOf("```yaml\nrules:") + "```yaml\n".length();
    return Chart.yaml(document.substring(start, document.indexOf("```", start)))
        .at("/rules/custom/0");
  }
}
