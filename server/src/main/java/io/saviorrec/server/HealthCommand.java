package io.saviorrec.server;

import io.saviorrec.config.ConfigException;
import io.saviorrec.server.config.ConfigLoader;
import io.saviorrec.server.config.ServerConfig;
import io.saviorrec.server.config.TlsConfig;
import java.io.IOException;
import java.io.InputStream;
import java.net.HttpURLConnection;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import javax.net.ssl.HttpsURLConnection;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocketFactory;
import javax.net.ssl.TrustManagerFactory;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/// `health`: asks the server of this machine whether it should get traffic, for whatever supervises
/// it by a command.
@Command(
    name = "health",
    mixinStandardHelpOptions = true,
    description =
        "Asks the server of this machine whether it is ready, at the admin port of the same"
            + " settings: exit status 0 when it is, 1 with the reasons when it is not.")
// picocli fills the fields before a command runs.
@SuppressWarnings("NullAway.Init")
final class HealthCommand implements Callable<Integer> {
  private static final int TIMEOUT_MILLIS = 3000;

  @Spec private CommandSpec spec;

  @Option(names = "--config", paramLabel = "FILE", description = "The server's YAML settings.")
  private @Nullable Path config;

  @Option(
      names = "--admin-port",
      paramLabel = "N",
      description = "HTTP port to ask (admin.port, 8501).")
  private @Nullable Integer adminPort;

  @Override
  public Integer call() {
    Map<String, String> commandLine = new TreeMap<>();
    if (adminPort != null) {
      commandLine.put("admin.port", adminPort.toString());
    }
    ServerConfig settings = ConfigLoader.load(config, commandLine);
    String at = host(settings.admin().host()) + ":" + settings.admin().port();
    try {
      HttpURLConnection connection = open(settings, at);
      try {
        boolean ready = connection.getResponseCode() == HttpURLConnection.HTTP_OK;
        for (String line : answer(connection, ready).lines().toList()) {
          if (ready) {
            spec.commandLine().getOut().println(line);
          } else {
            spec.commandLine().getErr().println("savior: not ready: " + line);
          }
        }
        return ready ? 0 : 1;
      } finally {
        connection.disconnect();
      }
    } catch (IOException e) {
      spec.commandLine()
          .getErr()
          .println("savior: no server answers at " + at + ": " + e.getMessage());
      return 1;
    }
  }

  /// An address that stands for all of this machine's is asked at loopback.
  private static String host(String listens) {
    InetAddress address = new InetSocketAddress(listens, 0).getAddress();
    String host =
        address == null || !address.isAnyLocalAddress()
            ? listens
            : InetAddress.getLoopbackAddress().getHostAddress();
    return host.contains(":") ? "[" + host + "]" : host;
  }

  private static HttpURLConnection open(ServerConfig settings, String at) throws IOException {
    boolean tls = settings.admin().tls();
    HttpURLConnection connection =
        (HttpURLConnection)
            URI.create((tls ? "https://" : "http://") + at + "/readyz").toURL().openConnection();
    if (connection instanceof HttpsURLConnection encrypted) {
      encrypted.setSSLSocketFactory(trusting(settings.tls()));
      // It is known by its certificate; that names the host which others reach it at.
      encrypted.setHostnameVerifier((_, _) -> true);
    }
    connection.setConnectTimeout(TIMEOUT_MILLIS);
    connection.setReadTimeout(TIMEOUT_MILLIS);
    return connection;
  }

  /// Trusts the server's own certificates and no others.
  private static SSLSocketFactory trusting(TlsConfig tls) throws IOException {
    String chain = String.valueOf(tls.certificates());
    try (InputStream pem = Files.newInputStream(Path.of(chain))) {
      KeyStore trusted = KeyStore.getInstance(KeyStore.getDefaultType());
      trusted.load(null, null);
      for (Certificate each : CertificateFactory.getInstance("X.509").generateCertificates(pem)) {
        trusted.setCertificateEntry("certificate-" + trusted.size(), each);
      }
      TrustManagerFactory managers =
          TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
      managers.init(trusted);
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(null, managers.getTrustManagers(), null);
      return context.getSocketFactory();
    } catch (IOException | GeneralSecurityException e) {
      throw new ConfigException(
          List.of("tls.certificates: " + chain + " cannot be used: " + e.getMessage()), e);
    }
  }

  private static String answer(HttpURLConnection connection, boolean ready) throws IOException {
    try (InputStream body = ready ? connection.getInputStream() : connection.getErrorStream()) {
      return body == null
          ? "status " + connection.getResponseCode()
          : new String(body.readAllBytes(), StandardCharsets.UTF_8);
    }
  }
}
