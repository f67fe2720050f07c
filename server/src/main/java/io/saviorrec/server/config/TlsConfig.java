package io.saviorrec.server.config;

import io.saviorrec.config.Check;
import java.time.Duration;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// The server's certificate and whom it asks for theirs. All are names of PEM files.
///
/// @param certificates the server's certificate chain, its own first; null: plaintext
/// @param key its private key (PKCS #8)
/// @param clientAuthorities the authorities that may have signed a client's certificate
/// @param clientCertificates whether clients are asked for one
/// @param reloadInterval how often the files, and those of `access`, are looked at for changes
public record TlsConfig(
    @Nullable String certificates,
    @Nullable String key,
    @Nullable String clientAuthorities,
    ClientCertificates clientCertificates,
    Duration reloadInterval) {
  static final TlsConfig DEFAULT =
      new TlsConfig(null, null, null, ClientCertificates.NONE, Duration.ofSeconds(10));

  /// Whether clients are asked for a certificate.
  public enum ClientCertificates {
    NONE,
    /// Taken where the client has one; a wrong one is refused.
    OPTIONAL,
    /// No connection without.
    REQUIRED
  }

  public TlsConfig {
    boolean asks = clientCertificates != ClientCertificates.NONE;
    Check.all(
        check ->
            check
                .notBlank("certificates", certificates)
                .notBlank("key", key)
                .notBlank("clientAuthorities", clientAuthorities)
                .that(
                    (certificates == null) == (key == null),
                    "key",
                    "be given together with tls.certificates",
                    key == null ? "absent" : key)
                .that(
                    !asks || (certificates != null && clientAuthorities != null),
                    "clientCertificates",
                    "be none without tls.certificates and tls.clientAuthorities",
                    clientCertificates.name().toLowerCase(Locale.ROOT))
                .range(
                    "reloadInterval",
                    reloadInterval,
                    Duration.ofMillis(10),
                    Duration.ofMinutes(60)));
  }

  /// Whether there is a certificate to encrypt with.
  public boolean enabled() {
    return certificates != null;
  }
}
