package io.saviorrec.server.proof;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// A real Prometheus that scrapes a real server answers every query of the dashboards and rules,
/// and where there was something to see it is seen.
@Timeout(180)
class QueriesTest {
  /// What there is not on this machine, or not while all is well.
  private static final Set<String> NOTHING_TO_SEE =
      Set.of(
          "overview.json: annotation Alert",
          "models.json: annotation Alert",
          "servers.json: annotation Alert",
          "servers.json: GPU memory",
          "servers.json: GPU at work",
          "servers.json: Certificate is valid for");

  private static final Duration BOUND = Duration.ofSeconds(60);

  @TempDir private Path folder;

  @Test
  void everyQueryIsAnsweredAndShowsWhatThereIs() throws Exception {
    SameVersions versions = SameVersions.tiny(folder.resolve("made"), TinyShop.ITEMS);
    Path _ = versions.bringIn(1);
    Path _ = versions.bringIn(2);
    ServerProcess.Plan plan =
        ServerProcess.Plan.of(versions.repository(), folder.resolve("server"))
            .settings(
                Map.of(
                    "routing.labels", "{tiny: {stable: 1, canary: 2}}",
                    "routing.buckets", "{control: tiny@stable, treatment: tiny@canary}",
                    "routing.split", "{control: 50, treatment: 50}",
                    "routing.shadow", "{tiny@canary: 1.0}",
                    "exposures.directory", folder.resolve("exposures").toString(),
                    "capture.directory", folder.resolve("slow").toString(),
                    "capture.slowerThan", "0s",
                    "tracing.endpoint", "http://127.0.0.1:9/v1/traces",
                    "tracing.sampleRatio", "1"));
    try (PrometheusProcess prometheus = PrometheusProcess.start(folder.resolve("prometheus"));
        ServerProcess server = ServerProcess.start(plan);
        ShopDay day = ShopDay.begin(server)) {
      prometheus.scrape("server-1", server);
      List<WatchFiles.Query> unseen = new ArrayList<>(WatchFiles.dashboardQueries());
      assertThat(unseen).hasSizeGreaterThan(100);
      WatchFiles.recorded().forEach(series -> unseen.add(new WatchFiles.Query("rules", series)));
      boolean _ =
          Eventually.within(
              BOUND,
              () -> {
                // Prometheus is asked all of them, whether or not there is something to see.
                unseen.removeIf(
                    query ->
                        shows(prometheus.query(query.expr()))
                            || NOTHING_TO_SEE.contains(query.place()));
                return unseen.isEmpty();
              });
      assertThat(day.failures()).isEmpty();
      assertThat(prometheus.scrapeErrors()).isEmpty();
      assertThat(unseen).isEmpty();
      assertThat(prometheus.ruleErrors()).isEmpty();
    }
  }

  /// Whether there is a number in it.
  private static boolean shows(List<JsonNode> samples) {
    return samples.stream().anyMatch(sample -> !sample.get("value").get(1).asText().equals("NaN"));
  }
}
