package io.saviorrec.server.access;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.saviorrec.config.ConfigException;
import io.saviorrec.server.config.AccessConfig;
import io.saviorrec.server.fakes.TestCertificates;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.Base64;
import java.util.EnumSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class CallersTest {
  @TempDir private Path folder;
  private final WatchedFiles files = new WatchedFiles(Duration.ofMillis(10));

  @AfterEach
  void close() {
    files.close();
  }

  private Callers callers(@Nullable Path tokens, Map<String, String> certificates) {
    return Callers.open(
        new AccessConfig(tokens == null ? null : tokens.toString(), new TreeMap<>(certificates)),
        files);
  }

  private Path tokens(String... lines) throws IOException {
    return Files.writeString(folder.resolve("tokens"), String.join("\n", lines));
  }

  private static Caller bearer(Callers callers, String token) throws UnknownCallerException {
    return callers.identify("Bearer " + token, null);
  }

  @Test
  void withoutCallersEverybodyMayDoEverything() throws UnknownCallerException {
    Caller anybody = callers(null, Map.of()).identify(null, null);
    assertThat(anybody.name()).isEqualTo("anonymous");
    assertThat(anybody.rights()).isEqualTo(EnumSet.allOf(Right.class));
    assertThat(callers(null, Map.of()).open()).isTrue();
  }

  @Test
  void aTokenIsKnownByItsHashAsBearerOrAsPassword() throws Exception {
    String token = TokenFile.newToken();
    Callers callers =
        callers(
            tokens(
                "# the feed", "", TokenFile.line("feed", Set.of(Right.WRITE, Right.SCORE), token)),
            Map.of());

    assertThat(Files.readString(folder.resolve("tokens"))).doesNotContain(token);
    assertThat(bearer(callers, token))
        .isEqualTo(new Caller("feed", Set.of(Right.SCORE, Right.WRITE)));
    String basic =
        Base64.getEncoder().encodeToString(("me:" + token).getBytes(StandardCharsets.UTF_8));
    assertThat(callers.identify("basic " + basic, null).name()).isEqualTo("feed");
    for (String wrong : new String[] {token + "x", token.substring(1), "", "x".repeat(100_000)}) {
      assertThatThrownBy(() -> bearer(callers, wrong))
          .isInstanceOf(UnknownCallerException.class)
          .hasMessage("the token is not known");
    }
    assertThatThrownBy(() -> callers.identify("Digest x", null))
        .hasMessage("the authorization header is not Bearer TOKEN");
    assertThatThrownBy(() -> callers.identify("Basic ???", null))
        .hasMessage("the authorization header is not Base64");
    assertThatThrownBy(() -> callers.identify(null, null))
        .hasMessage("this server asks for a token (authorization: Bearer TOKEN)");
  }

  @Test
  void aFileThatCannotBeUsedIsNamedWithItsLineAndShowsNoWordOfIt() throws IOException {
    String token = "abcdefgh";
    for (Map.Entry<String, String> wrong :
        Map.of(
                "feed score " + token, "line 2: is not NAME RIGHTS SHA-256",
                "feed read " + "0".repeat(64),
                    "line 2: \"read\" is no right; there are score, choose, write and administer",
                "fe/ed score " + "0".repeat(64),
                    "line 2: a name is up to 64 letters, digits and any of . _ @ -")
            .entrySet()) {
      Path file = tokens("# callers", wrong.getKey());
      assertThatThrownBy(() -> callers(file, Map.of()))
          .isInstanceOf(ConfigException.class)
          .hasMessage("access.tokens: " + wrong.getValue());
    }
    assertThatThrownBy(() -> callers(folder.resolve("none"), Map.of()))
        .hasMessage("access.tokens: " + folder.resolve("none") + ": no such file");
  }

  @Test
  void aChangedFileIsReadAgainAndABrokenOneChangesNothing() throws Exception {
    Callers callers = callers(tokens(TokenFile.line("one", Set.of(Right.SCORE), "1")), Map.of());
    tokens("one score");
    tokens("two score");
    assertThat(bearer(callers, "1").name()).isEqualTo("one");
    Files.delete(folder.resolve("tokens"));
    assertThat(bearer(callers, "1").name()).isEqualTo("one");
    tokens(TokenFile.line("two", Set.of(Right.SCORE), "2"));
    while (!knows(callers, "2")) {
      Thread.onSpinWait();
    }
    assertThat(knows(callers, "1")).isFalse();
  }

  @Test
  void aFileThatIsStillBeingWrittenIsNotTakenIntoUse() throws Exception {
    try (WatchedFiles byHand = new WatchedFiles(Duration.ofDays(1))) {
      Path file = tokens(TokenFile.line("one", Set.of(Right.SCORE), "1"));
      Callers callers = Callers.open(new AccessConfig(file.toString(), new TreeMap<>()), byHand);
      Files.writeString(file, "");
      byHand.look();
      assertThat(knows(callers, "1")).isTrue();
      tokens(TokenFile.line("two", Set.of(Right.SCORE), "2"));
      byHand.look();
      assertThat(knows(callers, "1")).isTrue();
      byHand.look();
      assertThat(knows(callers, "2")).isTrue();
      assertThat(knows(callers, "1")).isFalse();
    }
  }

  private static boolean knows(Callers callers, String token) {
    try {
      bearer(callers, token);
      return true;
    } catch (UnknownCallerException e) {
      return false;
    }
  }

  @Test
  void aCertificateHasTheRightsOfEveryPatternThatOneOfItsNamesFits() throws Exception {
    TestCertificates authority = TestCertificates.in(folder.resolve("shop"));
    X509Certificate feed =
        read(
            authority.issue(
                "feed", "CN=feed, O=Shop", "dns:A.feed.internal,uri:spiffe://shop/feed"));
    Map<String, String> rules =
        Map.of(
            "dns:*.feed.internal", "score",
            "uri:spiffe://shop/*", "write",
            "subject:CN=*,O=Shop", "administer",
            "dns:feed.internal", "score");

    rules.forEach(
        (pattern, right) -> {
          Callers callers = callers(null, Map.of(pattern, right));
          Set<Right> expected = pattern.equals("dns:feed.internal") ? Set.of() : Right.parse(right);
          assertThat(identify(callers, feed)).isEqualTo(new Caller("CN=feed,O=Shop", expected));
        });
    assertThat(identify(callers(null, rules), feed).rights()).hasSize(3);
    assertThat(identify(callers(null, Map.of()), feed))
        .isEqualTo(new Caller("CN=feed,O=Shop", EnumSet.allOf(Right.class)));
  }

  private static Caller identify(Callers callers, X509Certificate certificate) {
    try {
      return callers.identify(null, certificate);
    } catch (UnknownCallerException e) {
      throw new IllegalStateException(e);
    }
  }

  private static X509Certificate read(TestCertificates.Identity identity) throws Exception {
    try (InputStream in = Files.newInputStream(identity.chain())) {
      return (X509Certificate) CertificateFactory.getInstance("X.509").generateCertificate(in);
    }
  }
}
