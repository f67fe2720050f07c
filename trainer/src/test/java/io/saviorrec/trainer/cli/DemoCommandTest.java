package io.saviorrec.trainer.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.saviorrec.trainer.CommandRun;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DemoCommandTest {
  @TempDir Path folder;

  private CommandRun demo(int port, int adminPort) {
    return CommandRun.of(
        "demo",
        "--work",
        folder.resolve("work").toString(),
        "--port",
        Integer.toString(port),
        "--admin-port",
        Integer.toString(adminPort));
  }

  @Test
  void aTakenPortIsSaidBeforeAnythingIsMade() throws IOException {
    try (ServerSocket taken = new ServerSocket()) {
      taken.bind(new InetSocketAddress(0));
      CommandRun run = demo(taken.getLocalPort(), 0);
      assertThat(run.status()).isEqualTo(1);
      assertThat(run.errLines()).hasSize(1);
      assertThat(run.err())
          .startsWith("savior: port " + taken.getLocalPort() + " cannot be used")
          .contains("--port");
      CommandRun metrics = demo(0, taken.getLocalPort());
      assertThat(metrics.err()).contains("--admin-port");
    }
    assertThat(folder.resolve("work")).doesNotExist();
  }

  @Test
  void needsTheLauncher() {
    CommandRun run = demo(0, 0);
    assertThat(run.status()).isEqualTo(1);
    assertThat(run.errLines())
        .containsExactly("savior: the demo runs other commands; start it with savior demo");
  }
}
