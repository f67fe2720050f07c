package io.saviorrec.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpServer;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.MetadataUtils;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest;
import io.opentelemetry.proto.trace.v1.Span;
import io.saviorrec.proto.v1.Candidate;
import io.saviorrec.proto.v1.CapturedRequest;
import io.saviorrec.proto.v1.ScoreRequest;
import io.saviorrec.proto.v1.ScoreResponse;
import io.saviorrec.proto.v1.ScoringGrpc;
import io.saviorrec.server.config.LoggingConfig;
import io.saviorrec.server.config.TestConfigs;
import io.saviorrec.server.fakes.FakeEngine;
import io.saviorrec.server.fakes.TestBundles;
import io.saviorrec.server.logging.Logging;
import io.saviorrec.server.logging.TestLog;
import io.saviorrec.server.store.InMemoryItemStore;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// What a running server shows of its calls: traces, captures and logs, over real ports.
@Timeout(60)
class WatchingTest {
  private static final String TRACE = "0af7651916cd43dd8448eb211c80319c";
  private static final String CALLER = "b7ad6b7169203331";
  private static final ScoreRequest REQUEST =
      ScoreRequest.newBuilder()
          .setRequestId("page-7")
          .addCandidates(Candidate.newBuilder().setItemId(1))
          .build();

  @TempDir private Path directory;
  private final FakeEngine engine = new FakeEngine();
  private final List<AutoCloseable> opened = new ArrayList<>();

  @AfterEach
  void close() throws Exception {
    for (AutoCloseable each : opened.reversed()) {
      each.close();
    }
  }

  private Server start(Map<String, String> settings) throws IOException {
    Path repository = Files.createDirectories(directory.resolve("models"));
    TestBundles.write(repository, "m");
    Server server =
        Server.start(
            repository,
            TestConfigs.small(settings),
            new Server.Parts(_ -> new InMemoryItemStore(), (bundle, slots) -> engine));
    opened.add(server);
    return server;
  }

  private ScoringGrpc.ScoringBlockingStub stub(Server server) {
    ManagedChannel channel =
        NettyChannelBuilder.forAddress(
                new InetSocketAddress(InetAddress.getLoopbackAddress(), server.grpcPort()))
            .usePlaintext()
            .build();
    opened.add(channel::shutdownNow);
    return ScoringGrpc.newBlockingStub(channel);
  }

  private ScoringGrpc.ScoringBlockingStub traced(Server server, String flags) {
    Metadata headers = new Metadata();
    headers.put(
        Metadata.Key.of("traceparent", Metadata.ASCII_STRING_MARSHALLER),
        "00-" + TRACE + "-" + CALLER + "-" + flags);
    return stub(server).withInterceptors(MetadataUtils.newAttachHeadersInterceptor(headers));
  }

  /// A collector on a free port; the spans that it gets go into the queue.
  private String collector(Queue<Span> spans) throws IOException {
    HttpServer http =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    http.createContext(
        "/v1/traces",
        exchange -> {
          try (exchange;
              InputStream body = exchange.getRequestBody()) {
            ExportTraceServiceRequest.parseFrom(body).getResourceSpansList().stream()
                .flatMap(resource -> resource.getScopeSpansList().stream())
                .forEach(scope -> spans.addAll(scope.getSpansList()));
            exchange.sendResponseHeaders(200, -1);
          }
        });
    http.start();
    opened.add(() -> http.stop(0));
    return "http://127.0.0.1:" + http.getAddress().getPort() + "/v1/traces";
  }

  @Test
  void aCallWithATraceparentYieldsSpansUnderThatParent() throws Exception {
    Queue<Span> spans = new ConcurrentLinkedQueue<>();
    Server server = start(Map.of("tracing.endpoint", collector(spans), "tracing.sampleRatio", "0"));

    traced(server, "01").score(REQUEST);
    traced(server, "00").score(REQUEST);
    stub(server).score(REQUEST);
    assertThatThrownBy(() -> traced(server, "01").score(ScoreRequest.getDefaultInstance()))
        .isInstanceOf(StatusRuntimeException.class);
    awaitExemplar(server);
    server.close();

    List<Span> calls =
        spans.stream().filter(span -> span.getName().equals("saviorrec.v1.Scoring/Score")).toList();
    assertThat(calls).hasSize(2);
    assertThat(calls).allMatch(span -> hex(span.getTraceId().toByteArray()).equals(TRACE));
    assertThat(calls).allMatch(span -> hex(span.getParentSpanId().toByteArray()).equals(CALLER));
    Span scored = calls.getFirst();
    assertThat(attributes(scored))
        .containsEntry("model", "m")
        .containsEntry("version", "1")
        .containsEntry("variant", "saviorrec")
        .containsEntry("candidates", "1")
        .containsEntry("status", "OK")
        .containsEntry("request_id", "page-7")
        .containsEntry("rpc.method", "Score");
    assertThat(attributes(calls.getLast())).containsEntry("status", "INVALID_ARGUMENT");
    assertThat(
            spans.stream()
                .filter(span -> span.getParentSpanId().equals(scored.getSpanId()))
                .map(Span::getName))
        .contains("queue", "items", "compute");
    assertThat(spans).allMatch(span -> span.getEndTimeUnixNano() >= span.getStartTimeUnixNano());
  }

  /// A call is counted a moment after its caller has its answer.
  private static void awaitExemplar(Server server) throws Exception {
    String page;
    do {
      page = metrics(server, "application/openmetrics-text;version=1.0.0;q=0.5");
    } while (!page.contains("trace_id=\"" + TRACE + "\""));
  }

  private static String metrics(Server server, String accept) throws Exception {
    HttpRequest scrape =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + server.adminPort() + "/metrics"))
            .header("Accept", accept)
            .build();
    try (HttpClient client = HttpClient.newHttpClient()) {
      return client.send(scrape, HttpResponse.BodyHandlers.ofString()).body();
    }
  }

  private static String hex(byte[] bytes) {
    return HexFormat.of().formatHex(bytes);
  }

  private static Map<String, String> attributes(Span span) {
    Map<String, String> attributes = new TreeMap<>();
    span.getAttributesList()
        .forEach(
            each ->
                attributes.put(
                    each.getKey(),
                    each.getValue().hasIntValue()
                        ? Long.toString(each.getValue().getIntValue())
                        : each.getValue().getStringValue()));
    return attributes;
  }

  @Test
  void aCollectorThatIsDownFailsNoCall() throws Exception {
    Server server =
        start(
            Map.of("tracing.endpoint", "http://127.0.0.1:9/v1/traces", "tracing.sampleRatio", "1"));
    ScoringGrpc.ScoringBlockingStub stub = stub(server);

    for (int i = 0; i < 300; i++) {
      assertThat(stub.score(REQUEST).getScoresCount()).isEqualTo(1);
    }
  }

  @Test
  void aSlowRequestIsCapturedWithWhatItsCallerGot() throws Exception {
    Path captures = directory.resolve("slow");
    Server server =
        start(Map.of("capture.directory", captures.toString(), "capture.slowerThan", "0s"));
    ScoreResponse answer = stub(server).score(REQUEST);
    server.close();

    try (Stream<Path> files = Files.list(captures)) {
      CapturedRequest captured =
          CapturedRequest.parseFrom(Files.readAllBytes(files.findFirst().orElseThrow()));
      assertThat(captured.getRequest()).isEqualTo(REQUEST);
      assertThat(captured.getResponse()).isEqualTo(answer);
      assertThat(captured.getModel()).isEqualTo("m");
      assertThat(captured.getTotalUs()).isPositive();
    }
  }

  @Test
  void thousandsOfFailingCallsLeaveTensOfLinesWithTheirIds() throws Exception {
    TestLog out = new TestLog();
    opened.add(out);
    try (Logging _ = out.start(LoggingConfig.Format.JSON)) {
      Server server = start(Map.of());
      ScoringGrpc.ScoringBlockingStub stub = stub(server);
      engine.scores.fail(new IllegalStateException("libtorch said no"));
      for (int i = 0; i < 2000; i++) {
        assertThatThrownBy(() -> stub.score(REQUEST)).isInstanceOf(StatusRuntimeException.class);
      }
      assertThat(metrics(server, "text/plain").lines())
          .filteredOn(line -> line.startsWith("savior_engine_failures_total{computation=\"score\""))
          .singleElement()
          .extracting(line -> Double.parseDouble(line.substring(line.lastIndexOf(' '))))
          .satisfies(failures -> assertThat(failures).isGreaterThanOrEqualTo(2000));
      server.close();
    }

    List<JsonNode> failures = new ArrayList<>();
    for (String line : out.lines()) {
      JsonNode event = new ObjectMapper().readTree(line);
      if (event.get("message").asText().startsWith("request failed")) {
        failures.add(event);
      }
    }
    assertThat(out.lines()).hasSizeLessThan(100);
    assertThat(failures).isNotEmpty();
    JsonNode first = failures.getFirst();
    assertThat(first.get("request_id").asText()).isEqualTo("page-7");
    // A call that fails before its handler has turned away has only its id.
    assertThat(failures)
        .anySatisfy(
            each -> {
              assertThat(each.path("model").asText()).isEqualTo("m");
              assertThat(each.path("peer").asText()).contains("127.0.0.1");
            });
    assertThat(first.get("error").asText()).contains("libtorch said no");
    assertThat(failures.get(1).has("error")).isFalse();
  }
}
