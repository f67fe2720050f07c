package io.saviorrec.trainer.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import io.saviorrec.config.Settings;
import io.saviorrec.trainer.train.Preset;
import io.saviorrec.trainer.train.TrainConfig;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// Whether the trainer takes what the Helm chart's nightly training gives it; needs Helm.
@Timeout(60)
class TrainingChartTest {
  private static final Path HELM =
      Path.of(System.getProperty("tools.folder", "/usr/local/bin"), "helm");
  private static final Path CHART = Path.of("..", "helm", "saviorrec");

  private static List<JsonNode> objects() throws IOException, InterruptedException {
    assumeTrue(Files.isExecutable(HELM), "needs helm; .ci/tools installs it");
    String values = CHART.resolve("ci").resolve("training.yaml").toString();
    Process helm =
        new ProcessBuilder(
                HELM.toString(),
                "template",
                "shop",
                CHART.toString(),
                "--kube-version",
                "1.35.0",
                "-f",
                values)
            .redirectErrorStream(true)
            .start();
    helm.getOutputStream().close();
    String printed = new String(helm.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(helm.waitFor()).as(printed).isZero();
    try (var documents = new YAMLMapper().readerFor(JsonNode.class).<JsonNode>readValues(printed)) {
      return documents.readAll();
    }
  }

  @Test
  void theCommandLineTakesTheOptionsOfEveryContainer() throws Exception {
    List<String> commands = new ArrayList<>();
    for (JsonNode object : objects()) {
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

    assertThat(commands).containsExactly("import", "train");
  }

  @Test
  void theSettingsAreTheTrainers() throws Exception {
    for (JsonNode object : objects()) {
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
