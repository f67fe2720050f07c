package io.saviorrec.server.grpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientInterceptors;
import io.grpc.Context;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.Server;
import io.grpc.ServerServiceDefinition;
import io.grpc.ServiceDescriptor;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthGrpc;
import io.grpc.inprocess.InProcessChannelBuilder;
import io.grpc.inprocess.InProcessServerBuilder;
import io.grpc.protobuf.services.HealthStatusManager;
import io.grpc.protobuf.services.ProtoReflectionServiceV1;
import io.grpc.reflection.v1.ServerReflectionGrpc;
import io.grpc.reflection.v1.ServerReflectionRequest;
import io.grpc.reflection.v1.ServerReflectionResponse;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.MetadataUtils;
import io.grpc.stub.ServerCalls;
import io.grpc.stub.StreamObserver;
import io.saviorrec.proto.v1.ScoreRequest;
import io.saviorrec.proto.v1.ScoreResponse;
import io.saviorrec.proto.v1.ScoringGrpc;
import io.saviorrec.server.access.Callers;
import io.saviorrec.server.access.Right;
import io.saviorrec.server.access.TokenFile;
import io.saviorrec.server.access.WatchedFiles;
import io.saviorrec.server.config.ServerConfig;
import io.saviorrec.server.config.TestConfigs;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(30)
class AccessInterceptorTest {
  private static final Metadata.Key<String> AUTHORIZATION =
      Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER);

  @TempDir private Path folder;
  private final WatchedFiles files = new WatchedFiles(Duration.ofMinutes(1));
  private Server server;
  private ManagedChannel channel;

  /// Answers with the name of the caller.
  private static final class Echo extends ScoringGrpc.ScoringImplBase {
    @Override
    public void score(ScoreRequest request, StreamObserver<ScoreResponse> observer) {
      observer.onNext(
          ScoreResponse.newBuilder()
              .setRequestId(AccessInterceptor.caller(Context.current()))
              .build());
      observer.onCompleted();
    }
  }

  @BeforeEach
  void start() throws IOException {
    Path tokens =
        Files.write(
            folder.resolve("tokens"),
            List.of(
                TokenFile.line("feed", Set.of(Right.SCORE), "one"),
                TokenFile.line("loader", Set.of(Right.WRITE), "two")));
    ServerConfig config = TestConfigs.small(Map.of("access.tokens", tokens.toString()));
    start(Callers.open(config.access(), files));
  }

  private void start(Callers callers) throws IOException {
    String name = InProcessServerBuilder.generateName();
    server =
        InProcessServerBuilder.forName(name)
            .addService(new Echo())
            .addService(new HealthStatusManager().getHealthService())
            .addService(ProtoReflectionServiceV1.newInstance())
            .addService(unruled())
            .fallbackHandlerRegistry(new UnknownMethods())
            .intercept(new AccessInterceptor(callers))
            .build()
            .start();
    channel = InProcessChannelBuilder.forName(name).build();
  }

  /// A service that nobody thought of.
  private static ServerServiceDefinition unruled() {
    var method = ScoringGrpc.getScoreMethod().toBuilder().setFullMethodName("other/Method").build();
    return ServerServiceDefinition.builder(
            ServiceDescriptor.newBuilder("other").addMethod(method).build())
        .addMethod(
            method, ServerCalls.asyncUnaryCall((request, observer) -> observer.onCompleted()))
        .build();
  }

  @AfterEach
  void stop() {
    channel.shutdownNow();
    server.shutdownNow();
    files.close();
  }

  private Channel with(String token) {
    Metadata headers = new Metadata();
    headers.put(AUTHORIZATION, "Bearer " + token);
    return ClientInterceptors.intercept(
        channel, MetadataUtils.newAttachHeadersInterceptor(headers));
  }

  private static String score(Channel with) {
    return ScoringGrpc.newBlockingStub(with)
        .score(ScoreRequest.getDefaultInstance())
        .getRequestId();
  }

  @Test
  void theCallKnowsItsCaller() throws IOException {
    assertThat(score(with("one"))).isEqualTo("feed");
    stop();
    start(Callers.everybody());
    assertThat(score(channel)).isEqualTo("anonymous");
  }

  @Test
  void aCallWithoutItsRightIsRefused() {
    assertThatThrownBy(() -> score(with("two")))
        .isInstanceOf(StatusRuntimeException.class)
        .hasMessage("PERMISSION_DENIED: loader lacks the right score");
    assertThatThrownBy(() -> score(channel)).hasMessageStartingWith("UNAUTHENTICATED: ");
  }

  @Test
  void aMethodWithoutARuleNeedsTheRightToAdminister() {
    var method = ScoringGrpc.getScoreMethod().toBuilder().setFullMethodName("other/Method").build();
    assertThatThrownBy(
            () ->
                ClientCalls.blockingUnaryCall(
                    with("one"), method, CallOptions.DEFAULT, ScoreRequest.getDefaultInstance()))
        .hasMessage("PERMISSION_DENIED: feed lacks the right administer");
  }

  @Test
  void aMethodThatIsNotThereIsUnimplementedForKnownCallers() {
    var method = ScoringGrpc.getScoreMethod().toBuilder().setFullMethodName("no/Such").build();
    assertThatThrownBy(
            () ->
                ClientCalls.blockingUnaryCall(
                    with("one"), method, CallOptions.DEFAULT, ScoreRequest.getDefaultInstance()))
        .hasMessage("UNIMPLEMENTED: no such method: \"no/Such\"");
  }

  @Test
  void healthIsForEverybodyAndReflectionForKnownCallers() throws Exception {
    HealthGrpc.newBlockingStub(channel).check(HealthCheckRequest.getDefaultInstance());
    assertThat(reflect(with("two"))).isEqualTo("listed");
    assertThat(reflect(channel)).startsWith("UNAUTHENTICATED");
  }

  private static String reflect(Channel with) throws Exception {
    CompletableFuture<String> end = new CompletableFuture<>();
    StreamObserver<ServerReflectionRequest> requests =
        ServerReflectionGrpc.newStub(with)
            .serverReflectionInfo(
                new StreamObserver<>() {
                  @Override
                  public void onNext(ServerReflectionResponse response) {
                    end.complete("listed");
                  }

                  @Override
                  public void onError(Throwable failure) {
                    end.complete(String.valueOf(Status.fromThrowable(failure).getCode()));
                  }

                  @Override
                  public void onCompleted() {
                    end.complete("nothing");
                  }
                });
    requests.onNext(ServerReflectionRequest.newBuilder().setListServices("*").build());
    return end.get();
  }
}
