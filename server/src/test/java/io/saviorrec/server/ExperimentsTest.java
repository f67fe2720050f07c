package io.saviorrec.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.stub.MetadataUtils;
import io.grpc.stub.StreamObserver;
import io.saviorrec.exposure.Exposure;
import io.saviorrec.exposure.ExposureFiles;
import io.saviorrec.exposure.ExposureReader;
import io.saviorrec.proto.v1.Candidate;
import io.saviorrec.proto.v1.FeatureValue;
import io.saviorrec.proto.v1.ScoreRequest;
import io.saviorrec.proto.v1.ScoreResponse;
import io.saviorrec.proto.v1.ScoreResult;
import io.saviorrec.proto.v1.ScoreStreamRequest;
import io.saviorrec.proto.v1.ScoreStreamResponse;
import io.saviorrec.proto.v1.ScoreUsersRequest;
import io.saviorrec.proto.v1.ScoringGrpc;
import io.saviorrec.server.access.Right;
import io.saviorrec.server.access.TokenFile;
import io.saviorrec.server.config.TestConfigs;
import io.saviorrec.server.fakes.FakeEngine;
import io.saviorrec.server.fakes.TestBundles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// Which version answers, what else scores, and what is logged of it, through real ports.
class ExperimentsTest extends ServersTest {
  private static final String SPLIT = "{control: 1, treatment: 1}";
  private static final String BUCKETS = "{control: base, treatment: saviorrec}";

  @BeforeEach
  void writeModels() throws IOException {
    TestBundles.write(repository(), "saviorrec");
    TestBundles.write(repository(), "base");
  }

  private Server start(Map<String, String> settings) {
    return start(TestConfigs.small(settings));
  }

  private ScoreResponse score(Server server, ScoreRequest request) {
    return ScoringGrpc.newBlockingStub(channel(server)).score(request);
  }

  private static ScoreRequest request(long user, String id) {
    ScoreRequest.Builder request = REQUEST.toBuilder().setRequestId(id);
    request.getUserBuilder().setUserId(user);
    return request.build();
  }

  @Test
  void anAnswerSaysByWhichBucketAndLabelItsVersionWasChosen() {
    Server server =
        start(
            Map.of(
                "routing.labels",
                "{saviorrec: {stable: 1, canary: 1}}",
                "routing.buckets",
                "{control: base, treatment: saviorrec@canary}"));

    ScoreResponse stable = score(server, REQUEST.toBuilder().setModel("saviorrec").build());
    assertThat(stable.getLabel()).isEqualTo("stable");
    assertThat(stable.getBucket()).isEmpty();
    ScoreResponse flagged =
        score(server, REQUEST.toBuilder().putFlags("bucket", "treatment").build());
    assertThat(flagged.getModel()).isEqualTo("saviorrec");
    assertThat(flagged.getLabel()).isEqualTo("canary");
    assertThat(flagged.getBucket()).isEqualTo("treatment");
    ScoreResponse asked =
        score(server, REQUEST.toBuilder().setModel("saviorrec").setLabel("canary").build());
    assertThat(asked.getLabel()).isEqualTo("canary");
    ScoreResponse version = score(server, REQUEST.toBuilder().setVersion(1).build());
    assertThat(version.getModel()).isEqualTo("saviorrec");
    assertThat(version.getLabel()).isEmpty();
    assertThatThrownBy(
            () -> score(server, REQUEST.toBuilder().setModel("base").setLabel("canary").build()))
        .hasMessageContaining("NOT_FOUND: no model \"base\" with label \"canary\"");
  }

  /// User 0 is everybody whom nobody knows.
  @Test
  void userZeroDoesNotAlwaysLandInOneVariant() throws Exception {
    Server server = start(Map.of("routing.buckets", BUCKETS, "routing.split", SPLIT));
    ManagedChannel channel = channel(server);
    Set<String> buckets = new HashSet<>();
    Set<String> again = new HashSet<>();
    for (int i = 0; i < 40; i++) {
      buckets.add(ScoringGrpc.newBlockingStub(channel).score(request(0, "r" + i)).getBucket());
      again.add(ScoringGrpc.newBlockingStub(channel).score(request(0, "same")).getBucket());
    }

    assertThat(buckets).containsExactlyInAnyOrder("control", "treatment");
    assertThat(again).hasSize(1);
    assertThat(get(server.adminPort(), "/metrics").body())
        .contains("bucket=\"control\"", "bucket=\"treatment\"");
  }

  @Test
  void weightsChangeWithoutARestartAndABrokenFileChangesNothing() throws Exception {
    Path file = directory.resolve("routing.yaml");
    Files.writeString(file, "buckets: " + BUCKETS + "\nsplit: {control: 1, treatment: 0}\n");
    Server server = start(Map.of("routing.file", file.toString(), "tls.reloadInterval", "10ms"));
    ManagedChannel channel = channel(server);
    assertThat(ScoringGrpc.newBlockingStub(channel).score(request(1, "")).getBucket())
        .isEqualTo("control");

    Files.writeString(file, "buckets: " + BUCKETS + "\nsplit: {control: 0, treatment: 1}\n");
    while (!ScoringGrpc.newBlockingStub(channel)
        .score(request(1, ""))
        .getBucket()
        .equals("treatment")) {
      Thread.onSpinWait();
    }
    assertThat(get(server.adminPort(), "/").body()).contains("split 1 of 1");

    Files.writeString(file, "split: {nowhere: 1}\n");
    for (int i = 0; i < 20; i++) {
      assertThat(ScoringGrpc.newBlockingStub(channel).score(request(1, "")).getBucket())
          .isEqualTo("treatment");
    }
    Files.writeString(file, "defaultModel: base\n");
    while (!ScoringGrpc.newBlockingStub(channel).score(request(1, "")).getBucket().isEmpty()) {
      Thread.onSpinWait();
    }
    assertThat(ScoringGrpc.newBlockingStub(channel).score(request(1, "")).getModel())
        .isEqualTo("base");
  }

  @Test
  void aRoutingFileThatCannotBeUsedKeepsTheServerFromStarting() throws Exception {
    Path file = directory.resolve("routing.yaml");
    Files.writeString(file, "split: {control: many}\n");

    assertThatThrownBy(() -> start(Map.of("routing.file", file.toString())))
        .hasMessage(
            "routing.file: " + file + ": split.control must be a whole number, was \"many\"");
  }

  @Test
  void namingAVersionOrLabelNeedsTheRightToChoose() throws Exception {
    Path tokens = directory.resolve("tokens");
    Files.write(
        tokens,
        List.of(
            TokenFile.line("page", Set.of(Right.SCORE), "a".repeat(40)),
            TokenFile.line("lab", Set.of(Right.SCORE, Right.CHOOSE), "b".repeat(40))));
    Server server =
        start(
            Map.of(
                "access.tokens", tokens.toString(), "routing.labels", "{saviorrec: {canary: 1}}"));
    ScoreRequest labelled = REQUEST.toBuilder().setModel("saviorrec").setLabel("canary").build();
    ScoreRequest versioned = REQUEST.toBuilder().setModel("saviorrec").setVersion(1).build();

    assertThat(as(server, "a".repeat(40)).score(REQUEST).getModel()).isEqualTo("saviorrec");
    for (ScoreRequest choosing : List.of(labelled, versioned)) {
      assertThatThrownBy(() -> as(server, "a".repeat(40)).score(choosing))
          .hasMessage(
              "PERMISSION_DENIED: page lacks the right choose, which naming a version or label"
                  + " needs");
      assertThat(as(server, "b".repeat(40)).score(choosing).getModel()).isEqualTo("saviorrec");
      // Nor by a call that brings several requests.
      ScoreUsersRequest several = ScoreUsersRequest.newBuilder().addRequests(choosing).build();
      assertThat(as(server, "a".repeat(40)).scoreUsers(several).getResults(0).getError().getCode())
          .isEqualTo(Status.Code.PERMISSION_DENIED.value());
      assertThat(as(server, "b".repeat(40)).scoreUsers(several).getResults(0).hasResponse())
          .isTrue();
      assertThat(streamed(server, "a", choosing).getError().getCode())
          .isEqualTo(Status.Code.PERMISSION_DENIED.value());
      assertThat(streamed(server, "b", choosing).hasResponse()).isTrue();
    }
  }

  /// The only result of a stream.
  private ScoreResult streamed(Server server, String caller, ScoreRequest request) {
    CompletableFuture<ScoreResult> result = new CompletableFuture<>();
    StreamObserver<ScoreStreamRequest> stream =
        ScoringGrpc.newStub(channel(server))
            .withInterceptors(MetadataUtils.newAttachHeadersInterceptor(bearer(caller.repeat(40))))
            .scoreStream(
                new StreamObserver<>() {
                  @Override
                  public void onNext(ScoreStreamResponse response) {
                    result.complete(response.getResult());
                  }

                  @Override
                  public void onError(Throwable failure) {
                    result.completeExceptionally(failure);
                  }

                  @Override
                  public void onCompleted() {
                    result.completeExceptionally(new AssertionError("no result"));
                  }
                });
    stream.onNext(ScoreStreamRequest.newBuilder().setRequest(request).build());
    stream.onCompleted();
    return result.orTimeout(20, TimeUnit.SECONDS).join();
  }

  private ScoringGrpc.ScoringBlockingStub as(Server server, String token) {
    return ScoringGrpc.newBlockingStub(channel(server))
        .withInterceptors(MetadataUtils.newAttachHeadersInterceptor(bearer(token)));
  }

  private static Metadata bearer(String token) {
    Metadata headers = new Metadata();
    headers.put(
        Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER), "Bearer " + token);
    return headers;
  }

  @Test
  void aShadowScoresForNobodyAndItsDifferencesAreCounted() throws Exception {
    Server server =
        start(Map.of("routing.defaultModel", "saviorrec", "routing.shadow", "{base: 1}"));
    engineOf("base").fixScore(0.75f);
    engineOf("saviorrec").fixScore(0.5f);

    assertThat(score(server, REQUEST).getScores(0).getPctr()).isEqualTo(0.5f);
    String scored = "savior_shadow_requests_total{model=\"base\",result=\"scored\"";
    awaitMetric(server, scored, 1);
    assertThat(metric(server, "savior_shadow_difference_sum{direction=\"higher\",model=\"base\""))
        .isEqualTo(0.25);
    // Nobody called it.
    assertThat(
            metric(
                server,
                "savior_score_requests_seconds_count{bucket=\"none\",model=\"base\",priority=\"NORMAL\",status=\"OK\""))
        .isZero();
    // A request that it answers itself has no shadow.
    assertThat(score(server, REQUEST.toBuilder().setModel("base").build()).getModel())
        .isEqualTo("base");
    assertThat(metric(server, scored)).isEqualTo(1);
  }

  @Test
  void aShadowIsComparedCandidateByCandidateWhateverTheirOrder() throws Exception {
    Server server =
        start(Map.of("routing.defaultModel", "saviorrec", "routing.shadow", "{base: 1}"));
    ScoreRequest likeliest =
        ScoreRequest.newBuilder().addAllCandidateIds(List.of(1L, 9L, 5L)).setTopK(2).build();

    assertThat(score(server, likeliest).getRankedList()).containsExactly(1, 2);
    awaitMetric(server, "savior_shadow_requests_total{model=\"base\",result=\"scored\"", 1);
    // Both give an item the same score.
    assertThat(metric(server, "savior_shadow_difference_sum{direction=\"higher\",model=\"base\""))
        .isZero();
    assertThat(metric(server, "savior_shadow_difference_sum{direction=\"lower\",model=\"base\""))
        .isZero();
  }

  @Test
  void aShadowThatFailsOrHangsHarmsNobody() throws Exception {
    Server server =
        start(
            Map.of(
                "routing.defaultModel",
                "saviorrec",
                "routing.shadow",
                "{base: 1}",
                "health.failuresInRow",
                "1"));
    ManagedChannel channel = channel(server);
    engineOf("base").fixScore(Float.NaN);
    score(server, REQUEST);
    awaitMetric(server, "savior_shadow_requests_total{model=\"base\",result=\"failed\"", 1);
    assertThat(get(server.adminPort(), "/readyz").statusCode()).isEqualTo(200);

    engineOf("base").fixScore(0.5f);
    engineOf("base").scores.hold();
    ScoringGrpc.newBlockingStub(channel).score(REQUEST);
    engineOf("base").scores.awaitEntered();
    // It has one of two threads; the other answers, and its shadow finds no room.
    for (int i = 0; i < 3; i++) {
      assertThat(ScoringGrpc.newBlockingStub(channel).score(REQUEST).getScoresCount()).isOne();
    }
    awaitMetric(server, "savior_shadow_requests_total{model=\"base\",result=\"dropped\"", 3);
    engineOf("base").scores.open();
    awaitMetric(server, "savior_shadow_requests_total{model=\"base\",result=\"scored\"", 1);
  }

  @Test
  void whatWasScoredIsLoggedForWhomAndInWhichBucket() throws Exception {
    Path log = directory.resolve("exposures");
    Server server =
        start(
            Map.of(
                "routing.buckets",
                BUCKETS,
                "routing.split",
                SPLIT,
                "routing.splitFlag",
                "household",
                "exposures.directory",
                log.toString()));
    ScoreRequest.Builder request =
        request(7, "r7").toBuilder()
            .clearCandidates()
            .putFlags("household", "h1")
            .putContext("hour", FeatureValue.newBuilder().setNumber(9).build())
            .addCandidates(Candidate.newBuilder().setItemId(3).setPctrBase(0.25))
            .addCandidates(Candidate.newBuilder().setItemId(5));
    request.getUserBuilder().putProfile("city", FeatureValue.newBuilder().setText("Bern").build());
    ScoreResponse answer = score(server, request.build());
    assertThatThrownBy(() -> score(server, REQUEST.toBuilder().setBucket("nobody's").build()))
        .hasMessageContaining("NOT_FOUND");
    assertThat(exposures(log)).isEmpty();
    assertThatThrownBy(() -> start(Map.of("exposures.directory", log.toString())))
        .hasMessage(
            "exposures.directory: " + log + " is another server's; give each a folder of its own");
    server.close();

    assertThat(exposures(log))
        .singleElement()
        .satisfies(
            row -> {
              assertThat(row.requestId()).isEqualTo("r7");
              assertThat(row.userId()).isEqualTo(7);
              assertThat(row.unit()).isEqualTo("h1");
              assertThat(row.bucket()).isEqualTo(answer.getBucket());
              assertThat(row.model()).isEqualTo(answer.getModel());
              assertThat(row.version()).isEqualTo(1);
              assertThat(row.items()).containsExactly(3, 5);
              assertThat(row.pctr())
                  .containsExactly(answer.getScores(0).getPctr(), answer.getScores(1).getPctr());
              assertThat(row.ranks()).containsExactly(2, 1);
              assertThat(row.sources()).containsExactly("TRAINED", "TRAINED");
              assertThat(row.pctrBase()).containsExactly(0.25f, Float.NaN);
              assertThat(row.context()).isEqualTo(Map.of("hour", 9.0));
              assertThat(row.profile()).isEqualTo(Map.of("city", "Bern"));
            });
  }

  @Test
  void aStopWithACallThatIsStuckFinishesTheExposureFile() throws Exception {
    Path log = directory.resolve("exposures");
    Server server =
        start(Map.of("server.drainTimeout", "0s", "exposures.directory", log.toString()));
    ScoreResponse _ = score(server, request(7, "r7"));
    FakeEngine engine = engineOf("saviorrec");
    engine.scores.hold();
    var _ = ScoringGrpc.newFutureStub(channel(server)).score(request(8, "r8"));
    engine.scores.awaitEntered();
    server.close();

    assertThat(engine.closed()).isFalse();
    assertThat(exposures(log)).extracting(Exposure::requestId).containsExactly("r7");
  }

  private static List<Exposure> exposures(Path log) throws IOException {
    List<Exposure> rows = new ArrayList<>();
    for (Path file : ExposureFiles.of(log)) {
      ExposureReader.read(file, rows::add);
    }
    return rows;
  }

  private static void awaitMetric(Server server, String start, double atLeast) throws Exception {
    while (!(metric(server, start) >= atLeast)) {
      Thread.onSpinWait();
    }
  }

  /// The value of the first line that starts so.
  private static double metric(Server server, String start) throws Exception {
    Map<String, Double> values = new TreeMap<>();
    get(server.adminPort(), "/metrics")
        .body()
        .lines()
        .filter(line -> line.startsWith(start))
        .forEach(
            line ->
                values.put(
                    line.substring(0, line.lastIndexOf(' ')),
                    Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1))));
    return values.values().stream().findFirst().orElse(Double.NaN);
  }
}
