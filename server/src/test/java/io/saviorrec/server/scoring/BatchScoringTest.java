package io.saviorrec.server.scoring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.saviorrec.contract.RequestDecoder;
import io.saviorrec.contract.ScoreBatch;
import io.saviorrec.proto.v1.Candidate;
import io.saviorrec.proto.v1.ScoreRequest;
import io.saviorrec.proto.v1.User;
import io.saviorrec.server.config.ServerConfig;
import io.saviorrec.server.config.TestConfigs;
import io.saviorrec.server.fakes.FakeCall;
import io.saviorrec.server.fakes.FakeEngine;
import io.saviorrec.server.fakes.ForwardingEngine;
import io.saviorrec.server.fakes.Lanes;
import io.saviorrec.server.fakes.TestBundles;
import io.saviorrec.server.fakes.TestHealth;
import io.saviorrec.server.metrics.RequestMetrics;
import io.saviorrec.server.metrics.ServerMetrics;
import io.saviorrec.server.registry.NewestModels;
import io.saviorrec.server.registry.Registry;
import io.saviorrec.server.registry.RepositoryLoader;
import io.saviorrec.server.request.Call;
import io.saviorrec.server.request.ErrorCode;
import io.saviorrec.server.request.RequestException;
import io.saviorrec.server.request.Stage;
import io.saviorrec.server.store.InMemoryItemStore;
import io.saviorrec.server.store.SentItems;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// Holds the one thread up until several requests wait, which then go together.
@Timeout(60)
class BatchScoringTest {
  /// A call of the engine that names it fails.
  private static final long POISON = 13;

  /// Its score is no probability.
  private static final long NONSENSE = 14;

  private static final float HALF = 0.5f;

  @TempDir private Path repository;
  private final ServerMetrics metrics = new ServerMetrics();
  private final Lanes.Scoring lanes = Lanes.scoring(1, 20);
  private final PickyEngine engine = new PickyEngine();
  private final List<CompletableFuture<ScoreAnswer>> answers = new CopyOnWriteArrayList<>();
  private @Nullable Registry registry;
  private @Nullable Scorer scorer;

  /// A fake engine that does not take every item.
  private static final class PickyEngine extends ForwardingEngine {
    final FakeEngine fake;
    final List<Integer> batches = new CopyOnWriteArrayList<>();

    /// Runs while several requests are scored.
    volatile Runnable meanwhile = () -> {};

    PickyEngine() {
      FakeEngine fake = new FakeEngine();
      super(fake);
      this.fake = fake;
    }

    @Override
    public float[][] score(ScoreBatch batch) {
      batches.add(batch.requests().size());
      float[][] scores = fake.score(batch);
      if (scores.length > 1) {
        meanwhile.run();
      }
      for (int i = 0; i < scores.length; i++) {
        long first = fake.inSlot(batch.requests().get(i).candidateSlots()[0]).itemId();
        if (first == POISON) {
          throw new IllegalStateException("libtorch");
        }
        if (first == NONSENSE) {
          scores[i][0] = Float.NaN;
        }
      }
      return scores;
    }
  }

  @BeforeEach
  void start() throws IOException {
    ServerConfig config = TestConfigs.small(Map.of("items.stateCapacity", "40"));
    TestBundles.write(repository, "saviorrec");
    SentItems sent = new SentItems(new InMemoryItemStore(), 10);
    Registry models =
        new Registry(
            NewestModels.of(
                repository,
                config,
                new RepositoryLoader(config, (bundle, slots) -> engine, sent, metrics)));
    registry = models;
    scorer =
        new Scorer(
            models,
            lanes.lane(),
            lanes.overload(),
            config.scoring(),
            8,
            new RequestMetrics(metrics.group()),
            TestHealth.model(),
            RequestRecorder.NONE);
  }

  @AfterEach
  void stop() {
    engine.fake.scores.open();
    lanes.lane().drain(TimeUnit.SECONDS.toNanos(10));
    if (registry != null) {
      registry.close();
    }
    metrics.close();
  }

  @Test
  void requestsThatWaitAreScoredTogetherAndEachGetsItsOwnScores() throws Exception {
    occupy();
    FakeCall[] calls = {new FakeCall(), new FakeCall(), new FakeCall()};
    score(calls[0], 1, 2, 3);
    score(calls[1], 4);
    score(calls[2], 5, 6);
    open();

    assertScores(1, 1, 2, 3);
    assertScores(2, 4);
    assertScores(3, 5, 6);
    assertThat(engine.batches).containsExactly(1, 3);
    for (FakeCall call : calls) {
      assertThat(call.times().nanos(Stage.QUEUE)).isPositive();
      assertThat(call.times().nanos(Stage.ITEMS)).isPositive();
      assertThat(call.times().nanos(Stage.COMPUTE)).isPositive();
    }
    String model = "{model=\"saviorrec\",variant=\"saviorrec\",version=\"1\"} ";
    assertThat(metrics.scrape())
        .contains("savior_engine_batch_requests_count" + model + "2")
        .contains("savior_engine_batch_requests_sum" + model + "4.0")
        .contains("savior_engine_batch_rows_sum" + model + "7.0");
  }

  @Test
  void goesNotBeyondTheRows() throws Exception {
    occupy();
    for (int i = 0; i < 3; i++) {
      score(new FakeCall(), 1, 2, 3);
    }
    open();
    for (CompletableFuture<ScoreAnswer> answer : answers) {
      answer.get(10, TimeUnit.SECONDS);
    }

    assertThat(engine.batches).containsExactly(1, 2, 1);
  }

  @Test
  void whenTheEngineFailsForAllEachIsTriedAloneAndTheGuiltyOneFails() throws Exception {
    occupy();
    score(new FakeCall(), 1);
    score(new FakeCall(), POISON);
    score(new FakeCall(), 3);
    open();

    assertScores(1, 1);
    assertScores(3, 3);
    assertThatThrownBy(() -> answer(2)).hasRootCauseMessage("libtorch");
    assertThat(engine.batches).containsExactly(1, 3, 1, 1, 1);
  }

  @Test
  void anAnswerThatIsNoProbabilityFailsAlone() throws Exception {
    occupy();
    score(new FakeCall(), NONSENSE);
    score(new FakeCall(), 2);
    open();

    assertThatThrownBy(() -> answer(1))
        .hasRootCauseMessage("saviorrec/1 gave item 14 the score NaN");
    assertScores(2, 2);
    assertThat(engine.batches).containsExactly(1, 2);
  }

  @Test
  void whoseDeadlinePassesWhileTheBatchRunsFailsAlone() throws Exception {
    occupy();
    FakeCall hasty = new FakeCall();
    score(hasty, 1);
    score(new FakeCall(), 2);
    engine.meanwhile = hasty::expire;
    open();

    assertThatThrownBy(() -> answer(1))
        .cause()
        .isInstanceOfSatisfying(
            RequestException.class,
            e -> assertThat(e.code()).isEqualTo(ErrorCode.DEADLINE_EXCEEDED));
    assertScores(2, 2);
  }

  private void occupy() throws InterruptedException {
    engine.fake.scores.hold();
    score(Call.UNBOUNDED, 1);
    engine.fake.scores.awaitEntered();
  }

  private void open() {
    engine.fake.scores.open();
  }

  private void score(Call call, long... candidates) {
    score(List.of(), call, candidates);
  }

  private void score(List<Long> history, Call call, long... candidates) {
    ScoreRequest.Builder request =
        ScoreRequest.newBuilder().setUser(User.newBuilder().addAllHistory(history)).setExact(true);
    for (long candidate : candidates) {
      request.addCandidates(Candidate.newBuilder().setItemId(candidate).setPctrBase(HALF));
    }
    Scorer running = scorer;
    if (running == null) {
      throw new IllegalStateException("not started");
    }
    answers.add(running.score(RequestDecoder.decode(request.build()), call));
  }

  private ScoreAnswer answer(int number) throws Exception {
    return answers.get(number).get(10, TimeUnit.SECONDS);
  }

  private void assertScores(int number, long... items) throws Exception {
    float[] pctr = answer(number).pctr();
    assertThat(pctr).hasSize(items.length);
    for (int i = 0; i < items.length; i++) {
      assertThat(pctr[i]).isEqualTo(FakeEngine.scoreOf(items[i]));
    }
  }
}
