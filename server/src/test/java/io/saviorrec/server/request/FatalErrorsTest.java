package io.saviorrec.server.request;

import static org.assertj.core.api.Assertions.assertThat;

import io.saviorrec.server.admission.Admission;
import io.saviorrec.server.batching.Lane;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class FatalErrorsTest {
  /// A server whose work runs out of memory that Java code counts itself, as direct buffers are: no
  /// flag of the JVM ends it.
  static final class WorkOutOfMemory {
    private WorkOutOfMemory() {}

    public static void main(String[] args) throws InterruptedException {
      Runtime.getRuntime().addShutdownHook(new Thread(() -> System.out.println("hook")));
      Lane lane = new Lane("test", new Admission("test", 1, 1), System::nanoTime);
      var _ =
          lane.submit(
              Call.UNBOUNDED,
              queued -> {
                throw new OutOfMemoryError("Cannot reserve 1 bytes of direct buffer memory");
              });
      TimeUnit.MINUTES.sleep(1);
    }
  }

  @Test
  void outOfMemoryEndsTheProcessAtOnce() throws IOException, InterruptedException {
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                WorkOutOfMemory.class.getName())
            .start();
    String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    String err = new String(process.getErrorStream().readAllBytes(), StandardCharsets.UTF_8);

    assertThat(process.waitFor()).isEqualTo(FatalErrors.EXIT_STATUS);
    assertThat(out).isEmpty();
    assertThat(err.lines())
        .singleElement()
        .isEqualTo(
            "savior: java.lang.OutOfMemoryError: Cannot reserve 1 bytes of direct buffer memory;"
                + " the process ends");
  }

  @Test
  void findsItBehindOtherExceptions() {
    OutOfMemoryError gone = new OutOfMemoryError();

    assertThat(FatalErrors.fatal(new CompletionException(new IllegalStateException(gone))))
        .isSameAs(gone);
  }

  @Test
  void aBugOrAStackThatOverflowedCostsTheCallAlone() {
    FatalErrors.endIfFatal(null);
    FatalErrors.endIfFatal(new IllegalStateException("a bug"));
    FatalErrors.endIfFatal(new StackOverflowError());
    FatalErrors.endIfFatal(new InternalError("a fault occurred in an unsafe memory access"));
  }
}
