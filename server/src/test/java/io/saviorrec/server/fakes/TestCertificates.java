package io.saviorrec.server.fakes;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;

/// An authority and the certificates that it signs, as PEM files; made by the JDK's `keytool`.
public final class TestCertificates {
  private static final String PASSWORD = "password";
  private static final String AUTHORITY = "authority";

  /// A certificate with its authority's below it, and its key.
  public record Identity(Path chain, Path key) {}

  private final Path folder;
  private final Path store;
  private final Path authority;

  private TestCertificates(Path folder) throws Exception {
    this.folder = Files.createDirectories(folder);
    this.store = folder.resolve("keys.p12");
    keytool(AUTHORITY, "CN=" + folder.getFileName(), List.of("-ext", "bc=ca:true"));
    this.authority = Files.writeString(folder.resolve("authority.pem"), certificates(AUTHORITY));
  }

  /// An authority with a folder of its own, whose name is its name.
  public static TestCertificates in(Path folder) throws Exception {
    return new TestCertificates(folder);
  }

  /// The PEM file of its certificate.
  public Path authority() {
    return authority;
  }

  /// Signs a certificate.
  ///
  /// @param subject for instance `CN=feed,O=Shop`
  /// @param names its further names as keytool takes them, for instance `dns:feed.internal`
  public Identity issue(String alias, String subject, String names) throws Exception {
    return issue(alias, subject, names, List.of());
  }

  /// Signs a certificate that has been valid for some days and is so for one more.
  ///
  /// @param days all of them
  public Identity issue(String alias, String subject, String names, int days) throws Exception {
    return issue(
        alias,
        subject,
        names,
        List.of("-startdate", "-%dd".formatted(days - 1), "-validity", Integer.toString(days)));
  }

  private Identity issue(String alias, String subject, String names, List<String> more)
      throws Exception {
    List<String> options = new ArrayList<>(List.of("-ext", "san=" + names, "-signer", AUTHORITY));
    options.addAll(more);
    keytool(alias, subject, options);
    Path chain = Files.writeString(folder.resolve(alias + ".pem"), certificates(alias));
    Path key =
        Files.writeString(
            folder.resolve(alias + ".key"),
            pem("PRIVATE KEY", keys().getKey(alias, PASSWORD.toCharArray()).getEncoded()));
    return new Identity(chain, key);
  }

  private String certificates(String alias) throws GeneralSecurityException, IOException {
    StringBuilder chain = new StringBuilder();
    for (Certificate certificate : keys().getCertificateChain(alias)) {
      chain.append(pem("CERTIFICATE", certificate.getEncoded()));
    }
    return chain.toString();
  }

  private KeyStore keys() throws GeneralSecurityException, IOException {
    return KeyStore.getInstance(store.toFile(), PASSWORD.toCharArray());
  }

  private static String pem(String kind, byte[] der) {
    return "-----BEGIN %s-----%n%s%n-----END %s-----%n"
        .formatted(kind, Base64.getMimeEncoder().encodeToString(der), kind);
  }

  private void keytool(String alias, String subject, List<String> more)
      throws IOException, InterruptedException {
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
                "-genkeypair",
                "-alias",
                alias,
                "-keyalg",
                "EC",
                "-dname",
                subject,
                "-keystore",
                store.toString(),
                "-storetype",
                "PKCS12",
                "-storepass",
                PASSWORD));
    command.addAll(more);
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    if (process.waitFor() != 0) {
      throw new IllegalStateException("keytool: " + output);
    }
  }
}
