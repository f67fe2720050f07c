package io.saviorrec.trainer;

import static org.assertj.core.api.Assertions.assertThat;

import io.saviorrec.bundle.Bundle;
import io.saviorrec.bundle.ModelRepository;
import io.saviorrec.bundle.Provenance;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Runs of one repository: beside each other, after a kill, and after what they depend on changed.
class TrainRunsIT {
  @TempDir private Path folder;

  private SaviorProcess train(String... more) {
    List<String> arguments =
        new ArrayList<>(
            List.of("train", Shop.data().toString(), repository().toString(), "--preset", "tiny"));
    arguments.addAll(Arrays.asList(more));
    return SaviorProcess.start(
        Map.of("OPENBLAS_NUM_THREADS", "1"), arguments.toArray(String[]::new));
  }

  private Path repository() {
    return folder.resolve("models");
  }

  private static List<String> lines(SaviorProcess run) {
    SaviorProcess.Ended ended = run.awaitEnd();
    assertThat(ended.status()).as(() -> String.join("\n", ended.err())).isZero();
    return ended.err();
  }

  private Provenance provenance(String model, long version) {
    return Bundle.open(ModelRepository.versionDir(repository(), model, version))
        .manifest()
        .provenance();
  }

  @Test
  void twoTrainingsAtOnceShareStagesAndNeverAVersion() throws IOException {
    Path unfinished = Files.createDirectories(repository().resolve("other").resolve("3"));
    try (SaviorProcess first = train();
        SaviorProcess second = train()) {
      List<String> all = new ArrayList<>(lines(first));
      all.addAll(lines(second));
      String passedOver =
          unfinished
              + " has no manifest.json, so it is not finished; the model has no other version";
      assertThat(all).filteredOn(passedOver::equals).hasSize(2);
      for (String stage : List.of("encoder", "quantizer")) {
        assertThat(all).filteredOn(line -> line.matches(stage + ": \\d+ s, .*")).hasSize(1);
        assertThat(all).filteredOn(line -> line.startsWith(stage + ": taken from ")).hasSize(1);
      }
    }
    assertThat(ModelRepository.versions(repository(), "saviorrec")).containsExactly(1L, 2L);
    assertThat(provenance("saviorrec", 1).stages()).isEqualTo(provenance("saviorrec", 2).stages());
  }

  @Test
  void whatAnEncoderDependsOnMakesANewOneAndNothingElse() {
    lines(train());
    assertThat(lines(train("--variant", "base", "--set", "ranker.heads=1")))
        .anyMatch(line -> line.startsWith("encoder: taken from "))
        .anyMatch(line -> line.startsWith("quantizer: taken from "));
    // Sums in another order are other sums; page views are the same.
    assertThat(lines(train("--threads", "2")))
        .anyMatch(line -> line.startsWith("input: taken from "))
        .noneMatch(line -> line.matches("(encoder|quantizer): taken from .*"));
    Provenance base = provenance("base", 1);
    assertThat(base.command())
        .startsWith("train", Shop.data().toString())
        .endsWith("--set", "ranker.heads=1");
    assertThat(base.settings().at("/ranker/heads").asInt()).isEqualTo(1);
    assertThat(base.settings().at("/ranker/variant").asText()).isEqualTo("base");
    assertThat(base.dataSha()).hasSize(64).isEqualTo(provenance("saviorrec", 2).dataSha());
    assertThat(provenance("saviorrec", 2).threads()).isEqualTo(2);
  }
}
