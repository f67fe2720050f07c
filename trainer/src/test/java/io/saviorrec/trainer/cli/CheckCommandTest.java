package io.saviorrec.trainer.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.saviorrec.trainer.CommandRun;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CheckCommandTest {
  private static final long DAY = 86_400;

  @TempDir private Path folder;

  private final StringBuilder items = new StringBuilder("item_id,title,image,category\n");
  private final StringBuilder log = new StringBuilder();
  private final Random random = new Random(1);

  /// Ten days of two hundred users, ten items a page; days 8 and 9 and later are held out.
  private Path shop(String columns, RowEnd end) throws IOException {
    for (int item = 1; item <= 40; item++) {
      items.append("%d,thing %d,,c%d%n".formatted(item, item, item % 4));
    }
    log.append("user_id,item_id,timestamp,clicked").append(columns).append('\n');
    for (int day = 0; day < 10; day++) {
      for (int user = 1; user <= 200; user++) {
        for (int place = 0; place < 5; place++) {
          int item = 1 + random.nextInt(40);
          boolean clicked = random.nextDouble() < (item % 4 == user % 4 ? 0.6 : 0.1);
          log.append(
              "%d,%d,%d,%d%s%n"
                  .formatted(user, item, day * DAY + user, clicked ? 1 : 0, end.of(clicked, user)));
        }
      }
    }
    return written();
  }

  private Path written() throws IOException {
    Files.writeString(folder.resolve("items.csv"), items);
    Files.writeString(folder.resolve("impressions.csv"), log);
    Files.writeString(
        folder.resolve("dataset.json"),
        "{\"name\": \"shop\", \"validation_from\": %d, \"test_from\": %d}"
            .formatted(8 * DAY, 9 * DAY));
    return folder;
  }

  @FunctionalInterface
  private interface RowEnd {
    String of(boolean clicked, int user);
  }

  private static JsonNode json(Path data) throws IOException {
    CommandRun run = CommandRun.of("check", data.toString(), "--json");
    assertThat(run.errLines()).isEmpty();
    assertThat(run.status()).isZero();
    return new ObjectMapper().readTree(run.out());
  }

  @Test
  void everythingIsCountedByPeriodAndDay() throws IOException {
    JsonNode check = json(shop("", (_, _) -> ""));
    assertThat(check.at("/usable").asBoolean()).isTrue();
    JsonNode training = check.at("/log/periods/0");
    assertThat(training.at("/name").asText()).isEqualTo("training");
    assertThat(training.at("/impressions").asLong()).isBetween(7_700L, 8_000L);
    assertThat(training.at("/users").asLong()).isEqualTo(200);
    assertThat(training.at("/page_views").asLong()).isEqualTo(1_600);
    assertThat(check.at("/log/periods/2/name").asText()).isEqualTo("test");
    assertThat(check.at("/log/periods/2/cold").asLong()).isZero();
    assertThat(check.at("/log/periods/2/new_users").asLong()).isZero();
    assertThat(check.at("/log/days")).hasSize(10);
    assertThat(check.at("/log/days/0/date").asText()).isEqualTo("1970-01-01");
    assertThat(check.at("/log/items/listed").asLong()).isEqualTo(40);
    assertThat(check.at("/log/items/categories").asLong()).isEqualTo(4);
    assertThat(check.at("/content/scripts/Latin").asLong()).isEqualTo(40);
    assertThat(check.at("/plain_scores/test/item_ctr").asDouble()).isBetween(0.4, 0.6);
    assertThat(check.at("/shape/samples").asLong()).isEqualTo(training.at("/impressions").asLong());
    assertThat(check.at("/sizing/quantizer.codebookSize").asText()).isEqualTo("16");
    assertThat(check.at("/stages/stages")).hasSize(4);
  }

  @Test
  void thePageSaysItInWords() throws IOException {
    CommandRun run = CommandRun.of("check", shop("", (_, _) -> "").toString());
    assertThat(run.status()).isZero();
    assertThat(run.out())
        .contains("Rows that cannot be used")
        .containsPattern("(?m)^training +1970-01-01 00:00 +7,\\d{3} ")
        .containsPattern("(?m)^1970-01-10 +\\d{3}")
        .contains("40 listed, 40 shown")
        .contains("titles by script: Latin 40")
        .contains("encoder, stage 1  nothing  left out by encoder.align.epochs")
        .contains("note: there is no pctr_base")
        .contains("note: no item has a picture")
        .endsWith("A model can be trained on it." + System.lineSeparator());
  }

  @Test
  void aColumnAndABaseThatKnowTheClickAreWarnedOf() throws IOException {
    JsonNode check =
        json(
            shop(
                ",pctr_base,dwell_seconds",
                (clicked, _) ->
                    ",%s,%d"
                        .formatted(
                            clicked ? "0.9" : "0.1", clicked ? 1 + random.nextInt(900) : 0)));
    assertThat(check.at("/findings").findValuesAsText("text"))
        .anyMatch(text -> text.startsWith("pctr_base has an AUC of 100.00 % in the test period"))
        .anyMatch(
            text ->
                text.startsWith("column 'dwell_seconds' of impressions alone has an AUC of 100"));
  }

  @Test
  void aUsersCountTakenAfterTheLogIsWarnedOf() throws IOException {
    int[] clicks = new int[201];
    shop(
        "",
        (clicked, user) -> {
          clicks[user] += clicked ? 1 : 0;
          return "";
        });
    StringBuilder users = new StringBuilder("user_id,total_clicks,age\n");
    IntStream.rangeClosed(1, 200)
        .forEach(
            user ->
                users.append("%d,%d,%d%n".formatted(user, clicks[user], 20 + random.nextInt(40))));
    Files.writeString(folder.resolve("users.csv"), users);
    assertThat(json(folder).at("/findings").findValuesAsText("text"))
        .anyMatch(text -> text.startsWith("column 'total_clicks' of users rises with what this"))
        .noneMatch(text -> text.startsWith("column 'age'"));
  }

  @Test
  void everyRowThatCannotBeUsedIsListedWithFileLineAndReason() throws IOException {
    shop("", (_, _) -> "");
    items.append("41,\"two\nlines\",missing.png,c1\n1,again,,c1\n");
    log.append("1,99,100,0\n,1,100,0\n1,1,100,maybe\n");
    written();
    long rows = log.chars().filter(c -> c == '\n').count();
    Path file = folder.resolve("rejects.csv");
    CommandRun run = CommandRun.of("check", folder.toString(), "--rejects", file.toString());
    assertThat(run.status()).isZero();
    assertThat(Files.readAllLines(file))
        .contains(
            "table,file,line,row,reason,values",
            ("\"impressions\",\"impressions.csv\",%d,%d,\"item_id is not in the items table\","
                    + "\"{\"\"user_id\"\":1,\"\"item_id\"\":99,\"\"timestamp\"\":100,\"\"clicked\"\":\"\"0\"\"}\"")
                .formatted(rows - 2, rows - 3))
        .anyMatch(
            line -> line.contains(",%d,%d,\"user_id is missing\"".formatted(rows - 1, rows - 2)))
        .anyMatch(line -> line.contains("\"clicked is none of 0, 1, true, false\""))
        .anyMatch(
            line -> line.startsWith("\"items\",\"items.csv\",42,41,\"its image file does not"))
        .anyMatch(line -> line.startsWith("\"items\",\"items.csv\",44,42,\"item_id occurs again"));
  }

  @Test
  void aLogThatNoModelCanBeTrainedOnEndsWithStatusOne() throws IOException {
    items.append("1,one,,c\n2,two,,c\n");
    log.append("user_id,item_id,timestamp,clicked\n");
    for (int i = 0; i < 100; i++) {
      log.append("%d,%d,%d,0%n".formatted(i % 7, 1 + i % 2, i * DAY / 10));
    }
    CommandRun run = CommandRun.of("check", written().toString());
    assertThat(run.status()).isEqualTo(1);
    assertThat(run.out())
        .contains("error: ")
        .contains("none of the 80 impressions of the training period was clicked")
        .contains("No model can be trained on it.");
  }

  @Test
  void chineseTitlesAndTokensAreTold() throws IOException {
    String title = "红色棉质连衣裙夏季新款女装收腰显瘦中长款气质".repeat(2);
    for (int item = 1; item <= 40; item++) {
      items.append("%d,%s%d,,裙%n".formatted(item, title, item));
    }
    log.append("user_id,item_id,timestamp,clicked\n");
    for (int i = 0; i < 1000; i++) {
      log.append("%d,%d,%d,%d%n".formatted(i % 50, 1 + i % 40, i * DAY / 100, i % 3 == 0 ? 1 : 0));
    }
    JsonNode check = json(written());
    assertThat(check.at("/content/scripts/Han").asInt()).isEqualTo(40);
    // 44 characters, digits, the category, and two special tokens.
    assertThat(check.at("/shape/tokens").asInt()).isBetween(48, 50);
    assertThat(check.at("/sizing/encoder.maxTokens").asText()).isIn("48", "56");
  }
}
