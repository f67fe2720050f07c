package io.saviorrec.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.saviorrec.client.ClientConfig.KeepAlive;
import io.saviorrec.client.ClientConfig.Retries;
import io.saviorrec.client.ClientConfig.Tls;
import java.nio.file.Path;
import java.time.Duration;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ClientConfigTest {
  private static final Duration MILLI = Duration.ofMillis(1);
  private static final ClientConfig CONFIG = ClientConfig.of("localhost:8500");

  @ParameterizedTest
  @ValueSource(
      strings = {"localhost:8500", "10.0.0.1:1", "[::1]:1", "dns:///ranking.internal:8500"})
  void takesNamesAndAddresses(String target) {
    assertThat(ClientConfig.of(target).target()).isEqualTo(target);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "host",
        ":80",
        "host:",
        "host:0",
        "host:65536",
        "host:x",
        "::1:80",
        "a b:80",
        "dns:///",
        "host:80/path",
        "user@host:80"
      })
  void refusesATargetThatIsNoAddress(String target) {
    assertThatThrownBy(() -> ClientConfig.of(target))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("target: '" + target + "' is not HOST:PORT");
  }

  private static void refused(ThrowingCallable made, String message) {
    assertThatThrownBy(made).isInstanceOf(IllegalArgumentException.class).hasMessage(message);
  }

  @Test
  void everyValueOutOfItsRangeIsNamed() {
    refused(() -> CONFIG.withDeadline(Duration.ZERO), "deadline must be in [0.001s, 24h], was 0s");
    refused(
        () -> CONFIG.withDeadline(Duration.ofSeconds(-1)),
        "deadline must be in [0.001s, 24h], was pt-1s");
    refused(
        () -> CONFIG.withMaxMessageBytes(0),
        "maxMessageBytes must be in [1024, 2147483647], was 0");
    refused(() -> CONFIG.withUserAgent(" "), "userAgent must be printable ASCII, was ' '");
    refused(
        () -> new Retries(6, MILLI, MILLI, 10, 0.1),
        "retries.maxAttempts must be in [1, 5], was 6");
    refused(
        () -> new Retries(2, MILLI.multipliedBy(2), MILLI, 10, 0.1),
        "retries.maxDelay must be in [0.002s, 24h], was 0.001s");
    refused(
        () -> new Retries(2, MILLI, MILLI, 0, 0.1), "retries.budget must be in [1, 1000], was 0");
    refused(
        () -> new Retries(2, MILLI, MILLI, 10, Double.NaN),
        "retries.earnedPerSuccess must be in [0.001, retries.budget], was NaN");
    refused(
        () -> new KeepAlive(Duration.ofSeconds(1), MILLI),
        "keepAlive.interval must be in [10s, 24h], was 1s");
    refused(
        () -> new Tls(null, Path.of("c"), null, null),
        "tls.certificates and tls.key must be given together but only tls.certificates was");
  }

  @Test
  void aTokenIsNeverShown() {
    assertThat(CONFIG.withToken(Token.of("secret")).toString()).doesNotContain("secret");
    refused(
        () -> Token.of("a secret"),
        "token must be printable ASCII without spaces; it is not shown here");
  }

  @Test
  void eachValueCanBeReplacedAlone() {
    Tls tls = Tls.trusting(Path.of("ca"));
    Token token = Token.of("secret");
    Retries retries = Retries.none();
    KeepAlive keepAlive = new KeepAlive(Duration.ofMinutes(6), Duration.ofSeconds(1));
    ClientConfig all =
        CONFIG
            .withTls(tls)
            .withToken(token)
            .withDeadline(MILLI)
            .withRetries(retries)
            .withKeepAlive(keepAlive)
            .withMaxMessageBytes(2048)
            .withUserAgent("ranking 1");
    assertThat(all)
        .isEqualTo(
            new ClientConfig(
                "localhost:8500", tls, token, MILLI, retries, keepAlive, 2048, "ranking 1"));
  }
}
