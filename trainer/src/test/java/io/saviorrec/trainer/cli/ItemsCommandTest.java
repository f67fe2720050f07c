package io.saviorrec.trainer.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.google.protobuf.ByteString;
import io.saviorrec.proto.v1.Item;
import io.saviorrec.proto.v1.StatColumn;
import io.saviorrec.proto.v1.UpdateStatsRequest;
import io.saviorrec.trainer.CommandRun;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ItemsCommandTest {
  @TempDir Path folder;
  private final FakeServer server = new FakeServer();

  @AfterEach
  void stop() {
    server.close();
  }

  private CommandRun items(String action, String... more) {
    List<String> arguments = new ArrayList<>(List.of("items", action, "--target", server.target()));
    arguments.addAll(List.of(more));
    return CommandRun.of(arguments.toArray(String[]::new));
  }

  @Test
  void showsTheTokenOfItsFile() throws IOException {
    Path token = Files.writeString(folder.resolve("token"), "secret\n");

    assertThat(items("get", "4", "--token-file", token.toString()).status()).isZero();
    assertThat(items("get", "4").status()).isZero();
    assertThat(server.authorizations).containsExactly("Bearer secret", null);
  }

  @Test
  void authoritiesThatAreNotThereAreNamed() {
    Path missing = folder.resolve("missing.pem");
    CommandRun run = items("get", "4", "--authorities", missing.toString());

    assertThat(run.status()).isEqualTo(2);
    assertThat(run.err())
        .contains("--authorities " + missing + ": tls.authorities: " + missing + " cannot be read");
  }

  @Test
  void sendsAnItemWithItsImage() throws IOException {
    Path image = folder.resolve("a.png");
    Files.write(image, new byte[] {1, 2, 3});
    CommandRun run =
        items(
            "put",
            "--id",
            "5",
            "--title",
            "Wizard hat",
            "--category",
            "hats",
            "--text",
            "of felt",
            "--image",
            image.toString(),
            "--stat",
            "pv=3",
            "--stat",
            "clicks=1");
    assertThat(run.err()).isEmpty();
    assertThat(run.status()).isZero();
    assertThat(run.outLines()).containsExactly("item 5: stored and encoded");
    assertThat(server.upserts.getFirst().getItemsList())
        .containsExactly(
            Item.newBuilder()
                .setItemId(5)
                .setTitle("Wizard hat")
                .setCategory("hats")
                .setText("of felt")
                .setImage(ByteString.copyFrom(new byte[] {1, 2, 3}))
                .putStats("pv", 3)
                .putStats("clicks", 1)
                .build());
  }

  @Test
  void sendsItemsOfADataSetAndFailsWhenOneIsRefused() throws IOException {
    Files.writeString(
        folder.resolve("items.csv"), "item_id,title,image,category\n1,Robe,,wear\n2,,,\n");
    Files.writeString(
        folder.resolve("impressions.csv"),
        "user_id,item_id,timestamp,clicked\n7,1,10,1\n7,1,20,1\n7,1,30,1\n");
    Files.writeString(
        folder.resolve("dataset.json"), "{\"validation_from\": 20, \"test_from\": 30}");
    CommandRun run = items("put", "--data", folder.toString(), "--items", "1,2");
    assertThat(run.status()).isEqualTo(1);
    assertThat(run.outLines())
        .containsExactly(
            "item 1: stored and encoded", "item 2: not stored: neither title nor image");
    assertThat(run.errLines()).containsExactly("savior: 1 of 2 items were not stored");
    assertThat(server.upserts.getFirst().getItems(0).getCategory()).isEqualTo("wear");

    CommandRun unknown = items("put", "--data", folder.toString(), "--items", "3");
    assertThat(unknown.errLines()).containsExactly("savior: item 3 is not in " + folder);
  }

  @Test
  void anItemThatTrainingSawIsNotCalledStoredBefore() throws IOException {
    assertThat(items("put", "--id", "300", "--title", "Old robe").outLines())
        .containsExactly("item 300: known from training with this content, nothing to encode");
    assertThat(items("put", "--id", "5", "--title", "Old hat").outLines())
        .containsExactly("item 5: unchanged: stored before with this content");
    JsonNode result =
        new ObjectMapper()
            .readTree(items("put", "--id", "300", "--title", "Old robe", "--json").out())
            .path("results")
            .path(0);
    assertThat(result.path("known_from_training").asBoolean()).isTrue();
  }

  @Test
  void printsResultsAsJson() throws IOException {
    CommandRun run = items("put", "--id", "5", "--title", "", "--json");
    assertThat(run.status()).isEqualTo(1);
    JsonNode result = new ObjectMapper().readTree(run.out()).path("results").path(0);
    assertThat(result.path("item_id").asLong()).isEqualTo(5);
    assertThat(result.path("error").asText()).isEqualTo("neither title nor image");
  }

  @Test
  void badInputIsOneLine() {
    assertThat(items("put").status()).isEqualTo(2);
    assertThat(items("put", "--id", "5", "--items", "1").status()).isEqualTo(2);
    CommandRun run = items("put", "--id", "5", "--image", folder.resolve("none.png").toString());
    assertThat(run.status()).isEqualTo(1);
    assertThat(run.errLines())
        .containsExactly("savior: " + folder.resolve("none.png") + ": no such file");
  }

  @Test
  void showsWhatTheServerKnows() throws IOException {
    CommandRun run = items("get", "4,950");
    assertThat(run.outLines())
        .containsExactly(
            "item 4: ENCODED, \"Served 4\", semantic ID [4, 7], alignment ratio 0.250",
            "item 950: UNKNOWN_ITEM");
    JsonNode json = new ObjectMapper().readTree(items("get", "4", "950", "--json").out());
    assertThat(json.path("items")).hasSize(2);
    assertThat(json.path("items").path(0).path("codes").path(1).asInt()).isEqualTo(7);
  }

  @Test
  void listsItemsPageByPage() throws IOException {
    assertThat(items("ls").outLines())
        .containsExactly(
            "item 1: \"Hat 1\" in hats, no image, of 1970-01-01T00:00:01Z",
            "item 2: \"Hat 2\", image of 34 bytes, of 1970-01-01T00:00:02Z",
            "item 3: \"Hat 3\", no image, of 1970-01-01T00:00:03Z");
    assertThat(items("ls", "--deleted", "--limit", "1").outLines())
        .containsExactly("item 1: erased 1970-01-01T00:00:01Z", "there may be more: raise --limit");
    JsonNode json = new ObjectMapper().readTree(items("ls", "--json").out());
    assertThat(json.path("items")).hasSize(3);
    assertThat(json.path("items").path(1).path("image_bytes").asInt()).isEqualTo(34);
    assertThat(json.path("more").asBoolean()).isFalse();
    assertThat(items("ls", "--limit", "0").status()).isEqualTo(2);
  }

  @Test
  void erasesItems() {
    assertThat(items("rm", "4,950").outLines())
        .containsExactly("erased 2 items, 1 of which were there");
    assertThat(server.deletions.getFirst().getItemIdsList()).containsExactly(4L, 950L);
    assertThat(items("rm", "4", "--json").outLines()).containsExactly("{\"deleted\":1}");
  }

  @Test
  void refreshesStatisticsOfSomeItems() {
    CommandRun run = items("stats", "4,5", "--stat", "pv=3", "--time-ms", "7");

    assertThat(run.status()).isZero();
    assertThat(run.outLines()).containsExactly("refreshed 2 of 2 items");
    assertThat(server.statistics)
        .containsExactly(
            UpdateStatsRequest.newBuilder()
                .addItemIds(4)
                .addItemIds(5)
                .addColumns(StatColumn.newBuilder().setName("pv").addValues(3).addValues(3))
                .setTimeMs(7)
                .build());
  }

  @Test
  void refreshesStatisticsOfAFileAndSaysWhichWereNot() throws IOException {
    Path file =
        Files.writeString(
            folder.resolve("stats.csv"), "item_id, pv,clicks\n4,1,\n300,2,3\n950,4,5\n");
    CommandRun run = items("stats", "--file", file.toString());

    assertThat(run.status()).isEqualTo(1);
    assertThat(run.outLines())
        .containsExactly(
            "refreshed 1 of 3 items",
            "item 950: not known",
            "item 300: has newer statistics already");
    assertThat(run.errLines()).containsExactly("savior: 2 of 3 items were not refreshed");
    assertThat(server.statistics.getFirst().getColumns(1).getValues(0)).isNaN();
    assertThat(server.statistics.getFirst().getColumns(0).getValuesList())
        .containsExactly(1f, 2f, 4f);
  }

  @Test
  void aMistakeInAFileOfStatisticsIsNamedByItsLine() throws IOException {
    Path file = folder.resolve("stats.csv");
    for (String[] each :
        new String[][] {
          {"id,pv\n", "line 1: must be a header, item_id and the names of statistics"},
          {"item_id,pv\n4\n", "line 2: has 1 fields, the header has 2"},
          {"item_id,pv\n4,x\n", "line 2: must have numbers only"}
        }) {
      Files.writeString(file, each[0]);
      assertThat(items("stats", "--file", file.toString()).errLines())
          .containsExactly("savior: " + file + ", " + each[1]);
    }
    assertThat(items("stats", "4").status()).isEqualTo(2);
    assertThat(items("stats", "4", "--stat", "pv=1", "--file", "x").status()).isEqualTo(2);
  }
}
