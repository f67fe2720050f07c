package io.saviorrec.server.health;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Finds out when the item store takes no items, and when it does again.
///
/// An Items service that is not serving is sent no items, so after a quiet while it says that it
/// serves and leaves it to the next items to show whether it does.
public final class StoreHealth {
  private static final Logger log = LoggerFactory.getLogger(StoreHealth.class);
  private static final String SOURCE = "the item store";
  private static final Duration QUIET = Duration.ofSeconds(30);

  private final Readiness readiness;
  private final int failuresInRow;
  private final Later later;
  private final AtomicInteger inRow = new AtomicInteger();
  private final AtomicInteger failures = new AtomicInteger();

  /// @param failuresInRow that make Items say that it does not serve
  public StoreHealth(Readiness readiness, int failuresInRow, Later later) {
    this.readiness = readiness;
    this.failuresInRow = failuresInRow;
    this.later = later;
  }

  /// Items were stored.
  public void succeeded() {
    if (inRow.get() > 0 && inRow.getAndSet(0) >= failuresInRow) {
      recover();
    }
  }

  /// Items could not be stored.
  public void failed(Throwable failure) {
    int seen = failures.incrementAndGet();
    if (inRow.incrementAndGet() < failuresInRow) {
      return;
    }
    String reason = "takes no items: " + failure.getMessage();
    if (!readiness.failing(SOURCE)) {
      log.error("{} {}; scoring goes on", SOURCE, reason);
    }
    readiness.itemsFailed(SOURCE, reason);
    later.run(
        QUIET,
        () -> {
          if (failures.get() == seen) {
            inRow.set(0);
            recover();
          }
        });
  }

  private void recover() {
    if (readiness.failing(SOURCE)) {
      log.info("{} is tried again", SOURCE);
    }
    readiness.recovered(SOURCE);
  }
}
