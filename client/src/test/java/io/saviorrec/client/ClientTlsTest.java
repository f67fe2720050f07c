package io.saviorrec.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.grpc.ServerCredentials;
import io.grpc.TlsServerCredentials;
import io.saviorrec.client.ClientConfig.Tls;
import io.saviorrec.proto.v1.Candidate;
import io.saviorrec.proto.v1.ScoreRequest;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.time.Duration;
import java.util.Base64;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class ClientTlsTest {
  private static final ScoreRequest REQUEST =
      ScoreRequest.newBuilder().addCandidates(Candidate.newBuilder().setItemId(7)).build();

  @TempDir private static Path folder;
  private static Certificate ranking;
  private static Certificate caller;

  /// A certificate that signs itself, and its key, as PEM files.
  private record Certificate(Path chain, Path key) {}

  @BeforeAll
  static void makeCertificates() throws Exception {
    ranking = certificate("ranking", "dns:ranking.internal");
    caller = certificate("caller", "dns:caller.internal");
  }

  private static Certificate certificate(String name, String san) throws Exception {
    Path store = folder.resolve(name + ".p12");
    Process keytool =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
                "-genkeypair",
                "-alias",
                name,
                "-keyalg",
                "EC",
                "-dname",
                "CN=" + name,
                "-ext",
                "san=" + san,
                "-keystore",
                store.toString(),
                "-storetype",
                "PKCS12",
                "-storepass",
                "password")
            .redirectErrorStream(true)
            .start();
    String output = new String(keytool.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(keytool.waitFor()).as(output).isZero();
    KeyStore keys = KeyStore.getInstance(store.toFile(), "password".toCharArray());
    return new Certificate(
        pem(name + ".crt", "CERTIFICATE", keys.getCertificate(name).getEncoded()),
        pem(
            name + ".key",
            "PRIVATE KEY",
            keys.getKey(name, "password".toCharArray()).getEncoded()));
  }

  private static Path pem(String file, String kind, byte[] der) throws IOException {
    return Files.writeString(
        folder.resolve(file),
        "-----BEGIN %s-----%n%s%n-----END %s-----%n"
            .formatted(kind, Base64.getMimeEncoder().encodeToString(der), kind));
  }

  private static TlsServerCredentials.Builder server() throws IOException {
    return TlsServerCredentials.newBuilder()
        .keyManager(ranking.chain().toFile(), ranking.key().toFile());
  }

  private static SaviorClient client(FakeServer server, Tls tls) {
    return SaviorClient.connect(
        ClientConfig.of(server.target()).withDeadline(Duration.ofSeconds(30)).withTls(tls));
  }

  @Test
  void speaksTlsToAServerThatItTrusts() throws IOException, GeneralSecurityException {
    Tls tls = Tls.trusting(ranking.chain()).withServerName("ranking.internal");
    try (FakeServer server = new FakeServer(server().build());
        SaviorClient client = client(server, tls)) {
      assertThat(client.score(REQUEST).getScoresCount()).isEqualTo(1);
    }
  }

  @Test
  void refusesAServerOfAnotherAuthorityOrName() throws IOException {
    try (FakeServer server = new FakeServer(server().build())) {
      for (Tls tls :
          new Tls[] {
            Tls.trusting(caller.chain()).withServerName("ranking.internal"),
            Tls.trusting(ranking.chain()).withServerName("other.internal"),
          }) {
        try (SaviorClient client = client(server, tls)) {
          CallException failure =
              catchThrowableOfType(CallException.class, () -> client.score(REQUEST));
          assertThat(failure.unreachable()).isTrue();
        }
      }
      assertThat(server.scored).isEmpty();
    }
  }

  @Test
  void showsItsOwnCertificateWhereOneIsAskedFor() throws IOException {
    ServerCredentials mutual =
        server()
            .trustManager(caller.chain().toFile())
            .clientAuth(TlsServerCredentials.ClientAuth.REQUIRE)
            .build();
    Tls anonymous = Tls.trusting(ranking.chain()).withServerName("ranking.internal");
    try (FakeServer server = new FakeServer(mutual)) {
      try (SaviorClient client = client(server, anonymous)) {
        assertThatThrownBy(() -> client.score(REQUEST)).isInstanceOf(CallException.class);
      }
      try (SaviorClient client =
          client(server, anonymous.withCertificate(caller.chain(), caller.key()))) {
        assertThat(client.score(REQUEST).getScoresCount()).isEqualTo(1);
      }
      assertThat(server.scored).hasSize(1);
    }
  }

  @Test
  void aFileThatIsNotThereIsNamed() {
    Path missing = folder.resolve("missing.crt");
    ClientConfig config = ClientConfig.of("localhost:1").withTls(Tls.trusting(missing));
    assertThatThrownBy(() -> SaviorClient.connect(config))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("tls.authorities: " + missing + " cannot be read");
  }
}
