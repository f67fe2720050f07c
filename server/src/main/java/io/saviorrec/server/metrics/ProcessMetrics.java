package io.saviorrec.server.metrics;

import com.sun.management.OperatingSystemMXBean;
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
  private static final int RESIDENT = 1;
  private static final int OF_FILES = 2;
  private static final int PAGE_BYTES = 4096;

  @Override
  public void bindTo(MeterRegistry registry) {
    if (Files.isReadable(MEMORY)) {
      Gauge.builder("process.resident.memory", () -> pages(RESIDENT))
          .description("Memory of the process that is in RAM, heap and libtorch's included")
          .baseUnit("bytes")
          .register(registry);
      Gauge.builder("savior.memory.anonymous", () -> pages(RESIDENT) - pages(OF_FILES))
          .description("The part of it that stands for no file, so that the kernel cannot drop it")
          .baseUnit("bytes")
          .register(registry);
    }
    if (ManagementFactory.getOperatingSystemMXBean() instanceof OperatingSystemMXBean system) {
      Gauge.builder("savior.memory.limit", system, OperatingSystemMXBean::getTotalMemorySize)
          .description("Memory that the process may have: its container's, or the machine's")
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

  /// @param kind which number of the file
  private static double pages(int kind) {
    try {
      return Long.parseLong(Files.readString(MEMORY).split(" ", -1)[kind]) * (double) PAGE_BYTES;
    } catch (IOException _) {
      return Double.NaN;
    }
  }
}
