package io.saviorrec.client;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.Attributes;
import io.grpc.CallCredentials.MetadataApplier;
import io.grpc.CallCredentials.RequestInfo;
import io.grpc.Grpc;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.SecurityLevel;
import io.grpc.Status;
import io.saviorrec.proto.v1.ScoringGrpc;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TokenTest {
  private static final InetSocketAddress HERE =
      new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), 1);
  private static final InetSocketAddress ELSEWHERE =
      new InetSocketAddress(InetAddress.ofLiteral("192.0.2.1"), 1);

  @TempDir private Path folder;

  /// A call on a connection to this address.
  private static final class Request extends RequestInfo {
    private final InetSocketAddress remote;
    private final SecurityLevel level;

    Request(InetSocketAddress remote, SecurityLevel level) {
      this.remote = remote;
      this.level = level;
    }

    @Override
    public MethodDescriptor<?, ?> getMethodDescriptor() {
      return ScoringGrpc.getScoreMethod();
    }

    @Override
    public SecurityLevel getSecurityLevel() {
      return level;
    }

    @Override
    public String getAuthority() {
      return "there";
    }

    @Override
    public Attributes getTransportAttrs() {
      return Attributes.newBuilder().set(Grpc.TRANSPORT_ATTR_REMOTE_ADDR, remote).build();
    }
  }

  /// What became of a call.
  private static final class Sent extends MetadataApplier {
    private @Nullable String header;
    private @Nullable String failure;

    @Override
    public void apply(Metadata headers) {
      header = headers.get(Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER));
    }

    @Override
    public void fail(Status status) {
      failure = status.getCode() + ": " + status.getDescription();
    }
  }

  private static Sent send(
      TokenCredentials credentials, InetSocketAddress to, SecurityLevel level) {
    Sent sent = new Sent();
    credentials.applyRequestMetadata(new Request(to, level), Runnable::run, sent);
    return sent;
  }

  @Test
  void aTokenIsNotSentUnencryptedToAnotherMachineUnlessItMayBe() {
    Token token = Token.of("secret");
    TokenCredentials careful = new TokenCredentials(token);

    assertThat(send(careful, HERE, SecurityLevel.NONE).header).isEqualTo("Bearer secret");
    assertThat(send(careful, ELSEWHERE, SecurityLevel.PRIVACY_AND_INTEGRITY).header)
        .isEqualTo("Bearer secret");
    Sent refused = send(careful, ELSEWHERE, SecurityLevel.NONE);
    assertThat(refused.header).isNull();
    assertThat(refused.failure)
        .startsWith("UNAUTHENTICATED: the token was not sent, because the connection is not");
    assertThat(
            send(new TokenCredentials(token.inPlaintext()), ELSEWHERE, SecurityLevel.NONE).header)
        .isEqualTo("Bearer secret");
  }

  @Test
  void aTokenIsReadFromItsFileAndTheLastOneStaysWhereTheFileIsGone() throws IOException {
    Path file = folder.resolve("token");
    TokenCredentials credentials = new TokenCredentials(Token.in(file));

    assertThat(send(credentials, HERE, SecurityLevel.NONE).failure)
        .isEqualTo(
            "UNAUTHENTICATED: the token was not sent: "
                + file
                + " cannot be read or has not one token alone");
    Files.writeString(file, "secret\n");
    assertThat(send(credentials, HERE, SecurityLevel.NONE).header).isEqualTo("Bearer secret");
    Files.delete(file);
    assertThat(send(credentials, HERE, SecurityLevel.NONE).header).isEqualTo("Bearer secret");
  }
}
