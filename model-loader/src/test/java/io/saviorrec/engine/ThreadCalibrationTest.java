package io.saviorrec.engine;

import static org.assertj.core.api.Assertions.assertThat;

import io.saviorrec.engine.ThreadCalibration.Measured;
import io.saviorrec.engine.ThreadCalibration.Split;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

class ThreadCalibrationTest {

  @Test
  void noSplitHasMoreThreadsThanCores() {
    assertThat(ThreadCalibration.splits(1)).containsExactly(new Split(1, 1));
    assertThat(ThreadCalibration.splits(6))
        .containsExactly(new Split(6, 1), new Split(3, 2), new Split(1, 4));
  }

  @Test
  void fewerCallsAtOnceAreTakenOnlyWhenTheyClearlyDoMore() {
    Measured many = new Measured(new Split(4, 1), 100);
    assertThat(ThreadCalibration.best(List.of(many, new Measured(new Split(2, 2), 109))))
        .isEqualTo(many.split());
    assertThat(
            ThreadCalibration.best(
                List.of(
                    many, new Measured(new Split(2, 2), 120), new Measured(new Split(1, 4), 125))))
        .isEqualTo(new Split(2, 2));
  }

  @Test
  void whatElseRunsDoesNotMakeCallsAtOnceLookSlow() throws Exception {
    double quiet = ThreadCalibration.measure(2, _ -> {}).getFirst().perSecond();
    AtomicBoolean over = new AtomicBoolean();
    int spinners = 4 * Runtime.getRuntime().availableProcessors();
    double busy;
    try (ExecutorService others = Executors.newFixedThreadPool(spinners)) {
      for (int i = 0; i < spinners; i++) {
        others.execute(
            () -> {
              while (!over.get()) {
                Thread.onSpinWait();
              }
            });
      }
      try {
        busy = ThreadCalibration.measure(2, _ -> {}).getFirst().perSecond();
      } finally {
        over.set(true);
      }
    }
    assertThat(busy / quiet).isGreaterThan(.5);
  }

  @Test
  void everySplitOfThisMachineIsMeasured() throws Exception {
    List<Integer> set = new ArrayList<>();
    assertThat(ThreadCalibration.measure(2, set::add))
        .extracting(Measured::split)
        .containsExactly(new Split(2, 1), new Split(1, 2));
    assertThat(set).containsExactly(1, 2, 1, 2, 1, 2);
    assertThat(ThreadCalibration.measure(1, set::add).getFirst().perSecond()).isPositive();
  }
}
