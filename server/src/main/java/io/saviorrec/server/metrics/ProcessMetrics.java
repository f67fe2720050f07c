package io.saviorrec.server.metrics;

import com.sun.management.UnixOperatingSystemMXBean;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.MeterBinder;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;

/// Memory, CPU time and open files of the process, by the names that Prometheus' own clients give
/// them.
final class ProcessMetrics implements MeterBinder {
  private static final Path MEMORY = Path.of("/proc/self/statm");
  private static final int PAGE_BYTES = 4096;

  @Override
  public void bindTo(MeterRegistry registry) {
    if (Files.isReadable(MEMORY)) {
      Gauge.builder("process.resident.memory", ProcessMetrics::residentBytes)
          .description("Memory of the process that is in RAM, heap and libtorch's included")
          .baseUnit("bytes")
          .register(registry);
    }
    if (ManagementFactory.getOperatingSystemMXBean() instanceof UnixOperatingSystemMXBean unix) {
      Gauge.builder("process.open.fds", unix, UnixOperatingSystemMXBean::getOpenFileDescriptorCount)
          .description("Open file descriptors, sockets included")
          .register(registry);
      FunctionCounter.builder("process.cpu", unix, each -> each.getProcessCpuTime() / 1e9)
          .description("CPU time of the process, its own and the system's for it")
          .baseUnit("seconds")
          .register(registry);
      Gauge.builder("process.max.fds", unix, UnixOperatingSystemMXBean::getMaxFileDescriptorCount)
          .description("Open file descriptors that the process may have")
          .register(registry);
    }
  }

  /// The second number of the file: pages in RAM.
  private static double residentBytes() {
    try {
      return Long.parseLong(Files.readString(MEMORY).split(" ", 3)[1]) * (double) PAGE_BYTES;
    } catch (IOException _) {
      return Double.NaN;
    }
  }
}
