package io.saviorrec.server.registry;

import static org.assertj.core.api.Assertions.assertThat;

import io.saviorrec.server.config.RoutingConfig;
import io.saviorrec.server.config.TestConfigs;
import java.util.List;
import java.util.Map;
import java.util.NavigableSet;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

class WantedVersionsTest {
  private static final SortedMap<String, NavigableSet<Long>> USABLE =
      new TreeMap<>(
          Map.of("m", new TreeSet<>(List.of(1L, 2L, 9L, 10L)), "n", new TreeSet<>(List.of(3L))));

  @Test
  void keepsTheNewestOfEachModel() {
    assertThat(WantedVersions.of(USABLE, 1, RoutingConfig.DEFAULT))
        .isEqualTo(versions(List.of(10L), List.of(3L)));
    assertThat(WantedVersions.of(USABLE, 2, RoutingConfig.DEFAULT))
        .isEqualTo(versions(List.of(9L, 10L), List.of(3L)));
  }

  @Test
  void keepsWhatLabelsAndTargetsName() {
    RoutingConfig routing =
        TestConfigs.routing(
            "m/2",
            Map.of("treatment", "m/9", "control", "n"),
            Map.of(),
            Map.of("m", Map.of("stable", 1L)));

    assertThat(WantedVersions.of(USABLE, 1, routing))
        .isEqualTo(versions(List.of(1L, 2L, 9L, 10L), List.of(3L)));
    assertThat(WantedVersions.missing(USABLE, routing)).isEmpty();
    assertThat(WantedVersions.names(routing, "m", 9)).isTrue();
    assertThat(WantedVersions.names(routing, "m", 10)).isFalse();
  }

  @Test
  void saysWhichSettingNamesWhatIsNotThere() {
    RoutingConfig routing =
        TestConfigs.routing(
            null,
            Map.of("treatment", "gone/1"),
            Map.of("n/4", 1),
            Map.of("m", Map.of("stable", 7L)));

    assertThat(WantedVersions.missing(USABLE, routing))
        .containsExactly(
            "routing.labels.m.stable names version 7 of m, which is not there or cannot be served",
            "routing.buckets.treatment names version 1 of gone, which is not there or cannot be"
                + " served",
            "routing.split names version 4 of n, which is not there or cannot be served");
    assertThat(WantedVersions.of(USABLE, 1, routing))
        .isEqualTo(versions(List.of(10L), List.of(3L)));
  }

  private static SortedMap<String, NavigableSet<Long>> versions(List<Long> m, List<Long> n) {
    return new TreeMap<>(Map.of("m", new TreeSet<>(m), "n", new TreeSet<>(n)));
  }
}
