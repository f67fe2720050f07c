package io.saviorrec.server.admin;

import io.grpc.netty.shaded.io.netty.handler.codec.http.HttpHeaderNames;
import io.grpc.netty.shaded.io.netty.handler.codec.http.HttpHeaders;
import io.grpc.netty.shaded.io.netty.util.NetUtil;
import java.net.URI;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// Keeps pages of other sites from asking in the name of who looks at them.
///
/// A change must be JSON, which a browser sends to another site only after it has asked that site,
/// and nobody answers here; and must come from a page of this port, where the browser says from
/// where. Where nobody has to say who he is, another site could also give this server a name of its
/// own and ask as if it were the server: so the name must be one that no site can have.
final class OwnPages {
  private static final String JSON = "application/json";

  private OwnPages() {}

  /// Why the request is refused; null: it is not.
  ///
  /// @param change whether something is changed
  /// @param open whether nobody has to say who he is
  static @Nullable String refusal(HttpHeaders headers, boolean change, boolean open) {
    String host = headers.get(HttpHeaderNames.HOST, "");
    if (open && !isPrivate(host)) {
      return "this server asks nobody for a token, so it must be opened by localhost or its IP"
          + " address, or given callers (access)";
    }
    if (!change) {
      return null;
    }
    String type = headers.get(HttpHeaderNames.CONTENT_TYPE, "");
    int more = type.indexOf(';');
    if (!(more < 0 ? type : type.substring(0, more)).strip().equalsIgnoreCase(JSON)) {
      return "a change must be sent as " + JSON;
    }
    String origin = headers.get(HttpHeaderNames.ORIGIN);
    String site = headers.get("sec-fetch-site", "same-origin");
    return site.equals("same-origin") && (origin == null || authority(origin).equals(host))
        ? null
        : "a page of another site may change nothing here";
  }

  private static String authority(String origin) {
    try {
      return String.valueOf(URI.create(origin).getRawAuthority());
    } catch (IllegalArgumentException e) {
      return "";
    }
  }

  /// Whether it is an address, localhost, or a name without a dot, which is none of the internet.
  private static boolean isPrivate(String hostAndPort) {
    if (hostAndPort.startsWith("[")) {
      return NetUtil.isValidIpV6Address(hostAndPort.substring(0, hostAndPort.indexOf(']') + 1));
    }
    int colon = hostAndPort.indexOf(':');
    String host = (colon < 0 ? hostAndPort : hostAndPort.substring(0, colon));
    return NetUtil.isValidIpV4Address(host)
        || host.toLowerCase(Locale.ROOT).endsWith(".localhost")
        || (!host.isEmpty() && host.indexOf('.') < 0);
  }
}
