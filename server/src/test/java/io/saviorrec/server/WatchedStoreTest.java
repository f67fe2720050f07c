package io.saviorrec.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.saviorrec.server.health.Readiness;
import io.saviorrec.server.health.StoreHealth;
import io.saviorrec.server.metrics.ServerMetrics;
import io.saviorrec.server.store.InMemoryItemStore;
import io.saviorrec.server.store.StoreException;
import java.util.List;
import org.junit.jupiter.api.Test;

class WatchedStoreTest {
  @Test
  void failedWritesAreCountedAndToldToHealthAndFailStill() {
    try (ServerMetrics metrics = new ServerMetrics()) {
      InMemoryItemStore failing = new InMemoryItemStore();
      failing.failWrites();
      Readiness readiness = new Readiness();
      StoreHealth health = new StoreHealth(readiness, 1, (delay, task) -> {});
      WatchedStore store = new WatchedStore(failing, health, metrics.group());

      assertThatThrownBy(() -> store.change(List.of())).isInstanceOf(StoreException.class);
      assertThat(store.items(new long[] {1})).hasSize(1);

      assertThat(metrics.scrape())
          .contains("savior_store_errors_total{operation=\"write\"} 1.0")
          .contains("savior_store_errors_total{operation=\"read\"} 0.0");
      assertThat(readiness.degraded()).hasSize(1);
    }
  }
}
