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
  @Test
  void threadsAndThoseThatTheyStartRunOnWhatOthersLeave() throws Exception {
    int before = nice();
    CompletableFuture<Integer> own = new CompletableFuture<>();
    CompletableFuture<Integer> started = new CompletableFuture<>();
    new IdleThreads("idle")
        .newThread(
            () -> {
              own.complete(nice());
              new Thread(() -> started.complete(nice())).start();
            })
        .start();

    assertThat(own.get(20, TimeUnit.SECONDS)).isEqualTo(19);
    assertThat(started.get(20, TimeUnit.SECONDS)).isEqualTo(19);
    assertThat(nice()).isEqualTo(before);
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
}
