package io.saviorrec.trainer.exposures;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.saviorrec.content.TextPart;
import io.saviorrec.exposure.Exposure;
import io.saviorrec.proto.v1.ScoreRequest;
import io.saviorrec.trainer.console.UserError;
import io.saviorrec.trainer.data.DataSet;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ExposureImportTest {
  @TempDir private Path folder;

  private Path catalogue() throws IOException {
    Path catalogue = folder.resolve("shop");
    Files.createDirectories(catalogue.resolve("images"));
    Files.writeString(
        catalogue.resolve("items.csv"),
        "item_id,title,image,category\n10,a hat,,hats\n11,a bag,,bags\n12,a shoe,,shoes\n");
    return catalogue;
  }

  private TestLog with(String name, Map<String, Object> context, Map<String, Object> profile) {
    TestLog log = new TestLog(folder.resolve(name));
    for (int i = 0; i < 40; i++) {
      Exposure row =
          TestLog.row("r" + i, 1_700_000_000_000L + 60_000L * i, 1 + i % 4, "x", 10, 11, 12);
      log.add(TestLog.with(row, context, profile), 11);
    }
    return log;
  }

  @Test
  void columnsOfRequestsMayBeNamedLikeTheImportsOwn() throws IOException {
    TestLog log =
        with("log", Map.of("ts", 9.0, "User_ID", 5.0, "Timestamp", 3.0), Map.of("age", 30.0));
    Path out = folder.resolve("data");
    ExposureImport.Result _ = ExposureImport.run(log.write(), catalogue(), out);

    try (DataSet data = DataSet.open(out)) {
      ScoreRequest last = data.request(39, 100);
      assertThat(last.getUser().getUserId()).isEqualTo(4);
      assertThat(last.getContextOrThrow("ts").getNumber()).isEqualTo(9);
      assertThat(last.getContextMap()).containsOnlyKeys("ts");
    }
  }

  @Test
  void columnsThatDifferByCaseOnlyAreNamed() throws IOException {
    Map<String, Object> columns = Map.of("Device", "phone", "device", "tablet");

    for (String kind : List.of("context", "profile")) {
      boolean ofContext = kind.equals("context");
      TestLog log = with(kind, ofContext ? columns : Map.of(), ofContext ? Map.of() : columns);
      assertThatThrownBy(() -> ExposureImport.run(log.write(), catalogue(), folder.resolve("data")))
          .isInstanceOf(UserError.class)
          .hasMessage(
              "the requests' "
                  + kind
                  + " has the columns \"Device\" and \"device\","
                  + " which differ by case only; send them under one name");
    }
  }

  @Test
  void whatWasShownBecomesADataSetWithTheColumnsOfTheRequests() throws IOException {
    Path catalogue = catalogue();
    TestLog log = new TestLog(folder);
    for (int i = 0; i < 40; i++) {
      log.add(
          TestLog.row("r" + i, 1_700_000_000_000L + 60_000L * i, 1 + i % 4, "x", 10, 11, 12), 11);
    }
    log.add(TestLog.row("nobody", 1_700_000_000_000L, 0, "x", 10), 10);
    Path out = folder.resolve("data");
    ExposureImport.Result result =
        ExposureImport.run(log.write(new ShownLog.Window(null, null, 2)), catalogue, out);

    assertThat(result.impressions()).isEqualTo(80);
    assertThat(result.clicks()).isEqualTo(40);
    assertThat(result.users()).isEqualTo(4);
    assertThat(result.anonymous()).isEqualTo(1);
    try (DataSet data = DataSet.open(out)) {
      assertThat(data.rejects()).isEmpty();
      assertThat(data.log().pages()).isEqualTo(40);
      ScoreRequest last = data.request(39, 100);
      assertThat(last.getUser().getUserId()).isEqualTo(4);
      // Nine earlier page views, each with a click.
      assertThat(last.getUser().getHistoryList()).hasSize(9).containsOnly(11L);
      assertThat(last.getContextOrThrow("hour").getNumber()).isEqualTo(9);
      assertThat(last.getContextOrThrow("device").getText()).isEqualTo("phone");
      assertThat(last.getUser().getProfileOrThrow("age").getNumber()).isEqualTo(34);
      assertThat(last.getCandidatesList()).hasSize(2);
      assertThat(last.getCandidates(0).hasPctrBase()).isFalse();
      assertThat(last.getCandidates(1).getPctrBase()).isEqualTo(0.25);
    }
  }

  @Test
  void theCataloguesChoiceOfWordsIsTakenOver() throws IOException {
    Path catalogue = catalogue();
    Files.writeString(catalogue.resolve("dataset.json"), "{\"words\": [\"title\"]}");
    Path out = folder.resolve("data");
    ExposureImport.Result _ =
        ExposureImport.run(with("log", Map.of(), Map.of()).write(), catalogue, out);
    try (DataSet data = DataSet.open(out)) {
      assertThat(data.items().textParts()).containsExactly(TextPart.TITLE);
      assertThat(data.items().words(0)).isEqualTo("a hat");
    }
  }
}
