package io.saviorrec.server.proof;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// The chart's dashboards by themselves.
@Timeout(60)
class DashboardsTest {
  private static final int WIDTH = 24;

  @Test
  void grafanasOwnTypesReadThemWithoutAFieldThatTheyDoNotKnow() throws Exception {
    List<String> command =
        new ArrayList<>(List.of(OutsideTool.require("dashboards-check").toString()));
    WatchFiles.dashboards().forEach(file -> command.add(file.toString()));
    assertThat(ServerProcess.run(command)).startsWith(WatchFiles.dashboards().size() + " ");
  }

  @Test
  void eachHasAnAddressOfItsOwnAndAsksTheChosenPrometheus() throws IOException {
    Set<String> uids = new HashSet<>();
    for (JsonNode board : boards()) {
      assertThat(uids.add(board.get("uid").asText())).isTrue();
      assertThat(board.toString()).doesNotContain("${DS_", "\"uid\":\"prometheus\"");
      for (JsonNode panel : board.get("panels")) {
        if (!panel.get("type").asText().equals("row")) {
          assertThat(panel.get("targets")).isNotEmpty();
          assertThat(panel.get("datasource").get("uid").asText()).isEqualTo("${datasource}");
        }
      }
    }
  }

  @Test
  void panelsHaveNumbersOfTheirOwnAndDoNotOverlap() throws IOException {
    for (JsonNode board : boards()) {
      Set<Integer> ids = new HashSet<>();
      Set<List<Integer>> taken = new HashSet<>();
      for (JsonNode panel : board.get("panels")) {
        String title = panel.get("title").asText();
        assertThat(ids.add(panel.get("id").asInt())).as(title).isTrue();
        JsonNode place = panel.get("gridPos");
        int left = place.get("x").asInt();
        int top = place.get("y").asInt();
        assertThat(left + place.get("w").asInt()).as(title).isLessThanOrEqualTo(WIDTH);
        for (int x = left; x < left + place.get("w").asInt(); x++) {
          for (int y = top; y < top + place.get("h").asInt(); y++) {
            assertThat(taken.add(List.of(x, y))).as(title).isTrue();
          }
        }
      }
    }
  }

  private static List<JsonNode> boards() throws IOException {
    List<JsonNode> boards = new ArrayList<>();
    for (Path file : WatchFiles.dashboards()) {
      boards.add(new ObjectMapper().readTree(file.toFile()));
    }
    return boards;
  }
}
