package io.saviorrec.server.proof;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.util.JsonFormat;
import io.grpc.ManagedChannel;
import io.grpc.reflection.v1.ServerReflectionGrpc;
import io.grpc.reflection.v1.ServerReflectionRequest;
import io.grpc.reflection.v1.ServerReflectionResponse;
import io.grpc.stub.StreamObserver;
import io.saviorrec.proto.v1.ScoreRequest;
import io.saviorrec.proto.v1.ScoreResponse;
import io.saviorrec.proto.v1.ScoringGrpc;
import io.saviorrec.proto.v1.User;
import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// Tools that know nothing of this server: grpcurl, ghz, promtool and Triton's client as they are
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
  void tritonsClientGetsTheScoresOfScore() throws Exception {
    String script = Path.of("src", "test", "resources", "oip", "score.py").toString();
    String said = run("python-with-tritonclient", script, address(), "tiny", "11,12,13");

    ScoreRequest page =
        ScoreRequest.newBuilder()
            .setUser(User.newBuilder().setUserKey("somebody").addHistory(11).addHistory(12).build())
            .addAllCandidateIds(List.of(11L, 12L, 13L))
            .build();
    ScoreResponse scored = ScoringGrpc.newBlockingStub(server().channel()).score(page);
    List<Float> pctr = scored.getPctrList();
    assertThat(pctr).doesNotHaveDuplicates();
    assertThat(said.lines())
        .satisfiesExactly(
            ready -> assertThat(ready).isEqualTo("ready True True True"),
            name -> assertThat(name).isEqualTo("server saviorrec"),
            inputs -> assertThat(inputs).contains("candidate_ids", "context.hour", "profile.age"),
            scores ->
                assertThat(
                        Stream.of(scores.split(" "))
                            .skip(1)
                            .map(text -> (float) Double.parseDouble(text)))
                    .containsExactlyElementsOf(pctr),
            sources -> assertThat(sources).isEqualTo("source TRAINED TRAINED TRAINED"),
            ranked -> assertThat(ranked).isEqualTo("ranked " + pctr.indexOf(Collections.max(pctr))),
            refused -> assertThat(refused).isEqualTo("refused StatusCode.INVALID_ARGUMENT"));
  }

  @Test
  void aTypedRequestOfTheProtocolByGrpcurlIsAnswered() throws Exception {
    assertThat(
            run(
                "grpcurl",
                "-plaintext",
                "-d",
                "{\"model_name\": \"tiny\", \"inputs\": [{\"name\": \"candidate_ids\","
                    + " \"datatype\": \"INT64\", \"shape\": [2], \"contents\": {\"int64_contents\":"
                    + " [11, 12]}}]}",
                address(),
                "inference.GRPCInferenceService/ModelInfer"))
        .contains("\"fp32_contents\"", "\"pctr\"");
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
