package io.saviorrec.trainer.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.saviorrec.trainer.CommandRun;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// `experiment` and the page of it by `report`, on the smallest shop.
class ExperimentCommandTest {
  private static final Pattern ELSEWHERE = Pattern.compile("(src|href)=\"(?!data:)|@import|url\\(");
  private static final Pattern CHART = Pattern.compile("data-chart=\"(\\d+)\"");

  @TempDir private static Path folder;

  private static Path shop;
  private static Path out;
  private static CommandRun first;

  @BeforeAll
  static void makeATable() {
    shop = folder.resolve("shop");
    out = folder.resolve("out");
    assertThat(CommandRun.of("synth", shop.toString(), "--preset", "tiny").status()).isZero();
    first = experiment("table3", out);
  }

  private static CommandRun experiment(String table, Path out, String... more) {
    List<String> arguments =
        new ArrayList<>(
            List.of("experiment", table, shop.toString(), out.toString(), "--preset", "tiny"));
    if (table.equals("table3")) {
      arguments.addAll(List.of("--rows", "base,no_z,saviorrec", "--seeds", "1,2"));
    }
    arguments.addAll(Arrays.asList(more));
    return CommandRun.of(arguments.toArray(String[]::new));
  }

  private static List<String> stages() throws IOException {
    try (Stream<Path> inside = Files.list(out.resolve("models/.stages"))) {
      return inside
          .map(path -> path.getFileName().toString())
          .filter(name -> !name.endsWith(".lock"))
          .map(name -> name.replaceAll("-.*", ""))
          .sorted()
          .toList();
    }
  }

  @Test
  void tablesThatNameTheSameFolderShareTheEncoder() throws IOException {
    Path other = folder.resolve("other");
    List<String> before = stages();
    CommandRun run =
        experiment("table5", other, "--rows", "mba_8", "--seeds", "1", "--models", out + "/models");
    assertThat(run.status()).as(run.err()).isZero();
    assertThat(stages()).isEqualTo(before);
    String bundle =
        new ObjectMapper()
            .readTree(other.resolve("cells/mba_8.1/cell.json").toFile())
            .path("bundle")
            .asText();
    assertThat(other.resolve(bundle).normalize()).isEqualTo(out.resolve("models/mba_8-seed-1/1"));
    assertThat(other.resolve(bundle)).isDirectory();
  }

  @Test
  void modelsThatAreAFileAreRefusedBeforeAnythingIsDone() throws IOException {
    Path file = Files.createFile(folder.resolve("file"));
    Path other = folder.resolve("nothing");
    CommandRun run = experiment("table5", other, "--models", file.toString());
    assertThat(run.status()).isEqualTo(1);
    assertThat(run.err()).contains("cannot be the repository", "name a folder for the models");
    assertThat(other).doesNotExist();
  }

  @Test
  void makesEveryRowWithEverySeedOnOneEncoder() throws IOException {
    assertThat(first.errLines()).isEmpty();
    assertThat(first.status()).isZero();
    assertThat(stages()).containsExactly("encoder", "input", "quantizer");
    JsonNode table = new ObjectMapper().readTree(out.resolve("table.json").toFile());
    assertThat(table.path("rows").findValuesAsText("name")).contains("base", "no_z", "saviorrec");
    for (JsonNode row : table.path("rows")) {
      assertThat(row.path("seeds")).hasSize(2);
      assertThat(row.path("metrics").path("auc").path("mean").doubleValue()).isBetween(0.3, 1.0);
      assertThat(row.path("buckets")).hasSize(6);
      boolean reference = row.path("name").asText().equals("saviorrec");
      assertThat(row.path("against").isNull()).isEqualTo(reference);
    }
    assertThat(first.out()).contains("Table 3", "w/o multimodal embedding", "72.11");
    assertThat(out.resolve("table.md")).content().contains("| SaviorRec");
  }

  @Test
  void takesWhatIsThere() throws IOException {
    byte[] before = Files.readAllBytes(out.resolve("table.json"));
    CommandRun again = experiment("table3", out);
    assertThat(again.out()).isEqualTo(first.out());
    assertThat(out.resolve("table.json")).hasBinaryContent(before);
  }

  @Test
  void aPageOfItStandsAloneAndHasEveryChartThatItShows() throws IOException {
    CommandRun report = CommandRun.of("report", out.toString());
    assertThat(report.errLines()).isEmpty();
    assertThat(report.outLines()).containsExactly(out.resolve("report.html").toString());
    String html = Files.readString(out.resolve("report.html"));
    String own = html.substring(0, html.indexOf("<script>"));
    assertThat(own).doesNotContainPattern(ELSEWHERE);
    assertThat(own).contains("Table 3: Parts of SaviorRec left out", "One model in detail");
    assertThat(own).contains("Loss: ranker (saviorrec)", "Reliability", "z_align");
    JsonNode charts = array(html, "const charts = ");
    List<Integer> shown = new ArrayList<>();
    Matcher matcher = CHART.matcher(own);
    while (matcher.find()) {
      shown.add(Integer.parseInt(matcher.group(1)));
    }
    assertThat(shown).doesNotHaveDuplicates().hasSize(charts.size());
    JsonNode items = array(html, "const items = ");
    assertThat(items).isNotEmpty();
    assertThat(items.path(0).path("picture").asText()).startsWith("data:image/jpeg;base64,");
  }

  private static JsonNode array(String html, String name) throws IOException {
    int from = html.indexOf(name) + name.length();
    return new ObjectMapper().readTree(html.substring(from, html.indexOf(";\n", from)));
  }

  @Test
  void aPageOfABundleWantsToKnowItsData() throws IOException {
    Path bundle = out.resolve("models/saviorrec-seed-1/1");
    CommandRun without = CommandRun.of("report", bundle.toString());
    assertThat(without.status()).isEqualTo(1);
    assertThat(without.errLines())
        .containsExactly("savior: a bundle does not say where its data set is; give --data FOLDER");
    Path page = folder.resolve("bundle.html");
    CommandRun with =
        CommandRun.of(
            "report", bundle.toString(), "--data", shop.toString(), "--out", page.toString());
    assertThat(with.errLines()).isEmpty();
    assertThat(Files.readString(page)).contains("<h1>saviorrec-seed-1, version 1</h1>");
  }

  @Test
  void refusesWhatIsNoRunAndAFolderOfAnotherTable() {
    CommandRun none = CommandRun.of("report", shop.toString());
    assertThat(none.errLines()).singleElement().asString().contains("is neither an experiment's");
    CommandRun other = experiment("table5", out);
    assertThat(other.errLines())
        .containsExactly(
            "savior: %s is the folder of table3; name another one for table5".formatted(out));
    CommandRun files = experiment("table3", shop);
    assertThat(files.errLines())
        .containsExactly(
            "savior: %s has other files and no experiment; name a folder that is empty or new"
                .formatted(shop));
  }

  @Test
  void refusesASettingThatTheRowsDifferIn() {
    CommandRun run = experiment("table3", folder.resolve("x"), "--set", "ranker.variant=base");
    assertThat(run.errLines())
        .containsExactly(
            "savior: --set ranker.variant: the rows of table3 differ in it, so it cannot be set for all of them");
    assertThat(folder.resolve("x")).doesNotExist();
  }

  @Test
  void wrongSettingsAreToldBeforeAnythingIsMade() {
    Path failing = folder.resolve("failing");
    CommandRun run = experiment("table3", failing, "--set", "ranker.training.batchSize=0");
    assertThat(run.status()).isEqualTo(1);
    assertThat(run.errLines()).singleElement().asString().contains("ranker.training.batchSize");
    assertThat(failing).doesNotExist();
  }

  @Test
  void encodersAreComparedByWhatTheyFind() throws IOException {
    Path hits = folder.resolve("hits");
    CommandRun run =
        CommandRun.of(
            "experiment",
            "table4",
            shop.toString(),
            hits.toString(),
            "--preset",
            "tiny",
            "--seeds",
            "1");
    assertThat(run.errLines()).isEmpty();
    JsonNode rows = new ObjectMapper().readTree(hits.resolve("table.json").toFile()).path("rows");
    assertThat(rows).hasSize(4);
    for (JsonNode row : rows) {
      assertThat(row.path("metrics").path("hit30").path("mean").doubleValue()).isBetween(0.01, 1.0);
      assertThat(row.path("metrics").path("hit30_later").path("mean").doubleValue())
          .isBetween(0.01, 1.0);
    }
    assertThat(CommandRun.of("report", hits.toString()).errLines()).isEmpty();
    assertThat(hits.resolve("report.html")).content().contains("Stages of the encoder");
  }
}
