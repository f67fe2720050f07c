package io.saviorrec.trainer;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.saviorrec.bundle.Bundle;
import io.saviorrec.exposure.Exposure;
import io.saviorrec.exposure.ExposureFiles;
import io.saviorrec.exposure.ExposureReader;
import io.saviorrec.exposure.ExposureWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// An experiment from its requests to its report: a server's exposure log, simulated clicks, the
/// report over both, the data set that is made of them, and the model that is trained on it.
@Timeout(300)
class ExperimentIT {
  @TempDir private Path folder;

  @Test
  void anExperimentIsReadOutOfWhatAServerLogged() throws IOException {
    Path work = folder.resolve("work");
    SaviorProcess.Ended ended =
        SaviorProcess.start(
                Map.of(),
                "ab",
                "simulate",
                Shop.data().toString(),
                Shop.repository().toString(),
                "--control",
                "base",
                "--treatment",
                "base",
                "--seeds",
                "2",
                "--views",
                "100",
                "--work",
                work.toString())
            .awaitEnd();
    assertThat(ended.messages()).isEmpty();
    assertThat(ended.status()).isZero();

    String exposures = work.resolve("exposures").toString();
    String clicks = work.resolve("clicks.csv").toString();
    CommandRun report =
        CommandRun.of(
            "ab",
            "report",
            "--exposures",
            exposures,
            "--clicks",
            clicks,
            "--shown",
            "3",
            "--split",
            "control=1,treatment=1",
            "--json");
    assertThat(report.errLines()).isEmpty();
    JsonNode json = new ObjectMapper().readTree(report.out());
    assertThat(json.at("/buckets/0/views").asInt() + json.at("/buckets/1/views").asInt())
        .isEqualTo(200);
    assertThat(json.at("/buckets/0/impressions").asInt())
        .isEqualTo(3 * json.at("/buckets/0/views").asInt());
    assertThat(json.at("/buckets/0/clicks").asInt()).isPositive();
    assertThat(json.at("/log/stray_clicks").asInt()).isZero();
    assertThat(json.at("/log/clicks").asLong())
        .isEqualTo(Files.readAllLines(Path.of(clicks)).size() - 1);

    Path data = folder.resolve("data");
    CommandRun imported =
        CommandRun.of(
            "import",
            "exposures",
            "--exposures",
            exposures,
            "--clicks",
            clicks,
            "--shown",
            "3",
            "--catalogue",
            Shop.data().toString(),
            data.toString());
    // All of it happened within seconds, which is too short a log to train on.
    assertThat(imported.errLines())
        .singleElement()
        .asString()
        .contains("cannot split the log by time");

    Path spread = spread(Path.of(exposures));
    CommandRun whole =
        CommandRun.of(
            "import",
            "exposures",
            "--exposures",
            spread.toString(),
            "--clicks",
            clicks,
            "--shown",
            "3",
            "--catalogue",
            Shop.data().toString(),
            data.toString());
    assertThat(whole.errLines()).isEmpty();
    CommandRun trained =
        CommandRun.of(
            "train",
            data.toString(),
            folder.resolve("models").toString(),
            "--preset",
            "tiny",
            "--model",
            "tomorrow");
    assertThat(trained.status()).as(trained.err()).isZero();
    var bundle = Bundle.open(folder.resolve("models/tomorrow/1"));
    assertThat(bundle.manifest().metrics()).containsKey("validation_auc");
  }

  /// The same log as if it had happened over three weeks.
  private Path spread(Path exposures) throws IOException {
    List<Exposure> rows = new ArrayList<>();
    for (Path file : ExposureFiles.of(exposures)) {
      ExposureReader.read(file, rows::add);
    }
    Path spread = Files.createDirectory(folder.resolve("spread"));
    long step = Duration.ofDays(21).toMillis() / rows.size();
    try (ExposureWriter writer = ExposureWriter.create(spread.resolve(ExposureFiles.name("1")))) {
      for (int i = 0; i < rows.size(); i++) {
        writer.write(at(rows.get(i), rows.getFirst().timeMillis() + i * step));
      }
    }
    return spread;
  }

  private static Exposure at(Exposure row, long timeMillis) {
    return new Exposure(
        row.requestId(),
        timeMillis,
        row.userId(),
        row.unit(),
        row.bucket(),
        row.model(),
        row.version(),
        row.variant(),
        row.label(),
        row.degraded(),
        row.items(),
        row.pctr(),
        row.sources(),
        row.pctrBase(),
        row.context(),
        row.profile());
  }
}
