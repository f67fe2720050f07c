package io.saviorrec.trainer.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.saviorrec.config.Settings;
import io.saviorrec.trainer.HelmChart;
import io.saviorrec.trainer.console.RefusedModel;
import io.saviorrec.trainer.train.Preset;
import io.saviorrec.trainer.train.TrainConfig;
import java.io.PrintWriter;
import java.io.Writer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import picocli.CommandLine;

/// Whether the trainer takes what the Helm chart's nightly training gives it; needs Helm.
@Timeout(60)
class TrainingChartTest {
  private static final Path VALUES = HelmChart.FOLDER.resolve("ci").resolve("training.yaml");

  @Test
  void theCommandLineTakesTheOptionsOfEveryContainer() throws Exception {
    List<String> commands = new ArrayList<>();
    for (JsonNode object : HelmChart.objects(VALUES)) {
      JsonNode pod = object.at("/spec/jobTemplate/spec/template/spec");
      for (String kind : List.of("initContainers", "containers")) {
        for (JsonNode container : pod.path(kind)) {
          List<String> arguments = new ArrayList<>();
          container.path("args").forEach(each -> arguments.add(each.asText()));
          if (!arguments.isEmpty()) {
            TrainerMain.commandLine(Map.of()).parseArgs(arguments.toArray(String[]::new));
            commands.add(arguments.getFirst());
          }
        }
      }
    }

    assertThat(commands).containsExactly("bundle", "import", "train");
  }

  /// It was trained again `backoffLimit` times, to the same end.
  @Test
  void aRunWhoseModelWasRefusedIsNotTriedAgain() throws Exception {
    JsonNode rules =
        HelmChart.objects(VALUES).stream()
            .filter(each -> each.path("kind").asText().equals("CronJob"))
            .findFirst()
            .orElseThrow()
            .at("/spec/jobTemplate/spec/podFailurePolicy/rules");
    List<Integer> statuses = new ArrayList<>();
    for (JsonNode rule : rules) {
      if (rule.path("action").asText().equals("FailJob")) {
        assertThat(rule.at("/onExitCodes/containerName").asText()).isEqualTo("train");
        rule.at("/onExitCodes/values").forEach(each -> statuses.add(each.asInt()));
      }
    }
    CommandLine savior = TrainerMain.commandLine(Map.of());
    savior.setErr(new PrintWriter(Writer.nullWriter()));

    assertThat(statuses)
        .contains(
            savior
                .getExecutionExceptionHandler()
                .handleExecutionException(
                    new RefusedModel("too high by half"), savior, savior.parseArgs()))
        .doesNotContain(0, 1, 3, 137);
  }

  @Test
  void theSettingsAreTheTrainers() throws Exception {
    for (JsonNode object : HelmChart.objects(VALUES)) {
      JsonNode yaml = object.at("/data/training.yaml");
      if (!yaml.isMissingNode()) {
        Settings<TrainConfig> settings = Preset.SMALL.settings();
        settings.text(yaml.asText(), "training.yaml");
        assertThat(settings.bind().ranker().mba().width()).isEqualTo(8);
        return;
      }
    }
    throw new AssertionError("the chart has no training.yaml");
  }
}
