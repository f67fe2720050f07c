package io.saviorrec.server.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ProcessMetricsTest {
  @TempDir private Path folder;

  @Test
  void countsTheHeapOfZgcWhichIsSharedMemoryAsMemoryThatNobodyCanTakeBack() throws IOException {
    Path status =
        Files.writeString(
            folder.resolve("status"),
            "Name:\tjava\nVmRSS:\t  317792 kB\nRssAnon:\t   47300 kB\nRssFile:\t   35644 kB\nRssShmem:\t  234848 kB\n");
    SimpleMeterRegistry registry = new SimpleMeterRegistry();

    new ProcessMetrics(status).bindTo(registry);

    assertThat(registry.get("savior.memory.anonymous").gauge().value())
        .isEqualTo((47300 + 234848) * 1024.0);
    assertThat(registry.get("process.resident.memory").gauge().value()).isEqualTo(317792 * 1024.0);
  }

  @Test
  void readsWhatThisKernelSays() {
    SimpleMeterRegistry registry = new SimpleMeterRegistry();

    new ProcessMetrics().bindTo(registry);

    double resident = registry.get("process.resident.memory").gauge().value();
    assertThat(registry.get("savior.memory.anonymous").gauge().value())
        .isGreaterThan(10_000_000)
        .isLessThan(resident);
  }
}
