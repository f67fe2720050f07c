package io.saviorrec.server.batching;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
@SuppressWarnings("restricted") // asks the kernel
class IdleThreadsTest {
  @Test
  void threadsAndThoseThatTheyStartRunOnWhatOthersLeave() throws Exception {
    int before = nice();
    assertThat(seen(IdleThreadsTest::nice)).containsExactly(19, 19);
    assertThat(nice()).isEqualTo(before);
  }

  @Test
  void whoWakesDoesNotWaitForTheirSliceToEnd() throws Exception {
    int[] release =
        Arrays.stream(Files.readString(Path.of("/proc/sys/kernel/osrelease")).split("[.-]", -1))
            .limit(2)
            .mapToInt(Integer::parseInt)
            .toArray();
    assumeThat(100 * release[0] + release[1]).as("slices can be set").isGreaterThanOrEqualTo(612);
    assertThat(seen(IdleThreadsTest::slice)).containsExactly(100_000L, 100_000L);
    assertThat(slice()).isGreaterThan(100_000L);
  }

  /// What an idle thread sees of itself, and a thread that it starts.
  private static <T> Iterable<T> seen(Supplier<T> what) throws Exception {
    CompletableFuture<T> own = new CompletableFuture<>();
    CompletableFuture<T> started = new CompletableFuture<>();
    new IdleThreads("idle")
        .newThread(
            () -> {
              own.complete(what.get());
              new Thread(() -> started.complete(what.get())).start();
            })
        .start();
    return Arrays.asList(own.get(20, TimeUnit.SECONDS), started.get(20, TimeUnit.SECONDS));
  }

  /// The 19th field of what the kernel says of the calling thread; its name may have blanks.
  private static int nice() {
    try {
      String stat = Files.readString(Path.of("/proc/thread-self/stat"));
      return Integer.parseInt(stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1)[19 - 3]);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /// What `sched_getattr`, 315, says of the calling thread, nanoseconds.
  private static long slice() {
    Linker linker = Linker.nativeLinker();
    MethodHandle syscall =
        linker.downcallHandle(
            linker.defaultLookup().find("syscall").orElseThrow(),
            FunctionDescriptor.of(
                ValueLayout.JAVA_LONG,
                ValueLayout.JAVA_LONG,
                ValueLayout.JAVA_INT,
                ValueLayout.ADDRESS,
                ValueLayout.JAVA_INT,
                ValueLayout.JAVA_INT));
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment attributes = arena.allocate(48, 8);
      assertThat((long) syscall.invokeExact(315L, 0, attributes, 48, 0)).isZero();
      return attributes.get(ValueLayout.JAVA_LONG, 24);
    } catch (Throwable e) {
      throw new IllegalStateException(e);
    }
  }
}
