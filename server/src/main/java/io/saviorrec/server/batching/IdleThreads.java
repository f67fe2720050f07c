package io.saviorrec.server.batching;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.Optional;
import java.util.concurrent.ThreadFactory;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Makes threads that run on the processor time that all others leave, for work that nobody waits
/// for.
///
/// The JVM gives its threads all the same priority on Linux, so each sets its own: what `nice` sets
/// counts there for a thread and for those that it starts, libtorch's among them.
@SuppressWarnings("restricted") // every program starts with --enable-native-access
public final class IdleThreads implements ThreadFactory {
  private static final Logger log = LoggerFactory.getLogger(IdleThreads.class);

  /// `PRIO_PROCESS`, of which 0 is the calling thread.
  private static final int PRIO_PROCESS = 0;

  private static final int NICEST = 19;
  private static final Optional<MethodHandle> SET_PRIORITY =
      Linker.nativeLinker()
          .defaultLookup()
          .find("setpriority")
          .map(
              address ->
                  Linker.nativeLinker()
                      .downcallHandle(
                          address,
                          FunctionDescriptor.of(
                              ValueLayout.JAVA_INT,
                              ValueLayout.JAVA_INT,
                              ValueLayout.JAVA_INT,
                              ValueLayout.JAVA_INT)));

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

  private static void yieldToOthers() {
    try {
      if (SET_PRIORITY.isEmpty()
          || (int) SET_PRIORITY.get().invokeExact(PRIO_PROCESS, 0, NICEST) != 0) {
        log.debug("the thread runs with the priority of all others");
      }
    } catch (Throwable e) {
      log.debug("the thread runs with the priority of all others: {}", e.toString());
    }
  }
}
