package io.saviorrec.trainer.train;

import static org.assertj.core.api.Assertions.assertThat;

import io.saviorrec.trainer.data.DataSet;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DataFingerprintTest {
  private static final long DAY = 86_400;
  private static final String ITEMS =
      "item_id,title,image,category\n1,red shoe,,shoes\n2,blue hat,,hats\n";
  private static final String LOG =
      """
      user_id,item_id,timestamp,clicked,pctr_base,device
      1,1,86400,1,0.1,phone
      1,2,86400,0,0.2,phone
      2,2,172800,1,0.3,desk
      2,1,864000,0,0.3,desk
      """;
  private static final String CUTS =
      "{\"validation_from\": %d, \"test_from\": %d}".formatted(5 * DAY, 8 * DAY);

  @TempDir private Path folder;

  private DataFingerprint fingerprint(String items, String log, String cuts) {
    try {
      Files.writeString(folder.resolve("items.csv"), items);
      Files.writeString(folder.resolve("impressions.csv"), log);
      Files.writeString(folder.resolve("dataset.json"), cuts);
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
    try (DataSet data = DataSet.open(folder)) {
      return DataFingerprint.of(data);
    }
  }

  private DataFingerprint original() {
    return fingerprint(ITEMS, LOG, CUTS);
  }

  @Test
  void theSameDataHasTheSameFingerprint() {
    assertThat(original().whole()).isEqualTo(original().whole()).hasSize(64);
    assertThat(original().learned()).isEqualTo(original().learned()).hasSize(64);
    assertThat(original().contentHashes()).hasSize(2).doesNotHaveDuplicates();
  }

  private void assertLearnsOther(DataFingerprint other) {
    assertThat(other.learned()).isNotEqualTo(original().learned());
    assertThat(other.whole()).isNotEqualTo(original().whole());
  }

  @Test
  void contentClicksAndCutsChangeWhatIsLearned() {
    assertLearnsOther(fingerprint(ITEMS.replace("red", "green"), LOG, CUTS));
    assertLearnsOther(
        fingerprint(
            ITEMS.replace("1,red", "3,red"),
            LOG.replace("1,1,", "1,3,").replace("2,1,", "2,3,"),
            CUTS));
    assertLearnsOther(fingerprint(ITEMS, LOG.replace("86400,0", "86400,1"), CUTS));
    assertLearnsOther(fingerprint(ITEMS, LOG.replace("172800", "172801"), CUTS));
    assertLearnsOther(fingerprint(ITEMS, LOG, CUTS.replace("" + 8 * DAY, "" + 9 * DAY)));
  }

  @Test
  void featuresAndBaseScoresChangeTheWholeAlone() {
    for (String log :
        new String[] {LOG.replace("0.3,desk", "0.4,desk"), LOG.replace("phone", "tablet")}) {
      DataFingerprint other = fingerprint(ITEMS, log, CUTS);
      assertThat(other.learned()).isEqualTo(original().learned());
      assertThat(other.whole()).isNotEqualTo(original().whole());
    }
  }
}
