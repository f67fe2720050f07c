package io.saviorrec.server.scoring;

import static org.assertj.core.api.Assertions.assertThat;

import io.saviorrec.contract.RequestDecoder;
import io.saviorrec.contract.ScoreBatch;
import io.saviorrec.contract.UserBatch;
import io.saviorrec.proto.v1.Candidate;
import io.saviorrec.proto.v1.Degradation;
import io.saviorrec.proto.v1.Priority;
import io.saviorrec.proto.v1.Score;
import io.saviorrec.proto.v1.ScoreRequest;
import io.saviorrec.proto.v1.ScoreResponse;
import io.saviorrec.proto.v1.ScoreSource;
import io.saviorrec.proto.v1.User;
import io.saviorrec.server.admission.Admission;
import io.saviorrec.server.admission.Overload;
import io.saviorrec.server.admission.QueueBounds;
import io.saviorrec.server.batching.Lane;
import io.saviorrec.server.config.ServerConfig;
import io.saviorrec.server.config.TestConfigs;
import io.saviorrec.server.fakes.FakeCall;
import io.saviorrec.server.fakes.FakeEngine;
import io.saviorrec.server.fakes.ForwardingEngine;
import io.saviorrec.server.fakes.TestBundles;
import io.saviorrec.server.fakes.TestHealth;
import io.saviorrec.server.metrics.RequestMetrics;
import io.saviorrec.server.metrics.ServerMetrics;
import io.saviorrec.server.registry.NewestModels;
import io.saviorrec.server.registry.Registry;
import io.saviorrec.server.registry.RepositoryLoader;
import io.saviorrec.server.request.ErrorCode;
import io.saviorrec.server.request.RequestException;
import io.saviorrec.server.request.Stage;
import io.saviorrec.server.store.InMemoryItemStore;
import io.saviorrec.server.store.SentItems;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// Offers twice what one thread can score, in a time that only the test lets pass.
@Timeout(120)
class OverloadedScorerTest {
  private static final long MILLI = TimeUnit.MILLISECONDS.toNanos(1);
  private static final long FULL_TIME = 10 * MILLI;
  private static final long SHORT_TIME = 6 * MILLI;
  private static final int MILLIS_BETWEEN_REQUESTS = 5;
  private static final int REQUESTS = 1_000;
  private static final int SHORT_HISTORY = 2;

  @TempDir private Path repository;
  private final AtomicLong clock = new AtomicLong();
  private final AtomicInteger ended = new AtomicInteger();
  private final List<Offer> offers = new ArrayList<>();
  private final PacedEngine engine = new PacedEngine();
  private final ServerMetrics metrics = new ServerMetrics();
  private final ServerConfig config = TestConfigs.small(Map.of("overload.queueTime", "80ms"));
  private final Admission admission =
      new Admission(
          "scoring", 1, 16, QueueBounds.waiting(config.overload().queueTime()), clock::get);
  private final Lane lane = new Lane("scoring", admission, clock::get);
  private @Nullable Registry registry;
  private @Nullable Scorer scorer;

  /// One request and what became of it.
  private static final class Offer {
    final ScoreRequest request;
    final long deadline;
    volatile @Nullable ScoreResponse response;
    volatile @Nullable Throwable failure;
    volatile long endedAt;
    final FakeCall call;

    Offer(ScoreRequest request, long deadline, LongSupplier clock) {
      this.request = request;
      this.deadline = deadline;
      this.call = new FakeCall(() -> deadline - clock.getAsLong());
    }

    boolean answered() {
      return response != null;
    }

    boolean degraded(Degradation how) {
      ScoreResponse answer = response;
      return answer != null && answer.getDegradedList().contains(how);
    }

    boolean whole() {
      ScoreResponse answer = response;
      return answer != null && answer.getDegradedCount() == 0;
    }

    boolean failed(ErrorCode code) {
      return failure instanceof RequestException e && e.code() == code;
    }

    @Override
    public String toString() {
      return request.getUser().getUserId() + " " + request.getPriority() + " " + failure;
    }
  }

  /// A fake engine whose calls end when the test's time has passed.
  private final class PacedEngine extends ForwardingEngine {
    private final FakeEngine fake;
    private final Semaphore finish = new Semaphore(0);
    private final AtomicLong endsAt = new AtomicLong();
    final ConcurrentMap<Long, Integer> clicksOfUser = new ConcurrentHashMap<>();
    private volatile boolean busy;

    PacedEngine() {
      FakeEngine fake = new FakeEngine();
      super(fake);
      this.fake = fake;
    }

    @Override
    public float[][] score(ScoreBatch batch) {
      UserBatch.User user = fake.user(batch.requests().getFirst().userSlot());
      int clicks = user.historyLength();
      clicksOfUser.put(user.userId(), clicks);
      endsAt.set(clock.get() + (clicks > SHORT_HISTORY ? FULL_TIME : SHORT_TIME));
      busy = true;
      finish.acquireUninterruptibly();
      busy = false;
      return fake.score(batch);
    }

    void finishWhatIsDue() {
      if (busy && clock.get() >= endsAt.get()) {
        busy = false;
        finish.release();
        settle();
      }
    }
  }

  @BeforeEach
  void start() throws IOException {
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
            lane,
            new Overload(admission, config.overload()),
            config.scoring(),
            config.engine().batchRows(),
            new RequestMetrics(metrics.group()),
            TestHealth.model(),
            RequestRecorder.NONE);
  }

  @AfterEach
  void stop() {
    engine.finish.release(REQUESTS);
    lane.drain(TimeUnit.SECONDS.toNanos(10));
    if (registry != null) {
      registry.close();
    }
    metrics.close();
  }

  @Test
  void atTwiceTheCapacityEveryAnswerAndEveryRefusalIsHonestAndTheImportantComeFirst() {
    int millis = 0;
    while (offers.size() < REQUESTS || admission.admitted() > 0) {
      if (millis % MILLIS_BETWEEN_REQUESTS == 0 && offers.size() < REQUESTS) {
        offer();
      }
      clock.addAndGet(MILLI);
      millis++;
      engine.finishWhatIsDue();
    }

    assertThat(offers)
        .filteredOn(offer -> offer.request.getPriority() == Priority.HIGH)
        .hasSize(REQUESTS / 5)
        .allMatch(Offer::whole)
        .allMatch(offer -> spent(offer, Stage.ROUTE, Stage.ITEMS, Stage.COMPUTE))
        .anyMatch(offer -> spent(offer, Stage.QUEUE));
    assertThat(offers).filteredOn(offer -> offer.request.getExact()).noneMatch(this::anyDegraded);
    assertThat(offers)
        .filteredOn(Offer::answered)
        .allMatch(offer -> offer.endedAt <= offer.deadline)
        .allMatch(this::saysWhatWasDone);
    assertThat(offers)
        .filteredOn(offer -> offer.failed(ErrorCode.RESOURCE_EXHAUSTED))
        .isNotEmpty()
        .allMatch(
            offer ->
                offer.failure instanceof RequestException e && e.retryAfterMillis().isPresent())
        .noneMatch(offer -> hasBaseScores(offer.request) && !offer.request.getExact());
    // The model ran for nothing but answers.
    assertThat(engine.clicksOfUser).hasSize(count(Offer::whole) + shortened());
    books();
  }

  private void books() {
    int whole = count(Offer::whole);
    int base = count(offer -> offer.degraded(Degradation.BASE_SCORE));
    int refused = count(offer -> offer.failed(ErrorCode.RESOURCE_EXHAUSTED));
    int late = count(offer -> offer.failed(ErrorCode.DEADLINE_EXCEEDED));
    assertThat(List.of(whole, shortened(), base, refused, late)).allMatch(each -> each > 0);
    assertThat(whole + shortened() + base + refused + late).isEqualTo(REQUESTS);
    String model = "\",model=\"saviorrec\",variant=\"saviorrec\",version=\"1\"} ";
    String degraded = "savior_score_degraded_total{degradation=\"";
    assertThat(metrics.scrape())
        .contains(degraded + "BASE_SCORE" + model + (double) base)
        .contains(degraded + "SHORT_HISTORY" + model + (double) shortened());
    assertThat(whole + shortened()).isGreaterThan(REQUESTS / 2);
  }

  private static boolean spent(Offer offer, Stage... stages) {
    return Stream.of(stages).allMatch(stage -> offer.call.times().nanos(stage) > 0);
  }

  private int shortened() {
    return count(offer -> offer.degraded(Degradation.SHORT_HISTORY));
  }

  private boolean anyDegraded(Offer offer) {
    return offer.answered() && !offer.whole();
  }

  private boolean saysWhatWasDone(Offer offer) {
    Integer clicks = engine.clicksOfUser.get(offer.request.getUser().getUserId());
    ScoreResponse response = offer.response;
    if (response == null) {
      return false;
    }
    List<Degradation> degraded = response.getDegradedList();
    List<Float> scores = response.getScoresList().stream().map(Score::getPctr).toList();
    boolean base = response.getScoresList().stream().allMatch(this::isBase);
    if (clicks == null) {
      return degraded.equals(List.of(Degradation.BASE_SCORE))
          && base
          && scores.equals(List.of(0.25f, 0.5f));
    }
    boolean scored = scores.equals(List.of(FakeEngine.scoreOf(1), FakeEngine.scoreOf(2)));
    return scored
        && !base
        && degraded.equals(clicks == SHORT_HISTORY ? List.of(Degradation.SHORT_HISTORY) : List.of())
        && (clicks == SHORT_HISTORY || clicks == TestBundles.HISTORY_LENGTH);
  }

  private boolean isBase(Score score) {
    return score.getSource() == ScoreSource.PCTR_BASE;
  }

  private static boolean hasBaseScores(ScoreRequest request) {
    return request.getCandidates(0).hasPctrBase();
  }

  private int count(Predicate<Offer> which) {
    return (int) offers.stream().filter(which).count();
  }

  /// Of ten requests two are of high priority, five of normal and three of low.
  private void offer() {
    int number = offers.size();
    int kind = number % 10;
    boolean high = kind % 5 == 0;
    boolean low = kind == 3 || kind == 7 || kind == 9;
    ScoreRequest.Builder request =
        ScoreRequest.newBuilder()
            .setPriority(high ? Priority.HIGH : low ? Priority.LOW : Priority.NORMAL)
            .setExact(high || number % 7 == 0)
            .setUser(User.newBuilder().setUserId(number).addAllHistory(List.of(3L, 4L, 5L, 6L, 7L)))
            .addCandidates(Candidate.newBuilder().setItemId(1))
            .addCandidates(Candidate.newBuilder().setItemId(2));
    if (number % 2 == 0) {
      request.getCandidatesBuilder(0).setPctrBase(0.25);
      request.getCandidatesBuilder(1).setPctrBase(0.5);
    }
    // Some leave less time than scoring takes.
    boolean hopeless = number > 100 && number % 50 == 49;
    long deadline = clock.get() + (hopeless ? 5 : high ? 60 : 90) * MILLI;
    Offer offer = new Offer(request.build(), deadline, clock::get);
    offers.add(offer);
    Scorer running = scorer;
    if (running == null) {
      throw new IllegalStateException("not started");
    }
    var _ =
        running
            .score(RequestDecoder.decode(offer.request), offer.call)
            .whenComplete(
                (answer, failure) -> {
                  offer.response = answer == null ? null : answer.toMessage();
                  offer.failure = failure instanceof CompletionException e ? e.getCause() : failure;
                  offer.endedAt = clock.get();
                  ended.incrementAndGet();
                });
    settle();
  }

  /// Waits until the thread scores or has nothing to do, and what ended is known to have ended.
  private void settle() {
    while (ended.get() + admission.admitted() != offers.size()
        || (!engine.busy && admission.admitted() > 0)) {
      if (Thread.interrupted()) {
        throw new AssertionError("what the test waits for does not happen");
      }
      Thread.onSpinWait();
    }
  }
}
