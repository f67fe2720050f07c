package io.saviorrec.server.batching;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.saviorrec.server.admission.Admission;
import io.saviorrec.server.admission.Demand;
import io.saviorrec.server.fakes.FakeCall;
import io.saviorrec.server.request.Call;
import io.saviorrec.server.request.ErrorCode;
import io.saviorrec.server.request.Priority;
import io.saviorrec.server.request.RequestException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// What goes together with what.
@Timeout(30)
class LaneBatchTest {
  private static final int MOST_ROWS = 100;

  private final AtomicLong clock = new AtomicLong();
  private final Admission admission = new Admission("test", 1, 20);
  private final Lane lane = new Lane("test", admission, clock::get);
  private final CountDownLatch gate = new CountDownLatch(1);
  private final List<String> ran = new CopyOnWriteArrayList<>();
  private final Kind first = new Kind("a");
  private final Kind second = new Kind("b");
  private final List<CompletableFuture<String>> all = new ArrayList<>();

  /// A request of so many rows.
  private record Piece(String name, int rows) {}

  /// Notes what ran together.
  private final class Kind implements Together<Piece, String> {
    private final String name;
    private final List<Long> took = new CopyOnWriteArrayList<>();

    Kind(String name) {
      this.name = name;
    }

    @Override
    public boolean fits(List<Piece> chosen, Piece next) {
      return chosen.stream().mapToInt(Piece::rows).sum() + next.rows() <= MOST_ROWS;
    }

    @Override
    public long expectedNanos(List<Piece> pieces) {
      return pieces.stream().mapToInt(Piece::rows).sum();
    }

    @Override
    public List<Piece> run(List<Turn<Piece, String>> turns) {
      ran.add(name + turns.stream().map(turn -> turn.piece().name()).toList());
      clock.addAndGet(10);
      for (Turn<Piece, String> turn : turns) {
        switch (turn.piece().name()) {
          case "bad" -> turn.fail(new IllegalStateException("bad"));
          case "forgotten" -> {}
          case "worst" -> throw new IllegalStateException("worst");
          default -> turn.succeed("answer to " + turn.piece().name());
        }
      }
      return turns.stream().map(Turn::piece).toList();
    }

    @Override
    public void took(List<Piece> pieces, long nanos) {
      took.add(nanos);
    }
  }

  @AfterEach
  void stop() {
    gate.countDown();
    lane.drain(TimeUnit.SECONDS.toNanos(5));
  }

  @Test
  void whatWaitsGoesTogetherInTheOrderOfArrivalAndUpToTheBound() throws Exception {
    occupy();
    for (int i = 1; i <= 5; i++) {
      submit(first, "" + i, 30);
    }
    run();

    assertThat(ran).containsExactly("a[1, 2, 3]", "a[4, 5]");
    assertThat(all.get(3)).isCompletedWithValue("answer to 4");
    assertThat(first.took).containsExactly(10L, 10L);
    assertThat(admission.admitted()).isZero();
  }

  @Test
  void nothingWaitsForCompanionsWhileTheThreadIsIdle() throws Exception {
    for (int i = 1; i <= 3; i++) {
      submit(first, "" + i, 30);
      all.getLast().get(10, TimeUnit.SECONDS);
    }

    assertThat(ran).containsExactly("a[1]", "a[2]", "a[3]");
  }

  /// The third would fit in beside the first.
  @Test
  void whatIsLargeGoesAloneAndNobodyOvertakesIt() throws Exception {
    occupy();
    submit(first, "1", 30);
    submit(first, "large", 1000);
    submit(first, "3", 30);
    submit(first, "4", 30);
    run();

    assertThat(ran).containsExactly("a[1]", "a[large]", "a[3, 4]");
  }

  @Test
  void kindsAndPrioritiesDoNotMix() throws Exception {
    occupy();
    submit(first, "1", 10);
    submit(second, "2", 10);
    submit(first, "3", 10);
    submit(second, "4", 10);
    submit(first, "high", 10, Priority.HIGH, Call.UNBOUNDED);
    submit(first, "low", 10, Priority.LOW, Call.UNBOUNDED);
    run();

    assertThat(ran).containsExactly("a[high]", "a[1, 3]", "b[2, 4]", "a[low]");
  }

  @Test
  void whatEndedWhileItWaitedIsNotRunAndCostsTheOthersNothing() throws Exception {
    occupy();
    FakeCall cancelled = new FakeCall();
    FakeCall late = new FakeCall();
    submit(first, "1", 10);
    submit(first, "2", 10, Priority.NORMAL, cancelled);
    submit(first, "3", 10, Priority.NORMAL, late);
    submit(first, "4", 10);
    cancelled.cancel();
    late.expireSilently();
    gate.countDown();

    assertFailed(all.get(1), ErrorCode.CANCELLED);
    assertFailed(all.get(2), ErrorCode.DEADLINE_EXCEEDED);
    assertThat(all.get(3).get(10, TimeUnit.SECONDS)).isEqualTo("answer to 4");
    // Whose deadline has passed is taken with nobody.
    assertThat(ran).containsExactly("a[1]", "a[4]");
  }

  @Test
  void nobodyIsMadeLateByThoseThatGoWithIt() throws Exception {
    occupy();
    submit(first, "hasty", 30, Priority.NORMAL, FakeCall.endingIn(70));
    submit(first, "2", 30);
    submit(first, "3", 30);
    submit(first, "hastier", 30, Priority.NORMAL, FakeCall.endingIn(40));
    submit(first, "5", 30);
    run();

    assertThat(ran).containsExactly("a[hasty, 2]", "a[3]", "a[hastier]", "a[5]");
  }

  @Test
  void oneThatFailsFailsAlone() throws Exception {
    occupy();
    submit(first, "1", 10);
    submit(first, "bad", 10);
    submit(first, "forgotten", 10);
    submit(first, "4", 10);
    gate.countDown();

    assertThat(all.get(0).get(10, TimeUnit.SECONDS)).isEqualTo("answer to 1");
    assertThatThrownBy(() -> all.get(1).get(10, TimeUnit.SECONDS)).hasRootCauseMessage("bad");
    assertThatThrownBy(() -> all.get(2).get(10, TimeUnit.SECONDS))
        .hasRootCauseMessage("work ended without a result");
    assertThat(all.get(3).get(10, TimeUnit.SECONDS)).isEqualTo("answer to 4");
    assertThat(admission.admitted()).isZero();
  }

  @Test
  void whatIsThrownFailsThoseThatHaveNotEnded() throws Exception {
    occupy();
    submit(first, "1", 10);
    submit(first, "worst", 10);
    submit(first, "3", 10);
    gate.countDown();

    assertThat(all.get(0).get(10, TimeUnit.SECONDS)).isEqualTo("answer to 1");
    for (int i = 1; i < 3; i++) {
      CompletableFuture<String> failed = all.get(i);
      assertThatThrownBy(() -> failed.get(10, TimeUnit.SECONDS)).hasRootCauseMessage("worst");
    }
    assertThat(first.took).isEmpty();
    assertThat(admission.admitted()).isZero();
  }

  private void submit(Kind kind, String name, int rows) {
    submit(kind, name, rows, Priority.NORMAL, Call.UNBOUNDED);
  }

  private void submit(Kind kind, String name, int rows, Priority priority, Call call) {
    Demand demand = new Demand(priority, 0, 0, nanos -> {});
    all.add(lane.submit(call, demand, kind, new Piece(name, rows)));
  }

  private void run() throws Exception {
    gate.countDown();
    for (CompletableFuture<String> each : all) {
      each.get(10, TimeUnit.SECONDS);
    }
  }

  private void occupy() throws InterruptedException {
    CountDownLatch running = new CountDownLatch(1);
    CompletableFuture<Boolean> unused =
        lane.submit(
            Call.UNBOUNDED,
            Demand.light(),
            queued -> {
              running.countDown();
              gate.await();
              return true;
            });
    assertThat(unused).isNotNull();
    running.await();
  }

  private static void assertFailed(CompletableFuture<?> result, ErrorCode code) {
    assertThatThrownBy(() -> result.get(10, TimeUnit.SECONDS))
        .cause()
        .isInstanceOfSatisfying(RequestException.class, e -> assertThat(e.code()).isEqualTo(code));
  }
}
