package io.saviorrec.client;

import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// How a client reaches its servers and how long it tries.
///
/// @param target `HOST:PORT`, or a name that gRPC resolves such as `dns:///ranking.internal:8500`;
///   calls go round all addresses that it resolves to
/// @param tls null for plaintext
/// @param token null where servers ask for none
/// @param deadline what a call may take, its retries included, where it names no other
/// @param maxMessageBytes the longest answer that is accepted
/// @param userAgent how servers see this client in front of gRPC's own name
public record ClientConfig(
    String target,
    @Nullable Tls tls,
    @Nullable Token token,
    Duration deadline,
    Retries retries,
    KeepAlive keepAlive,
    int maxMessageBytes,
    String userAgent) {
  /// No server can be meant to wait longer, and nanoseconds of it fit a long.
  private static final Duration LONGEST = Duration.ofDays(1);

  public ClientConfig {
    checkTarget(target);
    checkDuration("deadline", deadline, Duration.ofMillis(1));
    checkRange("maxMessageBytes", maxMessageBytes, 1024, Integer.MAX_VALUE);
    if (!userAgent.matches("[!-~]([ -~]*[!-~])?")) {
      throw new IllegalArgumentException(
          "userAgent must be printable ASCII, was '" + userAgent + "'");
    }
  }

  /// Plaintext, one second, three attempts.
  public static ClientConfig of(String target) {
    return new ClientConfig(
        target,
        null,
        null,
        Duration.ofSeconds(1),
        Retries.defaults(),
        KeepAlive.defaults(),
        64 << 20,
        "savior-client");
  }

  public ClientConfig withTls(Tls newTls) {
    return new ClientConfig(
        target, newTls, token, deadline, retries, keepAlive, maxMessageBytes, userAgent);
  }

  public ClientConfig withToken(Token newToken) {
    return new ClientConfig(
        target, tls, newToken, deadline, retries, keepAlive, maxMessageBytes, userAgent);
  }

  public ClientConfig withDeadline(Duration newDeadline) {
    return new ClientConfig(
        target, tls, token, newDeadline, retries, keepAlive, maxMessageBytes, userAgent);
  }

  public ClientConfig withRetries(Retries newRetries) {
    return new ClientConfig(
        target, tls, token, deadline, newRetries, keepAlive, maxMessageBytes, userAgent);
  }

  public ClientConfig withKeepAlive(KeepAlive newKeepAlive) {
    return new ClientConfig(
        target, tls, token, deadline, retries, newKeepAlive, maxMessageBytes, userAgent);
  }

  public ClientConfig withMaxMessageBytes(int newMaxMessageBytes) {
    return new ClientConfig(
        target, tls, token, deadline, retries, keepAlive, newMaxMessageBytes, userAgent);
  }

  public ClientConfig withUserAgent(String newUserAgent) {
    return new ClientConfig(
        target, tls, token, deadline, retries, keepAlive, maxMessageBytes, newUserAgent);
  }

  /// An encrypted channel.
  ///
  /// @param authorities PEM file of the authorities that may have signed the server's certificate;
  ///   null for those that Java trusts
  /// @param certificates PEM file of this client's certificate chain; null where servers ask for
  ///   none
  /// @param key PEM file of its private key (PKCS #8), given when `certificates` is
  /// @param serverName the name that the server's certificate must have; null for the target's
  public record Tls(
      @Nullable Path authorities,
      @Nullable Path certificates,
      @Nullable Path key,
      @Nullable String serverName) {
    public Tls {
      if ((certificates == null) != (key == null)) {
        throw new IllegalArgumentException(
            "tls.certificates and tls.key must be given together but only "
                + (key == null ? "tls.certificates" : "tls.key")
                + " was");
      }
    }

    /// Trusts these authorities and shows no certificate of its own.
    public static Tls trusting(Path authorities) {
      return new Tls(authorities, null, null, null);
    }

    /// With a certificate of the client's own, for servers that ask for one.
    public Tls withCertificate(Path newCertificates, Path newKey) {
      return new Tls(authorities, newCertificates, newKey, serverName);
    }

    public Tls withServerName(String newServerName) {
      return new Tls(authorities, certificates, key, newServerName);
    }
  }

  /// How often a call is tried again that a server did not take: on UNAVAILABLE, and on any other
  /// error with which the server itself says when to come back (`grpc-retry-pushback-ms`), as one
  /// may with RESOURCE_EXHAUSTED.
  ///
  /// Retries have a budget, so that many clients do not bury servers that are in trouble: `budget`
  /// tokens, of which a failure takes one and a success gives back `earnedPerSuccess`; there are no
  /// retries while fewer than half are left.
  ///
  /// @param maxAttempts the first one included; 1 for no retries
  /// @param firstDelay before the second attempt, on average; doubled for each further one
  /// @param maxDelay the longest of these
  public record Retries(
      int maxAttempts,
      Duration firstDelay,
      Duration maxDelay,
      int budget,
      double earnedPerSuccess) {
    public Retries {
      // gRPC takes larger numbers for 5.
      checkRange("retries.maxAttempts", maxAttempts, 1, 5);
      checkDuration("retries.firstDelay", firstDelay, Duration.ofMillis(1));
      checkDuration("retries.maxDelay", maxDelay, firstDelay);
      checkRange("retries.budget", budget, 1, 1000);
      if (!(earnedPerSuccess >= 0.001 && earnedPerSuccess <= budget)) {
        throw new IllegalArgumentException(
            "retries.earnedPerSuccess must be in [0.001, retries.budget], was " + earnedPerSuccess);
      }
    }

    public static Retries defaults() {
      return new Retries(3, Duration.ofMillis(20), Duration.ofMillis(500), 10, 0.1);
    }

    public static Retries none() {
      return new Retries(1, Duration.ofMillis(20), Duration.ofMillis(500), 10, 0.1);
    }
  }

  /// Pings on connections with open calls, so that a dead one is noticed.
  ///
  /// @param interval from the last thing heard to the ping; servers end connections of clients that
  ///   ping more often than they permit, which is once in five minutes unless they say otherwise
  /// @param timeout how long the ping's answer may take
  public record KeepAlive(Duration interval, Duration timeout) {
    public KeepAlive {
      checkDuration("keepAlive.interval", interval, Duration.ofSeconds(10));
      checkDuration("keepAlive.timeout", timeout, Duration.ofMillis(10));
    }

    public static KeepAlive defaults() {
      return new KeepAlive(Duration.ofMinutes(5), Duration.ofSeconds(10));
    }
  }

  /// `HOST:PORT` with an IPv6 address in brackets, or `SCHEME:///NAME`.
  private static void checkTarget(String target) {
    try {
      URI uri = new URI(target.contains("://") ? target : "dns://" + target);
      if (target.contains("://") && uri.getPath() != null && uri.getPath().length() > 1) {
        return;
      }
      if (uri.getHost() != null
          && uri.getPort() >= 1
          && uri.getPort() <= 65_535
          && (uri.getHost() + ":" + uri.getPort()).equals(target)) {
        return;
      }
    } catch (URISyntaxException _) {
      // The same as any other text that is no address.
    }
    throw new IllegalArgumentException("target: '" + target + "' is not HOST:PORT");
  }

  private static void checkRange(String name, int value, int least, int most) {
    if (value < least || value > most) {
      throw new IllegalArgumentException(
          "%s must be in [%d, %d], was %d".formatted(name, least, most, value));
    }
  }

  private static void checkDuration(String name, Duration value, Duration least) {
    if (value.compareTo(least) < 0 || value.compareTo(LONGEST) > 0) {
      throw new IllegalArgumentException(
          "%s must be in [%s, %s], was %s"
              .formatted(name, shown(least), shown(LONGEST), shown(value)));
    }
  }

  private static String shown(Duration duration) {
    return duration.toString().substring(duration.isNegative() ? 0 : 2).toLowerCase(Locale.ROOT);
  }
}
