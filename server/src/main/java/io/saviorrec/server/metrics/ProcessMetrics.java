package io.saviorrec.server.metrics;

import com.sun.management.OperatingSystemMXBean;
import com.sun.management.UnixOperatingSystemMXBean;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.MeterBinder;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/// Memory, CPU time and open files of the process, by the names that Prometheus' own clients give
/// them.
final class ProcessMetrics implements MeterBinder {
  private static final String RESIDENT = "VmRSS:";
  private static final String ANONYMOUS = "RssAnon:";

  /// No file's either: ZGC has its heap there.
  private static final String SHARED = "RssShmem:";

  private final Path status;

  ProcessMetrics() {
    this(Path.of("/proc/self/status"));
  }

  /// @param status what the kernel says of the process
  ProcessMetrics(Path status) {
    this.status = status;
  }

  @Override
  public void bindTo(MeterRegistry registry) {
    if (Files.isReadable(status)) {
      Gauge.builder("process.resident.memory", () -> bytes(RESIDENT))
          .description("Memory of the process that is in RAM, heap and libtorch's included")
          .baseUnit("bytes")
          .register(registry);
      Gauge.builder("savior.memory.anonymous", () -> bytes(ANONYMOUS) + bytes(SHARED))
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

  /// @param kind what the line begins with; its number is in kB
  private double bytes(String kind) {
    try (Stream<String> lines = Files.lines(status)) {
      return lines
          .filter(line -> line.startsWith(kind))
          .mapToDouble(line -> Long.parseLong(line.replaceAll("\\D", "")) * 1024.0)
          .findFirst()
          .orElse(Double.NaN);
    } catch (IOException | UncheckedIOException _) {
      return Double.NaN;
    }
  }
}
