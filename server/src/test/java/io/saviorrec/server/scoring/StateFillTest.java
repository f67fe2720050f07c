package io.saviorrec.server.scoring;

import static org.assertj.core.api.Assertions.assertThat;

import io.saviorrec.server.admission.Demand;
import io.saviorrec.server.batching.Lane;
import io.saviorrec.server.config.ServerConfig;
import io.saviorrec.server.config.TestConfigs;
import io.saviorrec.server.fakes.FakeEngine;
import io.saviorrec.server.fakes.Lanes;
import io.saviorrec.server.fakes.TestBundles;
import io.saviorrec.server.metrics.ServerMetrics;
import io.saviorrec.server.registry.LiveModel;
import io.saviorrec.server.registry.NewestModels;
import io.saviorrec.server.registry.Registry;
import io.saviorrec.server.registry.RepositoryLoader;
import io.saviorrec.server.request.Call;
import io.saviorrec.server.store.InMemoryItemStore;
import io.saviorrec.server.store.SentItems;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class StateFillTest {
  private static final int STEP = 12;
  private static final ServerConfig CONFIG =
      TestConfigs.small(Map.of("items.stateCapacity", "" + TestBundles.ITEMS));

  @TempDir private Path repository;
  private final ServerMetrics metrics = new ServerMetrics();
  private final FakeEngine engine = new FakeEngine();
  private final Lane lane = Lanes.scoring(1, 4).lane();
  private @Nullable Registry registry;

  @BeforeEach
  void load() throws IOException {
    TestBundles.write(repository, "saviorrec");
    SentItems sent = new SentItems(new InMemoryItemStore(), 10);
    registry =
        new Registry(
            NewestModels.of(
                repository,
                CONFIG,
                new RepositoryLoader(CONFIG, (bundle, slots) -> engine, sent, metrics)));
  }

  @AfterEach
  void close() {
    engine.puts.open();
    lane.drain(TimeUnit.SECONDS.toNanos(20));
    registry().close();
    metrics.close();
  }

  /// Page views of the test's items grow with their ids.
  @Test
  void theHottestItemsComeFirst() {
    assertThat(HotItems.of(model().table(), 3)).containsExactly(40, 39, 38);
    assertThat(HotItems.of(model().table(), 100)).hasSize(TestBundles.ITEMS).endsWith(2, 1);
  }

  @Test
  void requestsThatComeWaitForOneStepAndFindTheirStates() throws Exception {
    engine.puts.hold();
    CompletableFuture<Integer> filled = fill();
    engine.puts.awaitEntered();
    CompletableFuture<Integer> request =
        lane.submit(Call.UNBOUNDED, Demand.light(), queuedNanos -> engine.puts.calls());
    engine.puts.open();

    assertThat(request.get(20, TimeUnit.SECONDS)).isEqualTo(1);
    assertThat(filled.get(20, TimeUnit.SECONDS)).isEqualTo(TestBundles.ITEMS);
    assertThat(engine.puts.calls()).isEqualTo((TestBundles.ITEMS + STEP - 1) / STEP);
    assertThat(model().states().items().cached()).isEqualTo(TestBundles.ITEMS);
  }

  @Test
  void itEndsWhereTheLaneTakesOnNothing() throws Exception {
    lane.drain(0);
    assertThat(fill().get(20, TimeUnit.SECONDS)).isZero();
  }

  @Test
  void itEndsWithTheModel() throws Exception {
    LiveModel model = model();
    registry().close();
    assertThat(
            StateFill.start(registry(), lane, model, new long[] {1}, STEP)
                .get(20, TimeUnit.SECONDS))
        .isZero();
  }

  private CompletableFuture<Integer> fill() {
    return StateFill.start(
        registry(), lane, model(), HotItems.of(model().table(), TestBundles.ITEMS), STEP);
  }

  private Registry registry() {
    return Objects.requireNonNull(registry);
  }

  private LiveModel model() {
    return registry().current().all().getFirst();
  }
}
