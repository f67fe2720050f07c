package io.saviorrec.server.routing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.saviorrec.config.ConfigException;
import io.saviorrec.server.config.ServerConfig;
import io.saviorrec.server.request.ErrorCode;
import io.saviorrec.server.request.RequestException;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class RouterTest {
  private static final SortedSet<String> MODELS = new TreeSet<>(Set.of("base", "saviorrec", "x"));

  @Test
  void takesTheModelThatTheRequestNamesBeforeItsBucket() {
    Router router = router(null, Map.of("b", "base"), Map.of(), MODELS);

    assertThat(router.route("x", "b", 1)).isEqualTo(new Route("x", ""));
  }

  @Test
  void takesTheModelOfTheBucketAndSaysSo() {
    Router router = router(null, Map.of("b", "base"), Map.of("x", 1), MODELS);

    assertThat(router.route("", "b", 1)).isEqualTo(new Route("base", "b"));
  }

  @Test
  void refusesABucketThatNobodyConfigured() {
    Router router = router(null, Map.of("b", "base"), Map.of(), MODELS);

    assertThatThrownBy(() -> router.route("", "B", 1))
        .hasMessage("no such bucket \"B\"; configured are [b]")
        .isInstanceOfSatisfying(
            RequestException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.NOT_FOUND));
  }

  @Test
  void theDefaultIsTheConfiguredModelThenTheOnlyOneThenSaviorrec() {
    assertThat(router("x", Map.of(), Map.of(), MODELS).defaultModel()).isEqualTo("x");
    assertThat(router(null, Map.of(), Map.of(), new TreeSet<>(Set.of("y"))).defaultModel())
        .isEqualTo("y");
    assertThat(router(null, Map.of(), Map.of(), MODELS).route("", "", 5))
        .isEqualTo(new Route("saviorrec", ""));
  }

  @Test
  void requiresADefaultWhenNoneIsObvious() {
    assertThatThrownBy(() -> router(null, Map.of(), Map.of(), new TreeSet<>(Set.of("a", "b"))))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("routing.defaultModel must be set")
        .hasMessageContaining("[a, b]");
  }

  @Test
  void namesEverySettingThatPointsToAModelThatIsNotThere() {
    assertThatThrownBy(() -> router("no1", Map.of("b", "no2"), Map.of("no3", 1), MODELS))
        .isInstanceOfSatisfying(
            ConfigException.class,
            e ->
                assertThat(e.problems())
                    .hasSize(3)
                    .anyMatch(
                        problem -> problem.contains("routing.defaultModel names model \"no1\""))
                    .anyMatch(problem -> problem.contains("routing.buckets.b names model \"no2\""))
                    .anyMatch(problem -> problem.contains("routing.split names model \"no3\"")));
  }

  @Test
  void splitsUsersByTheirSharesHoweverTheirIdsAreSpread() {
    Router router = router(null, Map.of(), Map.of("base", 10, "saviorrec", 90), MODELS);
    Random random = new Random(7);
    int users = 100_000;
    int consecutive = 0;
    int spread = 0;
    for (int i = 0; i < users; i++) {
      consecutive += router.route("", "", i).model().equals("base") ? 1 : 0;
      spread += router.route("", "", random.nextLong()).model().equals("base") ? 1 : 0;
    }

    // Three standard deviations of a fair split are 0.3 %.
    assertThat(consecutive / (double) users).isCloseTo(0.1, within(0.003));
    assertThat(spread / (double) users).isCloseTo(0.1, within(0.003));
  }

  @Test
  void aUserAlwaysMeetsTheSameModelInEveryReplica() {
    Map<String, Integer> shares = Map.of("base", 1, "saviorrec", 1);
    Router one = router(null, Map.of(), shares, MODELS);
    Router two = router(null, Map.of(), shares, MODELS);
    for (long user = -500; user < 500; user++) {
      assertThat(one.route("", "", user)).isEqualTo(two.route("", "", user));
    }
    // Pinned: a release that moved users between models would spoil running experiments.
    assertThat(LongStream.rangeClosed(1, 8).mapToObj(user -> one.route("", "", user).model()))
        .containsExactly(
            "saviorrec", "base", "saviorrec", "base", "base", "base", "saviorrec", "base");
  }

  @Test
  void aShareOfZeroGetsNobody() {
    Router router = router(null, Map.of(), Map.of("base", 0, "saviorrec", 1), MODELS);
    for (long user = 0; user < 1000; user++) {
      assertThat(router.route("", "", user).model()).isEqualTo("saviorrec");
    }
  }

  private static Router router(
      @Nullable String defaultModel,
      Map<String, String> buckets,
      Map<String, Integer> split,
      SortedSet<String> models) {
    return new Router(
        new ServerConfig.Routing(
            defaultModel, new TreeMap<>(buckets), new TreeMap<>(split), new TreeMap<>()),
        models);
  }
}
