package io.saviorrec.server.batching;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.Optional;
import java.util.concurrent.ThreadFactory;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Makes threads that run on the processor time that all others leave, for work that nobody waits
/// for.
///
/// The JVM gives its threads all the same priority on Linux, so each sets its own, which counts for
/// those that it starts too, libtorch's among them: the lowest, and the shortest slice. Since Linux
/// 6.6 a thread keeps the processor from one that wakes until its slice is over, usually for
/// milliseconds, however low its priority; slices can be set since 6.12, and before that the
/// priority alone counts. The policy `SCHED_IDLE` gives way at once too, but on a machine that is
/// never idle next to nothing would be left for it.
@SuppressWarnings("restricted") // every program starts with --enable-native-access
public final class IdleThreads implements ThreadFactory {
  private static final Logger log = LoggerFactory.getLogger(IdleThreads.class);

  /// `PRIO_PROCESS`, of which 0 is the calling thread.
  private static final int PRIO_PROCESS = 0;

  private static final int NICEST = 19;

  /// `SYS_sched_setattr`; few libraries of C have a function for it.
  private static final long SET_ATTRIBUTES = 314;

  /// The shortest that the kernel allows.
  private static final long SLICE_NANOS = 100_000;

  private static final Optional<MethodHandle> SET_PRIORITY =
      function(
          "setpriority",
          ValueLayout.JAVA_INT,
          ValueLayout.JAVA_INT,
          ValueLayout.JAVA_INT,
          ValueLayout.JAVA_INT);

  /// Its number, a thread, of which 0 is the calling one, a `sched_attr` and no flags.
  private static final Optional<MethodHandle> SYSCALL =
      function(
          "syscall",
          ValueLayout.JAVA_LONG,
          ValueLayout.JAVA_LONG,
          ValueLayout.JAVA_INT,
          ValueLayout.ADDRESS,
          ValueLayout.JAVA_INT);

  /// The first version of the kernel's `sched_attr`, for the usual policy.
  private static final MemoryLayout ATTRIBUTES =
      MemoryLayout.structLayout(
          ValueLayout.JAVA_INT.withName("size"),
          ValueLayout.JAVA_INT.withName("policy"),
          ValueLayout.JAVA_LONG.withName("flags"),
          ValueLayout.JAVA_INT.withName("nice"),
          ValueLayout.JAVA_INT.withName("priority"),
          ValueLayout.JAVA_LONG.withName("runtime"),
          ValueLayout.JAVA_LONG.withName("deadline"),
          ValueLayout.JAVA_LONG.withName("period"));

  private final String name;

  /// @param name of the threads
  public IdleThreads(String name) {
    this.name = name;
  }

  @Override
  public Thread newThread(Runnable task) {
    Thread thread =
        new Thread(
            () -> {
              yieldToOthers();
              task.run();
            },
            name);
    thread.setDaemon(true);
    return thread;
  }

  private static Optional<MethodHandle> function(
      String name, MemoryLayout result, MemoryLayout... arguments) {
    Linker linker = Linker.nativeLinker();
    return linker
        .defaultLookup()
        .find(name)
        .map(address -> linker.downcallHandle(address, FunctionDescriptor.of(result, arguments)));
  }

  private static void yieldToOthers() {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment attributes = arena.allocate(ATTRIBUTES);
      attributes.set(ValueLayout.JAVA_INT, at("size"), (int) ATTRIBUTES.byteSize());
      attributes.set(ValueLayout.JAVA_INT, at("nice"), NICEST);
      attributes.set(ValueLayout.JAVA_LONG, at("runtime"), SLICE_NANOS);
      if (SYSCALL.isPresent()
          && (long) SYSCALL.get().invokeExact(SET_ATTRIBUTES, 0, attributes, 0) == 0) {
        return;
      }
      if (SET_PRIORITY.isEmpty()
          || (int) SET_PRIORITY.get().invokeExact(PRIO_PROCESS, 0, NICEST) != 0) {
        log.debug("the thread runs with the priority of all others");
      }
    } catch (Throwable e) {
      log.debug("the thread runs with the priority of all others: {}", e.toString());
    }
  }

  private static long at(String field) {
    return ATTRIBUTES.byteOffset(MemoryLayout.PathElement.groupElement(field));
  }
}
