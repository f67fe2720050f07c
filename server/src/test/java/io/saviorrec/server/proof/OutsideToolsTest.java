package io.saviorrec.server.proof;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.util.JsonFormat;
import io.grpc.ManagedChannel;
import io.grpc.reflection.v1.ServerReflectionGrpc;
import io.grpc.reflection.v1.ServerReflectionRequest;
import io.grpc.reflection.v1.ServerReflectionResponse;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// Tools that know nothing of this server: grpcurl, ghz, promtool and tritonclient as they are
/// published, and what they rely on.
@Timeout(120)
class OutsideToolsTest {
  @TempDir private static @Nullable Path folder;
  private static @Nullable ServerProcess server;

  @BeforeAll
  static void start() throws IOException {
    server =
        ServerProcess.start(
            ServerProcess.Plan.of(TinyShop.repository(), Objects.requireNonNull(folder)));
  }

  @AfterAll
  static void stop() {
    server().close();
  }

  private static ServerProcess server() {
    return Objects.requireNonNull(server);
  }

  private static String run(String tool, String... arguments) {
    List<String> command = new ArrayList<>(List.of(OutsideTool.require(tool).toString()));
    command.addAll(List.of(arguments));
    return ServerProcess.run(command);
  }

  private static String address() {
    return "127.0.0.1:" + server().grpcPort();
  }

  private static String page() throws IOException {
    // ghz knows no other names.
    return JsonFormat.printer().preservingProtoFieldNames().print(TinyShop.page(new Random(1), 5));
  }

  @Test
  void reflectionAnswersInItsFirstVersion() throws Exception {
    CompletableFuture<ServerReflectionResponse> answer = new CompletableFuture<>();
    StreamObserver<ServerReflectionRequest> requests =
        ServerReflectionGrpc.newStub(server().channel()).serverReflectionInfo(first(answer));
    requests.onNext(ServerReflectionRequest.newBuilder().setListServices("").build());
    assertThat(answer.get(20, TimeUnit.SECONDS).getListServicesResponse().getServiceList())
        .extracting(service -> service.getName())
        .contains("saviorrec.v1.Scoring", "saviorrec.v1.Items", "grpc.health.v1.Health");
    requests.onCompleted();
  }

  @Test
  void reflectionAnswersInTheVersionBefore() throws Exception {
    CompletableFuture<io.grpc.reflection.v1alpha.ServerReflectionResponse> answer =
        new CompletableFuture<>();
    ManagedChannel channel = server().channel();
    StreamObserver<io.grpc.reflection.v1alpha.ServerReflectionRequest> requests =
        io.grpc.reflection.v1alpha.ServerReflectionGrpc.newStub(channel)
            .serverReflectionInfo(first(answer));
    requests.onNext(
        io.grpc.reflection.v1alpha.ServerReflectionRequest.newBuilder()
            .setFileContainingSymbol("saviorrec.v1.Scoring")
            .build());
    assertThat(
            answer
                .get(20, TimeUnit.SECONDS)
                .getFileDescriptorResponse()
                .getFileDescriptorProtoCount())
        .isPositive();
    requests.onCompleted();
  }

  private static <T> StreamObserver<T> first(CompletableFuture<T> answer) {
    return new StreamObserver<>() {
      @Override
      public void onNext(T value) {
        answer.complete(value);
      }

      @Override
      public void onError(Throwable failure) {
        answer.completeExceptionally(failure);
      }

      @Override
      public void onCompleted() {}
    };
  }

  @Test
  void grpcurlListsDescribesAndCalls() throws Exception {
    assertThat(run("grpcurl", "-plaintext", address(), "list")).contains("saviorrec.v1.Scoring");
    assertThat(run("grpcurl", "-plaintext", address(), "describe", "saviorrec.v1.ScoreRequest"))
        .contains("repeated .saviorrec.v1.Candidate candidates = 7;");
    assertThat(run("grpcurl", "-plaintext", "-d", page(), address(), "saviorrec.v1.Scoring/Score"))
        .contains("\"pctr\"", "\"TRAINED\"");
    assertThat(run("grpcurl", "-plaintext", address(), "grpc.health.v1.Health/Check"))
        .contains("SERVING");
  }

  @Test
  void tritonclientAsksAndScores() {
    String script =
        """
        import sys
        import numpy as np
        import tritonclient.grpc as triton
        client = triton.InferenceServerClient(sys.argv[1])
        def tensor(name, values):
            t = triton.InferInput(name, list(values.shape), "INT64")
            t.set_data_from_numpy(values)
            return t
        inputs = [tensor("candidate_ids", np.array([1, 2, 3])), tensor("history", np.array([2]))]
        scores = client.infer("tiny", inputs).as_numpy("pctr")
        best = client.infer("tiny", inputs, parameters={"top_k": 1}).as_numpy("ranked")
        print(client.is_server_live(), client.is_server_ready(), client.is_model_ready("tiny"))
        print([i.name for i in client.get_model_metadata("tiny").inputs].count("candidate_ids"))
        print(scores.shape, bool((scores > 0).all()), int(best[0]) == int(scores.argmax()))
        """;

    assertThat(run("python-with-tritonclient", "-c", script, address()).lines())
        .containsExactly("True True True", "1", "(3,) True True");
  }

  @Test
  void ghzSendsLoad() throws Exception {
    assertThat(
            run(
                "ghz",
                "--insecure",
                "--call",
                "saviorrec.v1.Scoring.Score",
                "-d",
                page(),
                "-c",
                "4",
                "-n",
                "400",
                address()))
        .containsPattern("\\[OK\\]\\s+400 responses");
  }

  @Test
  void promtoolFindsNothingToSayAboutOurMetrics() throws Exception {
    String metrics;
    try (HttpClient http = HttpClient.newHttpClient()) {
      metrics =
          http.send(
                  HttpRequest.newBuilder(server().admin("/metrics")).build(),
                  HttpResponse.BodyHandlers.ofString())
              .body()
              .lines()
              .filter(line -> line.matches("(# (HELP|TYPE) )?savior_.*"))
              .collect(Collectors.joining("\n", "", "\n"));
    }
    assertThat(metrics).contains("savior_");
    Path ours = Files.writeString(Objects.requireNonNull(folder).resolve("metrics"), metrics);
    Path promtool = OutsideTool.require("promtool");
    assertThat(ServerProcess.run(List.of("sh", "-c", promtool + " check metrics < " + ours)))
        .isEmpty();
  }
}
