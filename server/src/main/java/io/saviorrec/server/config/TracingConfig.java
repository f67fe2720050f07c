package io.saviorrec.server.config;

import io.saviorrec.config.Check;
import java.net.URI;
import java.net.URISyntaxException;
import org.jspecify.annotations.Nullable;

/// Where traces of calls go.
///
/// @param endpoint the collector's address for OTLP over HTTP; null: calls are not traced
/// @param sampleRatio share of the calls that are traced where their callers do not say
public record TracingConfig(@Nullable String endpoint, double sampleRatio) {
  static final TracingConfig DEFAULT = new TracingConfig(null, 0.01);

  public TracingConfig {
    Check.all(
        check ->
            check
                .that(
                    endpoint == null || isHttp(endpoint),
                    "endpoint",
                    "be an address such as http://localhost:4318/v1/traces",
                    String.valueOf(endpoint))
                .range("sampleRatio", sampleRatio, 0.0, 1.0));
  }

  private static boolean isHttp(String address) {
    try {
      URI uri = new URI(address);
      return ("http".equals(uri.getScheme()) || "https".equals(uri.getScheme()))
          && uri.getHost() != null;
    } catch (URISyntaxException _) {
      return false;
    }
  }
}
