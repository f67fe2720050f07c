package io.saviorrec.server.grpc;

import io.grpc.InsecureServerCredentials;
import io.grpc.ServerCredentials;
import io.grpc.TlsServerCredentials;
import io.grpc.TlsServerCredentials.ClientAuth;
import io.saviorrec.server.access.ServerTls;
import org.jspecify.annotations.Nullable;

/// The server's TLS as gRPC takes it.
final class Credentials {
  private Credentials() {}

  /// Credentials that follow their files.
  ///
  /// @param tls null for plaintext
  static ServerCredentials of(@Nullable ServerTls tls) {
    if (tls == null) {
      return InsecureServerCredentials.create();
    }
    TlsServerCredentials.Builder builder = TlsServerCredentials.newBuilder().keyManager(tls.keys());
    if (tls.authorities() != null) {
      builder.trustManager(tls.authorities());
    }
    return builder
        .clientAuth(
            switch (tls.clientCertificates()) {
              case NONE -> ClientAuth.NONE;
              case OPTIONAL -> ClientAuth.OPTIONAL;
              case REQUIRED -> ClientAuth.REQUIRE;
            })
        .build();
  }
}
