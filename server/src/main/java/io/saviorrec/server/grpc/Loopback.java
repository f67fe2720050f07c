package io.saviorrec.server.grpc;

import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.MetadataUtils;
import io.grpc.stub.StreamObserver;
import io.saviorrec.proto.v1.ScoreRequest;
import io.saviorrec.proto.v1.ScoreResponse;
import io.saviorrec.proto.v1.ScoringGrpc;
import io.saviorrec.server.access.Callers;
import io.saviorrec.server.access.Right;
import io.saviorrec.server.access.TokenFile;
import io.saviorrec.server.config.ServerConfig;
import io.saviorrec.server.request.ErrorCode;
import io.saviorrec.server.request.RequestException;
import io.saviorrec.server.scoring.WarmUp;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.EnumSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/// A way into the server for itself: an endpoint like that of callers, on a port of the loopback
/// interface, with a connection to it. So code is warmed up while the port that callers know still
/// refuses them.
///
/// Whoever else finds the port is refused: the one caller that it knows has a token of 256 random
/// bits, which only this object has.
public final class Loopback implements WarmUp.Caller, AutoCloseable {
  private static final Metadata.Key<String> AUTHORIZATION =
      Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER);
  private static final long CLOSE_SECONDS = 1;

  private final GrpcEndpoint endpoint;
  private final ManagedChannel channel;
  private final ScoringGrpc.ScoringStub scoring;

  private Loopback(GrpcEndpoint endpoint, String token) {
    this.endpoint = endpoint;
    this.channel =
        NettyChannelBuilder.forAddress(
                new InetSocketAddress(InetAddress.getLoopbackAddress(), endpoint.port()))
            .usePlaintext()
            .disableRetry()
            .directExecutor()
            .build();
    Metadata headers = new Metadata();
    headers.put(AUTHORIZATION, "Bearer " + token);
    this.scoring =
        ScoringGrpc.newStub(channel)
            .withInterceptors(MetadataUtils.newAttachHeadersInterceptor(headers));
  }

  /// Listens and connects.
  ///
  /// @throws IOException when there is no loopback interface
  public static Loopback open(ServerConfig config, GrpcEndpoint.Backend backend)
      throws IOException {
    String token = TokenFile.newToken();
    GrpcEndpoint endpoint =
        GrpcEndpoint.start(
            new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
            config,
            null,
            Callers.only("warm-up", EnumSet.of(Right.SCORE, Right.CHOOSE), token),
            backend);
    return new Loopback(endpoint, token);
  }

  int port() {
    return endpoint.port();
  }

  @Override
  public CompletableFuture<ScoreResponse> score(ScoreRequest request) {
    CompletableFuture<ScoreResponse> answer = new CompletableFuture<>();
    scoring.score(
        request,
        new StreamObserver<>() {
          @Override
          public void onNext(ScoreResponse response) {
            answer.complete(response);
          }

          @Override
          public void onError(Throwable failure) {
            answer.completeExceptionally(exception(Status.fromThrowable(failure)));
          }

          @Override
          public void onCompleted() {}
        });
    return answer;
  }

  private static RequestException exception(Status status) {
    String description = String.valueOf(status.getDescription());
    return switch (status.getCode()) {
      case RESOURCE_EXHAUSTED -> new RequestException(ErrorCode.RESOURCE_EXHAUSTED, description);
      case INVALID_ARGUMENT -> RequestException.invalid(description);
      case DEADLINE_EXCEEDED -> new RequestException(ErrorCode.DEADLINE_EXCEEDED, description);
      default -> new RequestException(ErrorCode.INTERNAL, status.getCode() + ": " + description);
    };
  }

  @Override
  public void close() {
    channel.shutdownNow();
    try {
      boolean _ = channel.awaitTermination(CLOSE_SECONDS, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      endpoint.close();
    }
  }
}
