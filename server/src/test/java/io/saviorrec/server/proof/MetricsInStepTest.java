package io.saviorrec.server.proof;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/// `docs/METRICS.md`, the rules and the dashboards speak of the same series. That the document
/// speaks of those that the server has is said by `ServerTest`.
class MetricsInStepTest {
  private static final Path DOCUMENT = Path.of("..", "docs", "METRICS.md");
  private static final Path UNIT_TESTS =
      Path.of("src", "test", "resources", "prometheus", "alerts-test.yaml");

  /// Of the scrape, and not of the server.
  private static final Set<String> TARGET_LABELS = Set.of("namespace", "job", "instance");

  private static final Pattern QUOTED = Pattern.compile("\"[^\"]*\"");
  private static final Pattern SERIES =
      Pattern.compile("([a-zA-Z_][a-zA-Z0-9_:]*)(?:\\{([^}]*)})?");
  private static final Pattern LABEL = Pattern.compile("([a-zA-Z_]+)\\s*(?:=~|!~|!=|=)");

  /// A series of a query with the labels that it is chosen by.
  private record Selected(String series, Set<String> labels) {}

  /// Series → labels, as the document says.
  private static Map<String, Set<String>> documented() throws IOException {
    Map<String, Set<String>> series = new TreeMap<>();
    for (String line : Files.readAllLines(DOCUMENT)) {
      if (line.startsWith("| `savior_")) {
        String[] cells = line.split(" \\| ?", -1);
        Set<String> labels = new TreeSet<>(TARGET_LABELS);
        labels.addAll(List.of(cells[2].strip().split(", ", -1)));
        for (String quoted : cells[0].substring(2).split(", ", -1)) {
          String name = quoted.replace("`", "");
          series.put(name, labels);
          if (cells[1].contains("histogram")) {
            series.put(name + "_max", labels);
            series.put(name + "_sum", labels);
            series.put(name + "_count", labels);
            Set<String> bucket = new TreeSet<>(labels);
            bucket.add("le");
            series.put(name + "_bucket", bucket);
          }
        }
      }
    }
    return series;
  }

  /// The series of ours, and those that rules record.
  private static List<Selected> selected(String expr) {
    List<Selected> all = new ArrayList<>();
    Matcher series = SERIES.matcher(QUOTED.matcher(expr).replaceAll("\"\""));
    while (series.find()) {
      String name = series.group(1);
      if (name.startsWith("savior") || name.contains(":savior")) {
        Set<String> labels = new TreeSet<>();
        Matcher label = LABEL.matcher(String.valueOf(series.group(2)));
        while (label.find()) {
          labels.add(label.group(1));
        }
        all.add(new Selected(name, labels));
      }
    }
    return all;
  }

  private static List<WatchFiles.Query> queries() throws IOException {
    List<WatchFiles.Query> all = new ArrayList<>(WatchFiles.ruleQueries());
    all.addAll(WatchFiles.dashboardQueries());
    Files.readAllLines(UNIT_TESTS).stream()
        .filter(line -> line.strip().startsWith("- series:"))
        .forEach(line -> all.add(new WatchFiles.Query("unit test", line)));
    return all;
  }

  @Test
  void everySeriesAndLabelOfAQueryIsDocumentedOrRecordedByARule() throws IOException {
    Map<String, Set<String>> documented = documented();
    List<String> recorded = WatchFiles.recorded();
    List<String> unknown = new ArrayList<>();
    int seen = 0;
    for (WatchFiles.Query query : queries()) {
      for (Selected each : selected(query.expr())) {
        seen++;
        if (recorded.contains(each.series())) {
          continue;
        }
        Set<String> labels = documented.get(each.series());
        if (labels == null || !labels.containsAll(each.labels())) {
          unknown.add(query.place() + ": " + each);
        }
      }
    }
    assertThat(seen).isGreaterThan(200);
    assertThat(unknown).isEmpty();
  }

  @Test
  void everyMetricOfTheDocumentIsOnADashboard() throws IOException {
    Set<String> shown = new TreeSet<>();
    for (WatchFiles.Query query : WatchFiles.dashboardQueries()) {
      selected(query.expr())
          .forEach(each -> shown.add(each.series().replaceAll("_(bucket|sum|count|max)$", "")));
    }
    Set<String> metrics = new TreeSet<>();
    documented()
        .keySet()
        .forEach(series -> metrics.add(series.replaceAll("_(bucket|sum|count|max)$", "")));
    assertThat(metrics).hasSizeGreaterThan(60);
    metrics.removeAll(shown);
    assertThat(metrics).isEmpty();
  }
}
