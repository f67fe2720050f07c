package io.saviorrec.server.access;

import io.grpc.util.AdvancedTlsX509KeyManager;
import io.grpc.util.AdvancedTlsX509TrustManager;
import io.grpc.util.AdvancedTlsX509TrustManager.Verification;
import io.grpc.util.CertificateUtils;
import io.saviorrec.server.config.TlsConfig;
import io.saviorrec.server.config.TlsConfig.ClientCertificates;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.InvalidKeyException;
import java.security.PrivateKey;
import java.security.Signature;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import javax.net.ssl.X509ExtendedKeyManager;
import javax.net.ssl.X509ExtendedTrustManager;
import org.jspecify.annotations.Nullable;

/// What the server shows of itself in a TLS handshake and what it asks of clients; follows its
/// files while the server runs.
///
/// @param keys the server's certificate and key
/// @param validity of the certificate that is shown now
/// @param authorities of the clients; null when they are not asked for a certificate
public record ServerTls(
    X509ExtendedKeyManager keys,
    Supplier<Validity> validity,
    @Nullable X509ExtendedTrustManager authorities,
    ClientCertificates clientCertificates) {
  private static final String BEGIN = "-----BEGIN CERTIFICATE-----";
  private static final String END = "-----END CERTIFICATE-----";
  private static final byte[] PROOF =
      "signed with the key, read by the certificate".getBytes(StandardCharsets.US_ASCII);

  /// From when until when that certificate of a chain is valid which ends first, in seconds since
  /// 1970.
  public record Validity(long fromSeconds, long untilSeconds) {
    private static Validity of(X509Certificate[] chain) {
      return Arrays.stream(chain)
          .map(Validity::of)
          .min(Comparator.comparingLong(Validity::untilSeconds))
          .orElseThrow();
    }

    private static Validity of(X509Certificate certificate) {
      return new Validity(
          certificate.getNotBefore().toInstant().getEpochSecond(),
          certificate.getNotAfter().toInstant().getEpochSecond());
    }
  }

  /// As the settings say; null for plaintext.
  ///
  /// @throws io.saviorrec.config.ConfigException when a file cannot be used
  public static @Nullable ServerTls open(TlsConfig config, WatchedFiles files) {
    if (config.certificates() == null || config.key() == null) {
      return null;
    }
    AdvancedTlsX509KeyManager keys = new AdvancedTlsX509KeyManager();
    AtomicReference<@Nullable Validity> validity = new AtomicReference<>();
    files.add(
        "tls.certificates and tls.key",
        List.of(Path.of(config.certificates()), Path.of(config.key())),
        contents -> {
          X509Certificate[] chain = certificates(contents.getFirst());
          PrivateKey key = key(contents.getLast());
          requireFit(chain[0], key);
          keys.updateIdentityCredentials(chain, key);
          validity.set(Validity.of(chain));
        });
    return new ServerTls(
        keys,
        () -> Objects.requireNonNull(validity.get(), "read before the files are followed"),
        authorities(config, files),
        config.clientCertificates());
  }

  private static @Nullable X509ExtendedTrustManager authorities(
      TlsConfig config, WatchedFiles files) {
    if (config.clientAuthorities() == null
        || config.clientCertificates() == ClientCertificates.NONE) {
      return null;
    }
    AdvancedTlsX509TrustManager authorities = trustManager();
    files.add(
        "tls.clientAuthorities",
        List.of(Path.of(config.clientAuthorities())),
        contents -> authorities.updateTrustCredentials(certificates(contents.getFirst())));
    return authorities;
  }

  /// Client certificates have no name of a host that could be checked.
  private static AdvancedTlsX509TrustManager trustManager() {
    try {
      return AdvancedTlsX509TrustManager.newBuilder()
          .setVerification(Verification.CERTIFICATE_ONLY_VERIFICATION)
          .build();
    } catch (CertificateException e) {
      throw new IllegalStateException("an empty trust manager can always be made", e);
    }
  }

  /// All of a file's certificates; a file that is being written has none or a torn one.
  private static X509Certificate[] certificates(byte[] pem) throws GeneralSecurityException {
    String text = new String(pem, StandardCharsets.ISO_8859_1);
    int count = text.split(BEGIN, -1).length - 1;
    if (count == 0 || text.split(END, -1).length - 1 != count) {
      throw new CertificateException("no whole PEM certificate in the file");
    }
    X509Certificate[] certificates =
        CertificateUtils.getX509Certificates(new ByteArrayInputStream(pem));
    if (certificates.length != count) {
      throw new CertificateException("not every certificate of the file can be read");
    }
    return certificates;
  }

  private static PrivateKey key(byte[] pem) throws GeneralSecurityException {
    try {
      return CertificateUtils.getPrivateKey(new ByteArrayInputStream(pem));
    } catch (IOException | RuntimeException | GeneralSecurityException e) {
      throw new InvalidKeyException("no whole PKCS #8 key (RSA or EC) in PEM in tls.key", e);
    }
  }

  /// While the two files are being replaced, one is new and one is old.
  private static void requireFit(X509Certificate certificate, PrivateKey key)
      throws GeneralSecurityException {
    boolean fit;
    try {
      String algorithm = key.getAlgorithm().equals("EC") ? "SHA256withECDSA" : "SHA256withRSA";
      Signature signature = Signature.getInstance(algorithm);
      signature.initSign(key);
      signature.update(PROOF);
      byte[] signed = signature.sign();
      signature.initVerify(certificate.getPublicKey());
      signature.update(PROOF);
      fit = signature.verify(signed);
    } catch (GeneralSecurityException e) {
      fit = false;
    }
    if (!fit) {
      throw new InvalidKeyException("the key is not that of the first certificate");
    }
  }
}
