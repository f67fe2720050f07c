package io.saviorrec.bundle;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class ProcessLockTest {
  @TempDir private Path folder;

  private final List<String> waited = new CopyOnWriteArrayList<>();

  /// Holds a lock until it is told to go on, or killed.
  static final class Holder {
    public static void main(String[] args) throws IOException {
      Path file = Path.of(args[0]);
      Consumer<String> nobody = _ -> {};
      try (ProcessLock _ =
          args[1].equals("shared")
              ? ProcessLock.shared(file, nobody)
              : ProcessLock.exclusive(file, nobody)) {
        System.out.println("held");
        System.in.read();
      }
      System.out.println("given back");
    }
  }

  private Path file() {
    return folder.resolve("a.lock");
  }

  @Test
  void whoComesSecondIsToldWhoHoldsTheLockAndGetsItAfterwards() {
    try (OtherProcess other = OtherProcess.start(Holder.class, file(), "exclusive")) {
      assertThat(other.line()).isEqualTo("held");
      try (ProcessLock _ =
          ProcessLock.exclusive(
              file(),
              holder -> {
                waited.add(holder);
                other.proceed();
              })) {
        assertThat(waited).containsExactly("process " + other.pid());
        assertThat(other.line()).isEqualTo("given back");
      }
    }
  }

  @Test
  void aKilledHolderLeavesNoLock() {
    try (OtherProcess other = OtherProcess.start(Holder.class, file(), "exclusive")) {
      assertThat(other.line()).isEqualTo("held");
      try (ProcessLock _ =
          ProcessLock.shared(
              file(),
              holder -> {
                waited.add(holder);
                other.kill();
              })) {
        assertThat(waited).hasSize(1);
      }
    }
    // The number in the file is that of no process any more.
    try (ProcessLock _ = ProcessLock.exclusive(file(), waited::add)) {
      assertThat(waited).hasSize(1);
    }
  }

  @Test
  void readersShareALockAndKeepAWriterOut() {
    try (OtherProcess other = OtherProcess.start(Holder.class, file(), "shared")) {
      assertThat(other.line()).isEqualTo("held");
      ProcessLock.shared(file(), waited::add).close();
      assertThat(waited).isEmpty();
      ProcessLock.exclusive(
              file(),
              holder -> {
                waited.add(holder);
                other.proceed();
              })
          .close();
      assertThat(waited).containsExactly("another process");
    }
  }

  @Test
  void threadsOfOneProcessWaitForEachOther() throws InterruptedException {
    ProcessLock mine = ProcessLock.exclusive(file(), waited::add);
    Consumer<String> giveBack =
        holder -> {
          waited.add(holder);
          mine.close();
        };
    Thread.ofPlatform().start(() -> ProcessLock.exclusive(file(), giveBack).close()).join();
    assertThat(waited).containsExactly("process " + ProcessHandle.current().pid());
  }
}
