package io.saviorrec.trainer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/// The Helm chart of the repository, as Helm renders it.
public final class HelmChart {
  public static final Path FOLDER = Path.of("..", "helm", "saviorrec");
  private static final Path HELM =
      Path.of(System.getProperty("tools.folder", "/usr/local/bin"), "helm");

  private HelmChart() {}

  /// What is rendered with a values file; skips the test where Helm is missing.
  public static List<JsonNode> objects(Path values) throws IOException, InterruptedException {
    assumeTrue(Files.isExecutable(HELM), "needs helm; .ci/tools installs it");
    Process helm =
        new ProcessBuilder(
                HELM.toString(),
                "template",
                "shop",
                FOLDER.toString(),
                "--kube-version",
                "1.35.0",
                "-f",
                values.toString())
            .redirectErrorStream(true)
            .start();
    helm.getOutputStream().close();
    String printed = new String(helm.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(helm.waitFor()).as(printed).isZero();
    try (var documents = new YAMLMapper().readerFor(JsonNode.class).<JsonNode>readValues(printed)) {
      return documents.readAll();
    }
  }
}
