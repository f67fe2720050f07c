package io.saviorrec.server.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.saviorrec.bundle.Bundle;
import io.saviorrec.bundle.Manifest;
import io.saviorrec.config.ConfigException;
import io.saviorrec.content.ImageLimits;
import io.saviorrec.contract.RequestDecoder;
import io.saviorrec.contract.UserTastes;
import io.saviorrec.proto.v1.Candidate;
import io.saviorrec.proto.v1.ScoreRequest;
import io.saviorrec.proto.v1.User;
import io.saviorrec.server.batching.Lane;
import io.saviorrec.server.config.TestConfigs;
import io.saviorrec.server.fakes.FakeEngine;
import io.saviorrec.server.fakes.Lanes;
import io.saviorrec.server.fakes.TestBundles;
import io.saviorrec.server.fakes.TestHealth;
import io.saviorrec.server.metrics.RequestMetrics;
import io.saviorrec.server.metrics.ServerMetrics;
import io.saviorrec.server.request.Call;
import io.saviorrec.server.request.RequestException;
import io.saviorrec.server.routing.Route;
import io.saviorrec.server.scoring.RequestRecorder;
import io.saviorrec.server.scoring.ScoreAnswer;
import io.saviorrec.server.scoring.Scorer;
import io.saviorrec.server.states.ModelStates;
import io.saviorrec.server.store.InMemoryItemStore;
import io.saviorrec.server.store.SentItems;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(120)
class RegistryTest {
  @TempDir private Path repository;
  private final ServerMetrics metrics = new ServerMetrics();
  private final SentItems sent = new SentItems(new InMemoryItemStore(), 100);
  private final List<FakeEngine> engines = new ArrayList<>();
  private Bundle bundle;

  @BeforeEach
  void write() throws IOException {
    bundle = TestBundles.write(repository, "m");
  }

  @AfterEach
  void close() {
    metrics.close();
  }

  @Test
  void aReplacedModelIsFreedOnlyWhenItsLastCallHasEnded() {
    LiveModel first = model("m", 1);
    Registry registry = new Registry(snapshot(first));
    ModelHandle one = acquire(registry);
    ModelHandle two = acquire(registry);
    registry.swap(snapshot(model("m", 2)));

    assertThat(acquire(registry).model().version()).isEqualTo(2);
    one.close();
    one.close();
    assertThat(engines.getFirst().closed()).isFalse();
    two.close();
    assertThat(engines.getFirst().closed()).isTrue();
    assertThat(first.open()).isFalse();
    registry.close();
  }

  @Test
  void aModelThatBothSnapshotsHaveStaysOpen() {
    LiveModel kept = model("m", 1);
    Registry registry = new Registry(snapshot(kept, model("m", 2)));
    registry.swap(snapshot(kept));

    assertThat(engines.get(0).closed()).isFalse();
    assertThat(engines.get(1).closed()).isTrue();
    registry.close();
    assertThat(engines.get(0).closed()).isTrue();
  }

  @Test
  void aCallThatMeetsAReplacedSnapshotTakesTheNewOne() {
    Registry registry = new Registry(snapshot(model("m", 1)));
    AtomicBoolean replaced = new AtomicBoolean();
    try (ModelHandle handle =
        registry.acquire(
            live -> {
              // Between the reading of the snapshot and the holding of its model.
              if (!replaced.getAndSet(true)) {
                registry.swap(snapshot(model("m", 2)));
              }
              return Route.to("m", 0);
            })) {
      assertThat(handle.model().version()).isEqualTo(2);
      assertThat(handle.model().open()).isTrue();
    }
    registry.close();
  }

  @Test
  void severalVersionsAreLiveAndTheNewestAnswersWhenNoneIsNamed() {
    Registry registry = new Registry(snapshot(model("m", 2), model("m", 10), model("m", 9)));
    LiveModels live = registry.current();

    assertThat(live.find("m", 0).version()).isEqualTo(10);
    assertThat(live.find("m", 9).version()).isEqualTo(9);
    assertThatThrownBy(() -> live.find("m", 3))
        .isInstanceOf(RequestException.class)
        .hasMessage("no model \"m\" with version 3; available are [m/2, m/9, m/10]");
    registry.close();
  }

  @Test
  void aLabelNamesALiveVersion() {
    LiveModel model = model("m", 4);
    LiveModels live =
        new LiveModels(
            List.of(model), Map.of("m", Map.of("stable", 4L)), TestConfigs.defaultRouting());

    assertThat(live.labels("m")).containsEntry("stable", 4L);
    assertThat(live.labels("other")).isEmpty();
    assertThatThrownBy(
            () ->
                new LiveModels(
                    List.of(model),
                    Map.of("m", Map.of("canary", 5L)),
                    TestConfigs.defaultRouting()))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("routing.labels.m.canary names m/5, which is not live");
    model.retire();
  }

  @Test
  void aRetiredModelIsNotTakenLiveAgain() {
    LiveModel retired = model("m", 1);
    Registry registry = new Registry(snapshot(retired));
    registry.swap(snapshot(model("m", 2)));

    assertThatIllegalArgumentException()
        .isThrownBy(() -> registry.swap(snapshot(retired)))
        .withMessage("m/1 was retired before");
    registry.close();
    assertThatIllegalStateException().isThrownBy(registry::acquireAll);
  }

  @Test
  void theMetersOfARetiredVersionAreGone() {
    Registry registry = new Registry(snapshot(model("m", 1)));
    ModelHandle handle = acquire(registry);
    registry.swap(snapshot(model("m", 2)));
    assertThat(metrics.scrape()).contains("version=\"1\"").contains("version=\"2\"");
    handle.close();

    assertThat(metrics.scrape())
        .doesNotContain("version=\"1\"")
        .contains("savior_model_info{model=\"m\",variant=\"saviorrec\",version=\"2\"} 1")
        .contains("savior_item_states_hits_total{model=\"m\"");
    registry.close();
    assertThat(metrics.scrape()).doesNotContain("model=\"m\"");
  }

  @Test
  void aThousandSwapsUnderLoadFailNoRequestAndFreeEveryModel() throws Exception {
    Registry registry = new Registry(snapshot(model("m", 1)));
    Lanes.Scoring scoring = Lanes.scoring(2, 64);
    Lane lane = scoring.lane();
    Scorer scorer =
        new Scorer(
            registry,
            lane,
            scoring.overload(),
            TestConfigs.small(Map.of()).scoring(),
            12,
            new RequestMetrics(metrics.group()),
            TestHealth.model(),
            RequestRecorder.NONE);
    AtomicBoolean swapping = new AtomicBoolean(true);
    AtomicLong answered = new AtomicLong();
    List<CompletableFuture<Void>> callers = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      callers.add(
          CompletableFuture.runAsync(
              () -> {
                while (swapping.get()) {
                  requireScores(scorer);
                  answered.incrementAndGet();
                }
              },
              task -> new Thread(task).start()));
    }
    for (long version = 2; version <= 1001; version++) {
      long before = answered.get();
      registry.swap(snapshot(model("m", version)));
      // Each of the models meets load, on a machine of any speed.
      while (answered.get() == before && callers.stream().noneMatch(CompletableFuture::isDone)) {
        Thread.onSpinWait();
      }
    }
    swapping.set(false);
    for (CompletableFuture<Void> caller : callers) {
      caller.get(60, TimeUnit.SECONDS);
    }

    assertThat(answered.get()).isGreaterThanOrEqualTo(1000);
    assertThat(engines).hasSize(1001);
    assertThat(engines.stream().filter(engine -> !engine.closed()).count()).isEqualTo(1);
    assertThat(engines.stream().mapToInt(FakeEngine::callsAfterClose).sum()).isZero();
    assertThat(metrics.scrape().lines().filter(line -> line.startsWith("savior_model_info")))
        .containsExactly("savior_model_info{model=\"m\",variant=\"saviorrec\",version=\"1001\"} 1");
    lane.drain(TimeUnit.SECONDS.toNanos(10));
    registry.close();
    assertThat(engines).allMatch(FakeEngine::closed);
  }

  private static void requireScores(Scorer scorer) {
    ScoreAnswer answer =
        scorer
            .score(
                RequestDecoder.decode(
                    ScoreRequest.newBuilder()
                        .setUser(User.newBuilder().addHistory(3))
                        .addCandidates(Candidate.newBuilder().setItemId(1))
                        .addCandidates(Candidate.newBuilder().setItemId(2))
                        .build()),
                Call.UNBOUNDED)
            .join();
    assertThat(answer.pctr()[1]).isEqualTo(FakeEngine.scoreOf(2));
  }

  private static ModelHandle acquire(Registry registry) {
    return registry.acquire(live -> live.router().route("m"));
  }

  private static LiveModels snapshot(LiveModel... models) {
    return new LiveModels(List.of(models), Map.of(), TestConfigs.defaultRouting());
  }

  /// A version of the bundle with a fake engine.
  private LiveModel model(String name, long version) {
    Manifest manifest = TestBundles.manifest(name, version, bundle.manifest().files());
    FakeEngine engine = new FakeEngine();
    engines.add(engine);
    return new LiveModel(
        manifest,
        bundle.watch(),
        engine,
        bundle.items(),
        UserTastes.of(bundle),
        sent,
        metrics.group(),
        ImageLimits.DEFAULT,
        new ModelStates.Capacity(20, 8, 2, 20));
  }
}
