package io.saviorrec.server.chart;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.saviorrec.config.Settings;
import io.saviorrec.server.config.ServerConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.NavigableSet;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// The chart's values: what is known, documented and refused.
@Timeout(120)
class ValuesTest {
  @TempDir private Path folder;

  @Test
  void theSchemaKnowsEverySettingOfTheServerAndNoOther() {
    JsonNode schema = Chart.yaml(Chart.FOLDER.resolve("values.schema.json"));
    NavigableSet<String> known = new TreeSet<>();
    collect("", schema.at("/definitions/config"), known);
    NavigableSet<String> routing = new TreeSet<>();
    collect("routing", schema.at("/properties/routing"), routing);
    known.remove("routing");
    known.addAll(routing);
    known.add("routing.file");

    assertThat(known).isEqualTo(Settings.keys(ServerConfig.class));
  }

  private static void collect(String path, JsonNode schema, NavigableSet<String> keys) {
    schema
        .path("properties")
        .properties()
        .forEach(
            each -> {
              String key = path.isEmpty() ? each.getKey() : path + "." + each.getKey();
              if (each.getValue().has("properties")) {
                collect(key, each.getValue(), keys);
              } else {
                keys.add(key);
              }
            });
  }

  @Test
  void everyValueIsDocumented() throws IOException {
    Pattern name = Pattern.compile("`([A-Za-z.]+)`");
    NavigableSet<String> documented = new TreeSet<>();
    for (String line : Files.readAllLines(Chart.FOLDER.resolve("README.md"))) {
      if (line.startsWith("| `")) {
        Matcher key = name.matcher(line.substring(0, line.indexOf('|', 1)));
        key.results().forEach(each -> documented.add(each.group(1)));
      }
    }
    NavigableSet<String> missing = new TreeSet<>();
    leaves("", Chart.yaml(Chart.FOLDER.resolve("values.yaml")))
        .filter(key -> prefixes(key).noneMatch(documented::contains))
        .forEach(missing::add);

    assertThat(missing).isEmpty();
  }

  private static Stream<String> leaves(String path, JsonNode node) {
    if (!node.isObject() || node.isEmpty()) {
      return Stream.of(path);
    }
    return node.properties().stream()
        .flatMap(
            each ->
                leaves(
                    path.isEmpty() ? each.getKey() : path + "." + each.getKey(), each.getValue()));
  }

  /// `a.b.c`, `a.b` and `a`.
  private static Stream<String> prefixes(String key) {
    return Stream.iterate(
        key,
        each -> !each.isEmpty(),
        each -> each.substring(0, Math.max(0, each.lastIndexOf('.'))));
  }

  static Stream<List<String>> mistakes() {
    return Mistakes.ALL.entrySet().stream().map(each -> List.of(each.getKey(), each.getValue()));
  }

  @ParameterizedTest
  @MethodSource("mistakes")
  void whatCannotWorkIsRefusedByName(List<String> mistake) throws IOException {
    Chart.Run run = Chart.template(Chart.values(folder, mistake.getFirst()));

    assertThat(run.status()).as(run.printed()).isNotZero();
    assertThat(run.printed().lines().collect(Collectors.joining(" "))).contains(mistake.getLast());
  }
}
