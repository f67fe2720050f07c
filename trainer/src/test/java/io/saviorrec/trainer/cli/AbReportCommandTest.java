package io.saviorrec.trainer.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.saviorrec.trainer.CommandRun;
import io.saviorrec.trainer.exposures.ShownLog;
import io.saviorrec.trainer.exposures.TestLog;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AbReportCommandTest {
  @TempDir private Path folder;
  private TestLog log = new TestLog(Path.of("."));

  @BeforeEach
  void write() throws IOException {
    log = new TestLog(folder);
    for (int user = 1; user <= 400; user++) {
      boolean control = user % 2 == 0;
      long[] clicked = user % (control ? 8 : 4) < 2 ? new long[] {10} : new long[0];
      log.add(TestLog.row("r" + user, user, user, control ? "control" : "new", 10, 11), clicked);
    }
    log.write();
  }

  private CommandRun report(String... more) {
    List<String> arguments =
        new ArrayList<>(
            List.of(
                "ab",
                "report",
                "--exposures",
                log.exposures().toString(),
                "--clicks",
                log.clicks().toString()));
    arguments.addAll(Arrays.asList(more));
    return CommandRun.of(arguments.toArray(String[]::new));
  }

  @Test
  void printsATableOfLifts() {
    CommandRun run = report("--split", "control=50,new=50", "--metric", "ctr");

    assertThat(run.errLines()).isEmpty();
    assertThat(run.status()).isZero();
    assertThat(run.outLines())
        .containsExactly(
            "bucket   users  page views  impressions  clicks",
            "control  200    200         400          50",
            "new      200    200         400          100",
            "",
            "metric  bucket   value    lift       95 % interval          p",
            "ctr     control  0.12500",
            "ctr     new      0.25000  +100.00 %  +51.48 % to +164.06 %  < 0.0001",
            "",
            "Sample ratio: p = 1.0000, as it should be");
  }

  @Test
  void readsTheLogsOfSeveralServersInTheOrderOfTheirTimes() throws IOException {
    TestLog other = new TestLog(folder.resolve("other"));
    // Answered first by the other server, and in another bucket.
    other.add(TestLog.row("r1", 0, 1, "third", 10, 11));
    ShownLog _ = other.write("0", ShownLog.Window.ALL);
    CommandRun run = report("--exposures", other.exposures() + "," + log.exposures());

    assertThat(run.status()).isZero();
    assertThat(run.outLines())
        .contains(
            "control  200    200         400          50",
            "new      199    199         398          99",
            "third    1      1           2            1");
  }

  @Test
  void printsJsonAndWritesMarkdown() throws IOException {
    Path file = folder.resolve("report.md");
    CommandRun run = report("--json", "--markdown", file.toString());

    JsonNode json = new ObjectMapper().readTree(run.out());
    assertThat(json.at("/buckets/1/lifts/CTR/lift").asDouble()).isEqualTo(1.0);
    assertThat(json.at("/buckets/0/name").asText()).isEqualTo("control");
    assertThat(json.at("/warnings/0").asText())
        .isEqualTo("The sample ratio was not checked; give the buckets' weights by --split.");
    assertThat(Files.readString(file)).contains("| bucket  | users |", "|---|---|");
  }

  @Test
  void warnsOfUsersInBucketsOfWeightZero() {
    assertThat(report("--split", "control=100,new=0").outLines())
        .contains(
            "Warning: 200 users are in buckets of weight 0 and are left out of the sample ratio;"
                + " see whether --split is what the server was configured with.");
  }

  @Test
  void saysWhatIsWrongInOneLine() {
    assertThat(report("--control", "x").errLines())
        .containsExactly("savior: no bucket \"x\"; the log has [control, new]");
    assertThat(report("--from", "yesterday").err())
        .contains("'yesterday' is no time like 2026-03-01T00:00:00Z");
    assertThat(report("--split", "control=-1").err()).contains("--split needs weights");
  }
}
