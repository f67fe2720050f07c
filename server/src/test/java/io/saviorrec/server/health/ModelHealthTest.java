package io.saviorrec.server.health;

import static org.assertj.core.api.Assertions.assertThat;

import io.saviorrec.server.health.Readiness.Phase;
import io.saviorrec.server.request.ErrorCode;
import io.saviorrec.server.request.RequestException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class ModelHealthTest {
  private static final Duration INTERVAL = Duration.ofSeconds(2);
  private final RequestException broken =
      new RequestException(ErrorCode.INTERNAL, "m/1 gave item 5 the score NaN");

  private final Readiness readiness = new Readiness();
  private final Deque<Runnable> tasks = new ArrayDeque<>();
  private final List<Duration> delays = new ArrayList<>();
  private final List<String> tried = new ArrayList<>();
  private long now;
  private @Nullable Exception probeFailure = broken;
  private final ModelHealth health =
      new ModelHealth(
          readiness,
          3,
          INTERVAL,
          (delay, task) -> {
            delays.add(delay);
            tasks.add(task);
          },
          () -> now);

  @BeforeEach
  void serve() {
    readiness.enter(Phase.SERVING);
    health.tryWith(
        model -> {
          tried.add(model);
          Exception failure = probeFailure;
          if (failure != null) {
            throw failure;
          }
        });
  }

  private void fail(int times, Throwable failure) {
    for (int i = 0; i < times; i++) {
      health.ended("m/1", failure);
    }
  }

  private void runTask() {
    tasks.removeFirst().run();
  }

  @Test
  void failuresInARowTurnReadinessOffAndASuccessOfItsOwnTurnsItOn() {
    fail(2, broken);
    assertThat(tasks).isEmpty();
    fail(1, new CompletionException(new InternalError("a fault occurred in a mapped file")));
    runTask();

    assertThat(readiness.ready()).isFalse();
    assertThat(readiness.reasons())
        .containsExactly("m/1: cannot score: m/1 gave item 5 the score NaN");
    assertThat(delays).containsExactly(Duration.ZERO, INTERVAL);
    runTask();
    assertThat(readiness.ready()).isFalse();
    probeFailure = null;
    runTask();
    assertThat(readiness.ready()).isTrue();
    assertThat(tasks).isEmpty();
  }

  @Test
  void requestsThatAreMadeToFailTakeNoReadinessAndCauseFewTries() {
    probeFailure = null;
    fail(100, broken);
    assertThat(tasks).hasSize(1);
    runTask();
    assertThat(readiness.ready()).isTrue();

    now = Duration.ofMillis(500).toNanos();
    fail(100, broken);
    assertThat(delays).containsExactly(Duration.ZERO, Duration.ofMillis(1500));
  }

  @Test
  void aSuccessBetweenThemMakesFailuresNoneInARow() {
    for (int i = 0; i < 10; i++) {
      fail(2, broken);
      health.ended("m/1", null);
      health.ended("other/1", broken);
      health.ended("other/1", null);
    }
    assertThat(tasks).isEmpty();
  }

  @Test
  void whatIsNotTheServersFaultIsNoFailure() {
    for (ErrorCode code : ErrorCode.values()) {
      if (code != ErrorCode.INTERNAL) {
        fail(10, new RequestException(code, "no"));
      }
    }
    assertThat(tasks).isEmpty();
  }

  @Test
  void aTryThatFindsNoRoomSaysNothingAndIsRepeated() {
    fail(3, broken);
    probeFailure = new RequestException(ErrorCode.RESOURCE_EXHAUSTED, "full");
    runTask();
    assertThat(readiness.ready()).isTrue();
    assertThat(tasks).hasSize(1);
    probeFailure = broken;
    runTask();
    assertThat(readiness.ready()).isFalse();
  }

  @Test
  void aModelThatIsLiveNoMoreIsForgotten() {
    fail(3, broken);
    runTask();
    probeFailure = new RequestException(ErrorCode.NOT_FOUND, "m/1 is not live");
    runTask();
    assertThat(readiness.ready()).isTrue();
    assertThat(tasks).isEmpty();
  }

  @Test
  void theItemStoreTakesItemsAloneOutOfService() {
    StoreHealth store = new StoreHealth(readiness, 2, (delay, task) -> tasks.add(task));
    store.failed(new IllegalStateException("no space left"));
    assertThat(readiness.itemsServing()).isTrue();
    store.failed(new IllegalStateException("no space left"));

    assertThat(readiness.ready()).isTrue();
    assertThat(readiness.itemsServing()).isFalse();
    assertThat(readiness.degraded())
        .containsExactly("the item store: takes no items: no space left");
    store.succeeded();
    assertThat(readiness.itemsServing()).isTrue();
  }

  @Test
  void theItemStoreIsTriedAgainAfterAQuietWhile() {
    StoreHealth store = new StoreHealth(readiness, 1, (delay, task) -> tasks.add(task));
    store.failed(new IllegalStateException("no space left"));
    store.failed(new IllegalStateException("no space left"));
    runTask();
    assertThat(readiness.itemsServing()).isFalse();
    runTask();
    assertThat(readiness.itemsServing()).isTrue();
  }

  @Test
  void aPhaseIsNotGoneBackTo() {
    readiness.enter(Phase.DRAINING);
    readiness.enter(Phase.SERVING);
    assertThat(readiness.reasons()).containsExactly("the server is shutting down");
    assertThat(readiness.itemsServing()).isFalse();
  }
}
