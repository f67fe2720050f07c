package io.saviorrec.client;

import io.grpc.Attributes;
import io.grpc.CallCredentials;
import io.grpc.Grpc;
import io.grpc.Metadata;
import io.grpc.SecurityLevel;
import io.grpc.Status;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/// Puts a token before every call, but not on a network that anybody can listen to.
final class TokenCredentials extends CallCredentials {
  private static final Metadata.Key<String> AUTHORIZATION =
      Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER);
  private static final long FRESH_NANOS = Duration.ofSeconds(5).toNanos();
  private static final long LARGEST_FILE = 4096;

  /// @param readNanos when the file was read
  private record Read(String token, long readNanos) {}

  private final Token token;
  private volatile @Nullable Read read;

  TokenCredentials(Token token) {
    this.token = token;
  }

  @Override
  public void applyRequestMetadata(RequestInfo call, Executor executor, MetadataApplier applier) {
    if (!token.plaintext()
        && call.getSecurityLevel() != SecurityLevel.PRIVACY_AND_INTEGRITY
        && !toThisMachine(call.getTransportAttrs())) {
      applier.fail(
          Status.UNAUTHENTICATED.withDescription(
              "the token was not sent, because the connection is not encrypted; use withTls, or"
                  + " Token.inPlaintext"));
      return;
    }
    String text = token.text();
    Path file = token.file();
    if (file == null) {
      apply(applier, String.valueOf(text));
      return;
    }
    Read known = read;
    if (known != null && System.nanoTime() - known.readNanos < FRESH_NANOS) {
      apply(applier, known.token);
      return;
    }
    executor.execute(() -> readAndApply(file, applier));
  }

  private void readAndApply(Path file, MetadataApplier applier) {
    String text;
    try {
      if (Files.size(file) > LARGEST_FILE) {
        throw new IOException("too large");
      }
      text = Files.readString(file).strip();
    } catch (IOException e) {
      text = "";
    }
    Read known = read;
    if (Token.isToken(text)) {
      known = new Read(text, System.nanoTime());
      read = known;
    }
    // A file that is being replaced may be gone or empty for a moment.
    if (known == null) {
      applier.fail(
          Status.UNAUTHENTICATED.withDescription(
              "the token was not sent: " + file + " cannot be read or has not one token alone"));
    } else {
      apply(applier, known.token);
    }
  }

  private static void apply(MetadataApplier applier, String text) {
    Metadata headers = new Metadata();
    headers.put(AUTHORIZATION, "Bearer " + text);
    applier.apply(headers);
  }

  private static boolean toThisMachine(Attributes transport) {
    SocketAddress address = transport.get(Grpc.TRANSPORT_ATTR_REMOTE_ADDR);
    return address instanceof InetSocketAddress remote
        && !remote.isUnresolved()
        && remote.getAddress().isLoopbackAddress();
  }
}
