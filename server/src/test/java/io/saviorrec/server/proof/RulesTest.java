package io.saviorrec.server.proof;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// The chart's rules by themselves: Prometheus takes them, each alert fires when it should and not
/// when it should not, and says where to read on.
@Timeout(300)
class RulesTest {
  private static final Path UNIT_TESTS = test("alerts-test.yaml");
  private static final Path OF_DAYS = test("alerts-of-days-test.yaml");
  private static final Path RUNBOOKS = Path.of("..", "docs", "OPERATIONS.md");

  @Test
  void promtoolFindsNothingToSayAboutThem() throws Exception {
    List<String> command =
        new ArrayList<>(List.of(OutsideTool.require("promtool").toString(), "check", "rules"));
    WatchFiles.rules().forEach(file -> command.add(file.toString()));
    assertThat(ServerProcess.run(command)).doesNotContain("FAILED", "duplicate");
  }

  private static Path test(String name) {
    return Path.of("src", "test", "resources", "prometheus", name);
  }

  @Test
  void eachFiresWhenItShouldAndNotWhenItShouldNot() {
    assertThat(tested(UNIT_TESTS)).contains("SUCCESS");
  }

  @Test
  void whatTakesDaysFiresWhenItShouldAndNotWhenItShouldNot() {
    assertThat(tested(OF_DAYS)).contains("SUCCESS");
  }

  private static String tested(Path tests) {
    String promtool = OutsideTool.require("promtool").toString();
    return ServerProcess.run(List.of(promtool, "test", "rules", tests.toString()));
  }

  @Test
  void everyAlertHasAUnitTest() throws Exception {
    String tests = Files.readString(UNIT_TESTS) + Files.readString(OF_DAYS);
    assertThat(WatchFiles.alerts())
        .isNotEmpty()
        .allSatisfy(alert -> assertThat(tests).contains("alertname=\"" + alert.name() + "\""));
  }

  @Test
  void everyAlertSaysHowBadItIsAndWhatToDo() throws Exception {
    Set<String> headings = new TreeSet<>();
    Files.readAllLines(RUNBOOKS).stream()
        .filter(line -> line.startsWith("#"))
        .forEach(line -> headings.add(line.replaceFirst("^#+ ", "").toLowerCase(Locale.ROOT)));
    assertThat(WatchFiles.alerts())
        .allSatisfy(
            alert -> {
              String anchor = alert.name().toLowerCase(Locale.ROOT);
              assertThat(alert.severity()).isIn("critical", "warning");
              assertThat(alert.annotations().path("summary").asText()).isNotBlank();
              assertThat(alert.annotations().path("description").asText()).isNotBlank();
              assertThat(alert.annotations().path("runbook_url").asText())
                  .isEqualTo("docs/OPERATIONS.md#" + anchor);
              assertThat(headings).as("sections of %s", RUNBOOKS).contains(anchor);
            });
  }
}
