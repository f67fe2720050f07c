package io.saviorrec.server.admission;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.saviorrec.server.request.ErrorCode;
import io.saviorrec.server.request.RequestException;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class ByteBudgetTest {
  private final ByteBudget budget = new ByteBudget(100, 60);

  @Test
  void refusesWhatIsMoreThanThereIs() {
    ByteBudget.Reservation first = budget.share().reservation();
    ByteBudget.Reservation second = budget.share().reservation();
    first.grow(60);
    second.grow(40);

    assertThatThrownBy(() -> second.grow(1))
        .isInstanceOfSatisfying(
            RequestException.class,
            e -> assertThat(e.code()).isEqualTo(ErrorCode.RESOURCE_EXHAUSTED))
        .hasMessage("calls hold limits.inFlightBytes = 100 already");
    assertThat(budget.used()).isEqualTo(100);
    first.close();
    second.grow(1);
    assertThat(budget.used()).isEqualTo(41);
  }

  @Test
  void onePeersCallsHoldNoMoreThanItsShare() {
    ByteBudget.Share peer = budget.share();
    peer.reservation().grow(40);
    ByteBudget.Reservation second = peer.reservation();

    assertThatThrownBy(() -> second.grow(21))
        .hasMessage("calls of this connection hold limits.connectionBytes = 60 already");
    second.grow(20);
    budget.share().reservation().grow(40);
  }

  @Test
  void aCallThatIsOverHoldsNothingAndTakesNothingMore() {
    ByteBudget.Reservation call = budget.share().reservation();
    call.grow(50);
    call.shrink(20);
    assertThat(budget.used()).isEqualTo(30);
    call.close();
    call.close();
    call.grow(10);
    call.shrink(10);

    assertThat(budget.used()).isZero();
  }

  @Test
  void countsRightWhenManyThreadsTakeAndGiveBack() throws InterruptedException {
    ByteBudget.Share peer = budget.share();
    List<Thread> threads = new ArrayList<>();
    for (int seed = 0; seed < 4; seed++) {
      SplittableRandom random = new SplittableRandom(seed);
      threads.add(
          Thread.startVirtualThread(
              () -> {
                for (int i = 0; i < 20_000; i++) {
                  try (ByteBudget.Reservation call = peer.reservation()) {
                    call.grow(random.nextInt(1, 40));
                    assertThat(budget.used()).isBetween(1L, 60L);
                  } catch (RequestException e) {
                    Thread.onSpinWait();
                  }
                }
              }));
    }
    for (Thread thread : threads) {
      thread.join();
    }

    assertThat(budget.used()).isZero();
  }
}
