package io.saviorrec.server.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.saviorrec.bundle.Bundle;
import io.saviorrec.config.ConfigException;
import io.saviorrec.server.config.RoutingConfig;
import io.saviorrec.server.config.ServerConfig;
import io.saviorrec.server.config.TestConfigs;
import io.saviorrec.server.fakes.FakeEngine;
import io.saviorrec.server.fakes.TestBundles;
import io.saviorrec.server.metrics.ServerMetrics;
import io.saviorrec.server.routing.Route;
import io.saviorrec.server.store.InMemoryItemStore;
import io.saviorrec.server.store.SentItems;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class ReloaderTest {
  private static final ServerConfig CONFIG = TestConfigs.small(Map.of());

  @TempDir private Path repository;
  private final ServerMetrics metrics = new ServerMetrics();
  private final Map<String, FakeEngine> engines = new ConcurrentHashMap<>();
  private final AtomicReference<RoutingConfig> routing =
      new AtomicReference<>(RoutingConfig.DEFAULT);
  private final List<AutoCloseable> opened = new ArrayList<>();
  private @Nullable Registry registry;

  @AfterEach
  void close() throws Exception {
    for (AutoCloseable each : opened.reversed()) {
      each.close();
    }
    metrics.close();
  }

  private Reloader start(Reloader.Rehearsal rehearsal) {
    Reloader reloader =
        new Reloader(
            repository,
            CONFIG.models(),
            new RepositoryLoader(
                CONFIG,
                (bundle, slots) ->
                    engines.computeIfAbsent(bundle.toString(), name -> new FakeEngine()),
                new SentItems(new InMemoryItemStore(), 100),
                metrics),
            routing::get,
            metrics.group());
    Registry live = new Registry(reloader.first());
    registry = live;
    opened.add(live);
    opened.add(reloader);
    reloader.begin(live, rehearsal);
    return reloader;
  }

  private Reloader start() {
    return start((fresh, before, wanted) -> {});
  }

  private LiveModels live() {
    if (registry == null) {
      throw new IllegalStateException("nothing was started");
    }
    return registry.current();
  }

  private static ReloadReport look(Reloader reloader) throws Exception {
    return reloader.look().get(30, TimeUnit.SECONDS);
  }

  private static RoutingConfig stable(long version) {
    return TestConfigs.routing(null, Map.of(), Map.of(), Map.of("m", Map.of("stable", version)));
  }

  private void remove(String version) throws IOException {
    Path folder = repository.resolve(version);
    try (Stream<Path> files = Files.list(folder)) {
      for (Path file : files.toList()) {
        Files.delete(file);
      }
    }
    Files.delete(folder);
  }

  @Test
  void aLabelRollsBackToAVersionThatIsLiveNoMore() throws Exception {
    TestBundles.write(repository, "m");
    TestBundles.write(repository, "m");
    Reloader reloader = start();
    assertThat(live().all()).extracting(LiveModel::version).containsExactly(2L);

    routing.set(stable(1));
    assertThat(look(reloader).loaded()).containsExactly("m/1");
    assertThat(live().find("m", 0).version()).isEqualTo(1);
    assertThat(live().find("m", 2).version()).isEqualTo(2);

    routing.set(RoutingConfig.DEFAULT);
    assertThat(look(reloader).retired()).containsExactly("m/1");
    assertThat(live().find("m", 0).version()).isEqualTo(2);
  }

  @Test
  void aVersionThatComesBackBeforeItsLastCallHasEndedKeepsItsMeters() throws Exception {
    TestBundles.write(repository, "m");
    Reloader reloader = start();
    String info = "savior_model_info{model=\"m\",variant=\"saviorrec\",version=\"1\"} 1";
    try (ModelHandle _ = Objects.requireNonNull(registry).acquire(_ -> Route.to("m", 1))) {
      TestBundles.write(repository, "m");
      assertThat(look(reloader).retired()).containsExactly("m/1");
      assertThat(metrics.scrape()).contains(info);
      engines.remove("m/1");
      routing.set(stable(1));
      assertThat(look(reloader).loaded()).containsExactly("m/1");
    }

    assertThat(metrics.scrape()).contains(info);
    routing.set(RoutingConfig.DEFAULT);
    assertThat(look(reloader).retired()).containsExactly("m/1");
    assertThat(metrics.scrape()).doesNotContain(info);
  }

  @Test
  void aRoutingThatNamesWhatIsNotThereIsRefusedAsAWholeUntilItIs() throws Exception {
    TestBundles.write(repository, "m");
    Reloader reloader = start();
    routing.set(stable(2));
    ReloadReport report = look(reloader);

    assertThat(report.problem())
        .isEqualTo(
            "routing.labels.m.stable names version 2 of m, which is not there or cannot be served");
    assertThat(reloader.problem()).isEqualTo(report.problem());
    assertThat(live().labels("m")).isEmpty();
    assertThat(metrics.scrape()).contains("savior_reload_problem 1.0");

    TestBundles.write(repository, "m");
    assertThat(look(reloader).problem()).isEmpty();
    assertThat(live().labels("m")).containsEntry("stable", 2L);
    assertThat(metrics.scrape()).contains("savior_reload_problem 0.0");
  }

  @Test
  void aNewModelThatMakesTheDefaultUnclearHoldsUpNoOther() throws Exception {
    TestBundles.write(repository, "m");
    Reloader reloader = start();
    TestBundles.write(repository, "other");
    TestBundles.write(repository, "m");
    ReloadReport report = look(reloader);

    assertThat(report.problem()).contains("routing.defaultModel must be set");
    assertThat(report.live()).containsExactly("m/2");
    assertThat(live().router().defaultModel()).isEqualTo("m");
  }

  @Test
  void nothingIsLoadedForARoutingThatLeadsNowhere() throws Exception {
    TestBundles.write(repository, "m");
    Reloader reloader = start();
    TestBundles.write(repository, "other");
    TestBundles.write(repository, "other");
    for (RoutingConfig bad :
        List.of(
            RoutingConfig.DEFAULT,
            TestConfigs.routing("nobody", Map.of(), Map.of(), Map.of()),
            TestConfigs.routing("m", Map.of("b", "other@gold"), Map.of(), Map.of()))) {
      routing.set(bad);
      for (int i = 0; i < 2; i++) {
        assertThat(look(reloader).problem()).contains("routing.");
      }
    }

    assertThat(engines.keySet()).noneMatch(bundle -> bundle.startsWith("other"));
    assertThat(live().all()).extracting(LiveModel::model).containsExactly("m");
  }

  @Test
  void theLastVersionOfAModelStaysWhenItsFolderIsRemovedAndAnOlderOneComesBack() throws Exception {
    TestBundles.write(repository, "m");
    TestBundles.write(repository, "m");
    Reloader reloader = start();
    remove("m/2");
    assertThat(look(reloader).live()).containsExactly("m/1");
    remove("m/1");
    assertThat(look(reloader).live()).containsExactly("m/1");
    assertThat(engines.get("m/1")).satisfies(engine -> assertThat(engine.closed()).isFalse());
  }

  @Test
  void aVersionThatCannotBeLoadedIsFreedAndNotTriedAtEachLook() throws Exception {
    TestBundles.write(repository, "m");
    List<LiveModel> rehearsed = new ArrayList<>();
    Reloader reloader =
        start(
            (fresh, before, wanted) -> {
              rehearsed.add(fresh);
              assertThat(before).isSameAs(live().find("m", 0));
              throw new IllegalStateException("no scores");
            });
    Bundle _ = TestBundles.write(repository, "m");
    assertThat(look(reloader).refused())
        .containsExactly(new RefusedVersion("m", 2, "it cannot be used: no scores"));
    Look look = Objects.requireNonNull(reloader.begun());
    for (int i = 0; i < 3; i++) {
      assertThat(look.run().refused()).hasSize(1);
    }

    assertThat(rehearsed).hasSize(1);
    assertThat(rehearsed.getFirst().open()).isFalse();
    assertThat(live().all()).extracting(LiveModel::version).containsExactly(1L);
  }

  @Test
  void aReloadThatIsAskedForTriesARefusedVersionAgain() throws Exception {
    TestBundles.write(repository, "m");
    AtomicReference<@Nullable RuntimeException> fault =
        new AtomicReference<>(new IllegalStateException("no scores"));
    Reloader reloader = start((fresh, before, wanted) -> fail(fault.get()));
    TestBundles.write(repository, "m");
    assertThat(look(reloader).refused()).hasSize(1);

    fault.set(null);
    assertThat(look(reloader).loaded()).containsExactly("m/2");
    assertThat(reloader.refused()).isEmpty();
  }

  @Test
  void aVersionIsNotRefusedForWhatIsNotItsFault() throws Exception {
    TestBundles.write(repository, "m");
    AtomicReference<@Nullable RuntimeException> fault = new AtomicReference<>();
    Reloader reloader = start((fresh, before, wanted) -> fail(fault.get()));
    Look look = Objects.requireNonNull(reloader.begun());
    TestBundles.write(repository, "m");
    InMemoryItemStore failing = new InMemoryItemStore();
    failing.failWrites();
    List<RuntimeException> faults =
        List.of(
            catchThrowableOfType(RuntimeException.class, failing::requireRoom),
            new ConfigException(
                List.of("too large"), new IllegalStateException("CUDA out of memory")));
    for (RuntimeException each : faults) {
      fault.set(each);
      ReloadReport report = look.run();
      assertThat(report.problem())
          .isEqualTo("m/2 cannot be loaded now and is tried again: " + each.getMessage());
      assertThat(report.refused()).isEmpty();
      assertThat(report.live()).containsExactly("m/1");
    }

    fault.set(null);
    ReloadReport report = look.run();
    assertThat(report.loaded()).containsExactly("m/2");
    assertThat(report.problem()).isEmpty();
  }

  private static void fail(@Nullable RuntimeException with) {
    if (with != null) {
      throw with;
    }
  }

  @Test
  void aServerThatClosesDuringAReloadChangesNothing() throws Exception {
    TestBundles.write(repository, "m");
    CountDownLatch begun = new CountDownLatch(1);
    Reloader reloader =
        start(
            (fresh, before, wanted) -> {
              begun.countDown();
              while (wanted.getAsBoolean()) {
                Thread.onSpinWait();
              }
            });
    TestBundles.write(repository, "m");
    CompletableFuture<ReloadReport> asked = reloader.look();
    begun.await();
    reloader.close();

    assertThatThrownBy(() -> asked.get(10, TimeUnit.SECONDS))
        .hasMessageContaining("the server is closing");
    assertThat(engines.get("m/2")).satisfies(engine -> assertThat(engine.closed()).isTrue());
    assertThat(live().all()).extracting(LiveModel::version).containsExactly(1L);
    assertThat(reloader.refused()).isEmpty();
    assertThat(reloader.look()).isCompletedExceptionally();
  }
}
