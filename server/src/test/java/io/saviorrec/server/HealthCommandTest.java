package io.saviorrec.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.saviorrec.server.config.TestConfigs;
import io.saviorrec.server.fakes.TestBundles;
import io.saviorrec.server.fakes.TestCertificates;
import io.saviorrec.server.fakes.TestCertificates.Identity;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;

class HealthCommandTest extends ServersTest {
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  private int health(String... more) {
    String[] arguments = new String[more.length + 1];
    arguments[0] = "health";
    System.arraycopy(more, 0, arguments, 1, more.length);
    return ServerMain.commandLine()
        .setOut(new PrintWriter(out, true))
        .setErr(new PrintWriter(err, true))
        .execute(arguments);
  }

  private static String port(Server server) {
    return Integer.toString(server.adminPort());
  }

  @Test
  void saysWhetherTheServerIsReadyAndWhyNot() throws IOException {
    TestBundles.write(repository(), "saviorrec");
    Server server = start();

    assertThat(health("--admin-port", port(server))).isZero();
    assertThat(out.toString()).isEqualTo("ready\n");
    server.drain();
    assertThat(health("--admin-port", port(server))).isEqualTo(1);
    assertThat(err.toString()).startsWith("savior: not ready: ").hasLineCount(1);
  }

  @Test
  void asksByTheCertificateOfTheSettingsWhateverHostItNames() throws Exception {
    TestCertificates shop = TestCertificates.in(directory.resolve("shop"));
    Identity ranking = shop.issue("ranking", "CN=ranking", "dns:ranking.internal");
    Identity other =
        TestCertificates.in(directory.resolve("other"))
            .issue("ranking", "CN=ranking", "dns:ranking.internal");
    TestBundles.write(repository(), "saviorrec");
    Server server =
        start(
            TestConfigs.small(
                Map.of(
                    "admin.tls", "true",
                    "tls.certificates", ranking.chain().toString(),
                    "tls.key", ranking.key().toString())));

    assertThat(health("--config", settings(ranking), "--admin-port", port(server))).isZero();
    assertThat(health("--config", settings(other), "--admin-port", port(server))).isEqualTo(1);
    assertThat(err.toString())
        .startsWith("savior: no server answers at 127.0.0.1:" + port(server) + ": ");
  }

  private String settings(Identity identity) throws IOException {
    Path file = Files.createTempFile(directory, "server", ".yaml");
    return Files.writeString(
            file,
            """
            admin: {host: 0.0.0.0, tls: true}
            tls: {certificates: %s, key: %s}
            """
                .formatted(identity.chain(), identity.key()))
        .toString();
  }

  @Test
  void noServerIsOneLine() throws IOException {
    int free;
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      free = socket.getLocalPort();
    }

    assertThat(health("--admin-port", Integer.toString(free))).isEqualTo(1);
    assertThat(err.toString())
        .isEqualTo("savior: no server answers at 127.0.0.1:" + free + ": Connection refused\n");
  }

  @Test
  void wrongSettingsAreSaidAsTheServerSaysThem() {
    assertThat(health("--admin-port", "-1")).isEqualTo(1);
    assertThat(err.toString()).startsWith("savior: admin.port must be in [0, 65535]");
  }
}
