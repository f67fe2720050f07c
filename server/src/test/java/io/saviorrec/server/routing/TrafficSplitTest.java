package io.saviorrec.server.routing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class TrafficSplitTest {
  private static final int USERS = 20_000;

  @Test
  void anArmThatGrowsMovesOnlyTheUsersThatItGains() {
    TrafficSplit before = split("", Map.of("a", 30, "b", 60, "c", 10));
    TrafficSplit after = split("", Map.of("a", 30, "b", 60, "c", 60));
    int moved = 0;
    for (int user = 1; user <= USERS; user++) {
      String was = arm(before, user);
      String is = arm(after, user);
      if (!was.equals(is)) {
        assertThat(is).isEqualTo("c");
        moved++;
      }
    }

    // From 10 % to 40 %.
    assertThat(moved / (double) USERS).isCloseTo(0.3, within(0.015));
  }

  @Test
  void anArmThatIsAddedTakesItsShareAndMovesNobodyElse() {
    TrafficSplit before = split("", Map.of("a", 1, "b", 1));
    TrafficSplit after = split("", Map.of("a", 1, "b", 1, "c", 2));
    for (int user = 1; user <= USERS; user++) {
      assertThat(arm(after, user)).isIn(arm(before, user), "c");
    }
  }

  @Test
  void sharesAreRelative() {
    TrafficSplit small = split("s", Map.of("a", 1, "b", 3));
    TrafficSplit large = split("s", Map.of("a", 1000, "b", 3000));
    for (int user = 1; user <= USERS; user++) {
      assertThat(arm(small, user)).isEqualTo(arm(large, user));
    }
  }

  /// Pearson's statistic of nine cells whose probabilities are known has eight degrees of freedom;
  /// it is above 31.8 once in ten thousand.
  @Test
  void splitsOfDifferentSaltsAreIndependent() {
    Map<String, Integer> shares = Map.of("a", 1, "b", 2, "c", 3);
    for (List<String> salts :
        List.of(List.of("", "1"), List.of("1", "2"), List.of("spring", "spring "))) {
      TrafficSplit one = split(salts.getFirst(), shares);
      TrafficSplit two = split(salts.getLast(), shares);
      Map<String, Integer> together = new HashMap<>();
      for (int user = 1; user <= USERS; user++) {
        together.merge(arm(one, user) + arm(two, user), 1, Integer::sum);
      }
      double chiSquare = 0;
      for (Map.Entry<String, Integer> row : shares.entrySet()) {
        for (Map.Entry<String, Integer> column : shares.entrySet()) {
          double expected = USERS * row.getValue() * column.getValue() / 36.0;
          double difference = together.getOrDefault(row.getKey() + column.getKey(), 0) - expected;
          chiSquare += difference * difference / expected;
        }
      }
      assertThat(chiSquare).as("salts %s", salts).isLessThan(31.8);
    }
  }

  private static String arm(TrafficSplit split, long user) {
    return split.armOf(UnitHash.of("", user, ""));
  }

  private static TrafficSplit split(String salt, Map<String, Integer> shares) {
    return new TrafficSplit(salt, new TreeMap<>(shares));
  }
}
