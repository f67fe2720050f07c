package io.saviorrec.trainer.data.table;

import com.sun.management.OperatingSystemMXBean;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;

/// What an embedded database may take of the machine.
///
/// @param memoryBytes what it keeps in memory; more goes to the scratch folder
/// @param threads of one statement
/// @param scratch a folder for what does not fit into memory, and for the tables themselves
public record DatabaseLimits(long memoryBytes, int threads, Path scratch) {
  /// A statement needs some memory for each of its threads.
  private static final long BYTES_A_THREAD = 128L << 20;

  /// The least memory that preparing a log works in.
  public static final long LEAST_BYTES = 256L << 20;

  private static final int MOST_THREADS = 16;

  public DatabaseLimits {
    if (memoryBytes < LEAST_BYTES) {
      throw new IllegalArgumentException(
          "memoryBytes must be at least " + LEAST_BYTES + " but was " + memoryBytes);
    }
    if (threads < 1) {
      throw new IllegalArgumentException("threads must be at least 1 but was " + threads);
    }
  }

  /// A quarter of the memory of the machine, or of the container; scratch where the JVM keeps its
  /// own temporary files.
  public static DatabaseLimits ofMachine() {
    OperatingSystemMXBean machine =
        ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class);
    return of(
        Math.max(LEAST_BYTES, machine.getTotalMemorySize() / 4),
        Path.of(System.getProperty("java.io.tmpdir")));
  }

  /// So much memory, with as many threads as it and the processors suffice for.
  public static DatabaseLimits of(long memoryBytes, Path scratch) {
    long threads =
        Math.min(
            Math.min(MOST_THREADS, Runtime.getRuntime().availableProcessors()),
            memoryBytes / BYTES_A_THREAD);
    return new DatabaseLimits(memoryBytes, (int) Math.max(1, threads), scratch);
  }
}
