package io.saviorrec.server.batching;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class IdleThreadsTest {
  private static final int SCHED_IDLE = 5;

  @Test
  void threadsAndThoseThatTheyStartRunOnWhatOthersLeave() throws Exception {
    int before = policy();
    CompletableFuture<Integer> own = new CompletableFuture<>();
    CompletableFuture<Integer> started = new CompletableFuture<>();
    new IdleThreads("idle")
        .newThread(
            () -> {
              own.complete(policy());
              new Thread(() -> started.complete(policy())).start();
            })
        .start();

    assertThat(own.get(20, TimeUnit.SECONDS)).isEqualTo(SCHED_IDLE);
    assertThat(started.get(20, TimeUnit.SECONDS)).isEqualTo(SCHED_IDLE);
    assertThat(policy()).isEqualTo(before);
  }

  /// The 41st field of what the kernel says of the calling thread; its name may have blanks.
  private static int policy() {
    try {
      String stat = Files.readString(Path.of("/proc/thread-self/stat"));
      return Integer.parseInt(stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1)[41 - 3]);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
