package io.saviorrec.trainer;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// An experiment from its requests to its report: a server's exposure log, simulated clicks, the
/// report over both, and the data set that is made of them.
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
                "60",
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
        .isEqualTo(120);
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
  }
}
