package io.saviorrec.server.config;

import io.saviorrec.config.Check;
import org.jspecify.annotations.Nullable;

/// The HTTP endpoint for metrics, health and the status page.
///
/// @param host the address to listen on
/// @param port TCP port; 0 takes a free one
/// @param tls whether it speaks HTTPS with the certificate of `tls`
/// @param explore folder of what the explorer shows; null: there is no explorer
public record AdminConfig(String host, int port, boolean tls, @Nullable String explore) {
  static final AdminConfig DEFAULT = new AdminConfig("127.0.0.1", 8501, false, null);

  public AdminConfig {
    Check.all(
        check ->
            check
                .notBlank("host", host)
                .range("port", port, 0, 65535)
                .notBlank("explore", explore));
  }
}
