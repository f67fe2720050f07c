package io.saviorrec.server.routing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.saviorrec.config.ConfigException;
import io.saviorrec.server.config.RoutingConfig;
import io.saviorrec.server.config.TestConfigs;
import io.saviorrec.server.request.ErrorCode;
import io.saviorrec.server.request.RequestException;
import java.util.Map;
import java.util.NavigableSet;
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

    assertThat(router.route(asking("x", "b", 1))).isEqualTo(Route.to("x", 1));
  }

  @Test
  void takesTheModelOfTheBucketAndSaysSo() {
    Router router = router(null, Map.of("b", "base"), Map.of("x", 1), MODELS);

    assertThat(router.route(asking("", "b", 1))).isEqualTo(new Route("base", 1, "", "b"));
  }

  @Test
  void refusesABucketThatNobodyConfigured() {
    Router router = router(null, Map.of("b", "base"), Map.of(), MODELS);

    assertThatThrownBy(() -> router.route(asking("", "B", 1)))
        .hasMessage("no such bucket \"B\"; configured are [b]")
        .isInstanceOfSatisfying(
            RequestException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.NOT_FOUND));
  }

  @Test
  void theDefaultIsTheConfiguredModelThenTheOnlyOneThenSaviorrec() {
    assertThat(router("x", Map.of(), Map.of(), MODELS).defaultModel()).isEqualTo("x");
    assertThat(router(null, Map.of(), Map.of(), new TreeSet<>(Set.of("y"))).defaultModel())
        .isEqualTo("y");
    assertThat(router(null, Map.of(), Map.of(), MODELS).route(asking("", "", 5)))
        .isEqualTo(Route.to("saviorrec", 1));
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
      consecutive += router.route(asking("", "", i)).model().equals("base") ? 1 : 0;
      spread += router.route(asking("", "", random.nextLong())).model().equals("base") ? 1 : 0;
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
    for (long user = 1; user < 1000; user++) {
      assertThat(one.route(asking("", "", user))).isEqualTo(two.route(asking("", "", user)));
    }
    // Pinned: a release that moved users between models would spoil running experiments.
    assertThat(
            LongStream.rangeClosed(1, 8).mapToObj(user -> one.route(asking("", "", user)).model()))
        .containsExactly(
            "saviorrec", "saviorrec", "base", "base", "base", "saviorrec", "base", "base");
  }

  @Test
  void aShareOfZeroGetsNobody() {
    Router router = router(null, Map.of(), Map.of("base", 0, "saviorrec", 1), MODELS);
    for (long user = 0; user < 1000; user++) {
      assertThat(router.route(asking("", "", user)).model()).isEqualTo("saviorrec");
    }
  }

  @Test
  void aModelsNameAloneMeansItsStableVersionAndElseItsNewest() {
    Router labelled = labelled("{m: {stable: 3, canary: 9}}", "");

    assertThat(labelled.route(asking("m", "", 1))).isEqualTo(new Route("m", 3, "stable", ""));
    assertThat(labelled.route("")).isEqualTo(new Route("m", 3, "stable", ""));
    assertThat(labelled("{m: {canary: 3}}", "").route(asking("m", "", 1)))
        .isEqualTo(Route.to("m", 9));
  }

  @Test
  void versionAndLabelAreOfTheModelThatIsNamedOrElseOfTheDefault() {
    Router router = labelled("{m: {stable: 3, canary: 9}}", "");

    assertThat(router.route(naming("m", 4, ""))).isEqualTo(Route.to("m", 4));
    assertThat(router.route(naming("", 4, ""))).isEqualTo(Route.to("m", 4));
    assertThat(router.route(naming("m", 0, "canary"))).isEqualTo(new Route("m", 9, "canary", ""));
    assertThatThrownBy(() -> router.route(naming("m", 0, "blue")))
        .hasMessage("no model \"m\" with label \"blue\"; available are [m/3, m/4, m/9]");
    assertThatThrownBy(() -> router.route(naming("m", 5, "")))
        .hasMessage("no model \"m\" with version 5; available are [m/3, m/4, m/9]");
    assertThatThrownBy(() -> router.route(naming("m", 4, "canary")))
        .hasMessage("version and label are both set; use one of them");
  }

  @Test
  void bucketsArmsAndTheDefaultCanBeVersionsAndLabels() {
    Router router =
        labelled(
            "{m: {canary: 9}}",
            """
            defaultModel: m/3
            buckets: {new: m@canary, old: m/4}
            split: {new: 1}
            """);

    assertThat(router.standard()).isEqualTo(Route.to("m", 3));
    assertThat(router.route(asking("", "old", 1))).isEqualTo(new Route("m", 4, "", "old"));
    // Its answer says which arm it was.
    assertThat(router.route(asking("", "", 1))).isEqualTo(new Route("m", 9, "canary", "new"));
    assertThatThrownBy(() -> labelled("{m: {canary: 5}}", "buckets: {b: m@blue, c: m/8}"))
        .isInstanceOfSatisfying(
            ConfigException.class,
            e ->
                assertThat(e.problems())
                    .containsExactly(
                        "routing.labels.m.canary names m/5, which is not live; live are [m/3, m/4, m/9]",
                        "routing.buckets.b names m@blue but the repository has [m/3, m/4, m/9]",
                        "routing.buckets.c names m/8 but the repository has [m/3, m/4, m/9]"));
  }

  @Test
  void aFlagIsTheBucketWhereTheRequestNamesNone() {
    Router router = labelled("{}", "{bucketFlag: cell, buckets: {a: m/3, b: m/4}}");

    assertThat(router.route(flagged("", Map.of("cell", "b"), 1, "")).version()).isEqualTo(4);
    assertThat(router.route(flagged("a", Map.of("cell", "b"), 1, "")).version()).isEqualTo(3);
    assertThatThrownBy(() -> router.route(flagged("", Map.of("cell", "c"), 1, "")))
        .hasMessage("no such bucket \"c\"; configured are [a, b]");
  }

  @Test
  void theSplitGoesByItsFlagInPlaceOfTheUser() {
    Router router = labelled("{}", "{splitFlag: household, split: {m/3: 1, m/4: 1}}");
    Set<Long> versions = new TreeSet<>();
    for (int user = 0; user < 100; user++) {
      versions.add(router.route(flagged("", Map.of("household", "h"), user, "r" + user)).version());
    }
    assertThat(versions).hasSize(1);
    versions.clear();
    for (int i = 0; i < 100; i++) {
      versions.add(router.route(flagged("", Map.of("household", "h" + i), 7, "")).version());
    }
    assertThat(versions).hasSize(2);
  }

  /// User 0 is everybody whom nobody knows.
  @Test
  void anonymousTrafficIsSplitByItsRequestsAndNotAllToOneArm() {
    Router router = labelled("{}", "split: {m/3: 1, m/4: 1}");
    int byRequest = 0;
    int byChance = 0;
    for (int i = 0; i < 2000; i++) {
      Route route = router.route(flagged("", Map.of(), 0, "request " + i));
      assertThat(router.route(flagged("", Map.of(), 0, "request " + i))).isEqualTo(route);
      byRequest += route.version() == 3 ? 1 : 0;
      byChance += router.route(flagged("", Map.of(), 0, "")).version() == 3 ? 1 : 0;
    }

    // Six standard deviations.
    assertThat(byRequest).isBetween(866, 1134);
    assertThat(byChance).isBetween(866, 1134);
  }

  private static Router labelled(String labels, String routing) {
    RoutingConfig config =
        RoutingConfig.parse(
            routing.startsWith("{")
                ? "{labels: " + labels + ", " + routing.substring(1)
                : "labels: " + labels + "\n" + routing,
            "test");
    return new Router(config, Map.of("m", new TreeSet<>(Set.of(3L, 4L, 9L))), config.labels());
  }

  private static RouteRequest asking(String model, String bucket, long user) {
    return new RouteRequest(model, 0, "", bucket, Map.of(), user, "");
  }

  private static RouteRequest naming(String model, long version, String label) {
    return new RouteRequest(model, version, label, "", Map.of(), 1, "");
  }

  private static RouteRequest flagged(
      String bucket, Map<String, String> flags, long user, String requestId) {
    return new RouteRequest("", 0, "", bucket, flags, user, requestId);
  }

  private static Router router(
      @Nullable String defaultModel,
      Map<String, String> buckets,
      Map<String, Integer> split,
      SortedSet<String> models) {
    RoutingConfig config = TestConfigs.routing(defaultModel, buckets, split);
    Map<String, NavigableSet<Long>> versions = new TreeMap<>();
    models.forEach(model -> versions.put(model, new TreeSet<>(Set.of(1L))));
    return new Router(config, versions, Map.of());
  }
}
