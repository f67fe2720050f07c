package io.saviorrec.server.batching;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
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
/// those that it starts too, libtorch's among them. `SCHED_IDLE` it must be: a thread that wakes
/// takes the processor from one of these at once, while even the nicest of the others may keep it
/// until the next tick, 4 ms on most kernels. Where that is refused the threads are as nice as can
/// be.
@SuppressWarnings("restricted") // every program starts with --enable-native-access
public final class IdleThreads implements ThreadFactory {
  private static final Logger log = LoggerFactory.getLogger(IdleThreads.class);

  /// `PRIO_PROCESS`, of which 0 is the calling thread.
  private static final int PRIO_PROCESS = 0;

  private static final int NICEST = 19;
  private static final int SCHED_IDLE = 5;

  private static final Optional<MethodHandle> SET_PRIORITY =
      function("setpriority", ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.JAVA_INT);

  /// Of a thread, where 0 is the calling one; a policy; and its parameters, an int that is 0.
  private static final Optional<MethodHandle> SET_SCHEDULER =
      function(
          "sched_setscheduler", ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.ADDRESS);

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

  private static Optional<MethodHandle> function(String name, MemoryLayout... arguments) {
    Linker linker = Linker.nativeLinker();
    return linker
        .defaultLookup()
        .find(name)
        .map(
            address ->
                linker.downcallHandle(
                    address, FunctionDescriptor.of(ValueLayout.JAVA_INT, arguments)));
  }

  private static void yieldToOthers() {
    try (Arena arena = Arena.ofConfined()) {
      if (SET_SCHEDULER.isPresent()
          && (int)
                  SET_SCHEDULER
                      .get()
                      .invokeExact(0, SCHED_IDLE, arena.allocate(ValueLayout.JAVA_INT))
              == 0) {
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
}
