package io.saviorrec.trainer.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.saviorrec.trainer.CommandRun;
import io.saviorrec.trainer.data.DataSet;
import io.saviorrec.trainer.data.log.ImpressionLog;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DataLimitsTest {
  @TempDir private Path folder;

  @Test
  void sizesAndFoldersThatMakeNoSenseAreNamed() {
    String data = folder.toString();
    String repository = folder.resolve("models").toString();
    CommandRun size = CommandRun.of("train", data, repository, "--data-memory", "5");
    assertThat(size.err()).contains("'5' is not a size like 2G or 512M");
    CommandRun little = CommandRun.of("train", data, repository, "--data-memory", "100M");
    assertThat(little.err()).contains("'100M' is too little; give 256M or more");
    Path missing = folder.resolve("missing");
    CommandRun scratch = CommandRun.of("train", data, repository, "--scratch", missing.toString());
    assertThat(scratch.err()).contains("--scratch " + missing + " is not a folder; make it first");
  }

  @Test
  void aBulkLogIsADataSet() {
    Path bulk = folder.resolve("bulk");
    CommandRun made =
        CommandRun.of(
            "synth", bulk.toString(), "--bulk-impressions", "30000", "--bulk-items", "500");
    assertThat(made.status()).isZero();
    try (DataSet data = DataSet.open(bulk)) {
      assertThat(data.rejects()).isEmpty();
      assertThat(data.checkTraining()).isEmpty();
      ImpressionLog log = data.log();
      assertThat(log.samples()).isEqualTo(30_000);
      assertThat(log.pages()).isBetween(2_900, 3_000);
      assertThat(data.items().size()).isEqualTo(500);
      double clicks = data.stored().clicks(0, Long.MAX_VALUE);
      assertThat(clicks / 30_000).isBetween(0.04, 0.2);
      // Item 0 is shown most and the last one too.
      long[] shown = data.pageViewsBefore(Long.MAX_VALUE);
      assertThat(shown[0]).isGreaterThan(1_000);
      assertThat(shown[499]).isBetween(5L, 60L);
    }
  }

  @Test
  void aBulkLogHasAtLeastOneOfEach() {
    CommandRun none =
        CommandRun.of("synth", folder.resolve("bulk").toString(), "--bulk-impressions", "0");
    assertThat(none.err()).contains("--bulk-impressions and --bulk-items must be at least 1");
  }
}
