package io.saviorrec.server;

import io.saviorrec.server.config.ServerConfig;
import io.saviorrec.server.config.TlsConfig.ClientCertificates;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;

/// What the settings leave open to whoever reaches the server's ports, for the log.
final class Exposure {
  private Exposure() {}

  static List<String> warnings(ServerConfig config) {
    boolean grpc = !loopback(config.server().host());
    boolean admin = !loopback(config.admin().host());
    boolean callers = config.access().tokens() != null || !config.access().certificates().isEmpty();
    boolean certified = config.tls().clientCertificates() == ClientCertificates.REQUIRED;
    List<String> open = new ArrayList<>();
    if (!callers && grpc && !certified) {
      open.add("score and write items at " + config.server().host());
    }
    if (!callers && admin) {
      open.add("read the admin pages at " + config.admin().host());
    }
    List<String> warnings = new ArrayList<>();
    if (!open.isEmpty()) {
      warnings.add(
          "whoever reaches this machine may "
              + String.join(" and ", open)
              + "; docs/CONFIG.md, \"Who may do what\", says how to change that");
    }
    if (config.access().tokens() != null
        && ((grpc && !config.tls().enabled()) || (admin && !config.admin().tls()))) {
      warnings.add("tokens cross the network unencrypted; set tls.certificates, or admin.tls");
    }
    return warnings;
  }

  private static boolean loopback(String host) {
    InetSocketAddress address = new InetSocketAddress(host, 0);
    return !address.isUnresolved() && address.getAddress().isLoopbackAddress();
  }
}
