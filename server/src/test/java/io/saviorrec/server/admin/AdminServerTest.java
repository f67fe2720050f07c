package io.saviorrec.server.admin;

import static org.assertj.core.api.Assertions.assertThat;

import io.saviorrec.server.access.Callers;
import io.saviorrec.server.admin.ServerStatus.LaneStatus;
import io.saviorrec.server.admin.ServerStatus.ModelStatus;
import io.saviorrec.server.admin.ServerStatus.RefusedStatus;
import io.saviorrec.server.admin.ServerStatus.Versions;
import io.saviorrec.server.health.Readiness;
import io.saviorrec.server.health.Readiness.Phase;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class AdminServerTest {
  /// Less than what a half-sent request may take, with room for a machine that is busy.
  private static final Duration SOON = Duration.ofSeconds(4);

  private static final Exchange.Patience SHORT =
      new Exchange.Patience(
          Duration.ofMillis(500),
          Duration.ofMillis(500),
          Duration.ofMillis(500),
          Duration.ofMillis(500),
          Duration.ofMillis(100));
  private static final ServerStatus STATUS =
      new ServerStatus(
          Duration.ofMinutes(61),
          "here:1",
          List.of(new LaneStatus("scoring", 3, 2, 2)),
          new Versions(
              List.of(
                  new ModelStatus(
                      "<b>&m",
                      3,
                      "\"v\"",
                      List.of("stable"),
                      "100 % data",
                      "now",
                      5,
                      6,
                      List.of("default"))),
              List.of(new RefusedStatus("<b>&m", 4, "its ranker.pt is <altered>")),
              ""));

  private final CompletableFuture<List<String>> reloading = new CompletableFuture<>();
  private final Readiness readiness = new Readiness();
  private final List<AutoCloseable> opened = new ArrayList<>();

  @AfterEach
  void close() throws Exception {
    for (AutoCloseable each : opened.reversed()) {
      each.close();
    }
  }

  private AdminServer start(Supplier<ServerStatus> status, Exchange.Patience patience)
      throws IOException {
    AdminServer server =
        AdminServer.start(
            new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
            null,
            Callers.everybody(),
            new Pages(
                readiness,
                accept -> Page.plain(200, accept + "m".repeat(4 << 20)),
                status,
                "{\"a\": 1}",
                () -> reloading,
                null),
            patience);
    opened.add(server);
    return server;
  }

  private AdminServer start() throws IOException {
    return start(() -> STATUS, Exchange.Patience.DEFAULT);
  }

  private Socket connect(AdminServer server) throws IOException {
    Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.port());
    opened.add(socket);
    socket.setSoTimeout(20_000);
    return socket;
  }

  private static void send(Socket socket, String text) throws IOException {
    socket.getOutputStream().write(text.getBytes(StandardCharsets.ISO_8859_1));
  }

  /// All that is answered before the connection ends.
  private static String answer(Socket socket) throws IOException {
    InputStream in = socket.getInputStream();
    return new String(in.readAllBytes(), StandardCharsets.UTF_8);
  }

  private String raw(AdminServer server, String request) throws IOException {
    Socket socket = connect(server);
    send(socket, request);
    return answer(socket);
  }

  private String get(AdminServer server, String path) throws IOException {
    return raw(server, "GET " + path + " HTTP/1.1\r\nhost: here\r\n\r\n");
  }

  private void assertAliveSoon(AdminServer server) throws IOException {
    long start = System.nanoTime();
    assertThat(get(server, "/healthz")).startsWith("HTTP/1.1 200 OK").endsWith("alive\n");
    assertThat(System.nanoTime() - start).isLessThan(SOON.toNanos());
  }

  @Test
  void halfSentRequestsSlowReadersAndIdleConnectionsDoNotDelayHealth() throws Exception {
    AdminServer server = start();
    for (int i = 0; i < 300; i++) {
      Socket socket = connect(server);
      switch (i % 3) {
        case 0 -> send(socket, "GET /healthz HTTP/1.1\r\nhost: he");
        case 1 -> send(socket, "GET /metrics HTTP/1.1\r\nhost: here\r\n\r\n");
        default -> {}
      }
      if (i % 10 == 9) {
        assertAliveSoon(server);
      }
    }
    for (int i = 0; i < 20; i++) {
      assertAliveSoon(server);
    }
    assertThat(get(server, "/readyz")).startsWith("HTTP/1.1 503");
  }

  @Test
  void theOldestConnectionThatOnlyWaitsIsClosedForANewOne() throws Exception {
    AdminServer server = start();
    Socket oldest = connect(server);
    send(oldest, "GET /healthz");
    for (int i = 0; i < 128; i++) {
      connect(server);
    }
    assertAliveSoon(server);

    // In time it would have been told that it is late.
    assertThat(answer(oldest)).isEmpty();
  }

  @Test
  void aPageThatHangsDoesNotDelayHealthAndIsGivenUp() throws Exception {
    Object gate = new Object();
    AdminServer server =
        start(
            () -> {
              synchronized (gate) {
                return STATUS;
              }
            },
            SHORT);
    synchronized (gate) {
      for (int i = 0; i < 40; i++) {
        send(connect(server), "GET / HTTP/1.1\r\nhost: here\r\n\r\n");
      }
      assertAliveSoon(server);
      assertThat(get(server, "/")).startsWith("HTTP/1.1 503");
    }
  }

  @Test
  void aHalfSentRequestIsAnsweredAndClosedInTime() throws Exception {
    AdminServer server = start(() -> STATUS, SHORT);

    assertThat(raw(server, "GET / HT")).startsWith("HTTP/1.1 408");
    assertThat(answer(connect(server))).startsWith("HTTP/1.1 408");
  }

  @Test
  void aReaderThatDoesNotReadIsCutOff() throws Exception {
    AdminServer server = start(() -> STATUS, SHORT);
    Socket socket = new Socket();
    opened.add(socket);
    socket.setReceiveBufferSize(4096);
    socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), server.port()));
    send(socket, "GET /metrics HTTP/1.1\r\nhost: here\r\n\r\n");

    // Sending on to a connection that is closed fails sooner or later.
    assertThat(endsWhileSending(socket)).isTrue();
  }

  private static boolean endsWhileSending(Socket socket) throws IOException {
    OutputStream out = socket.getOutputStream();
    try {
      while (true) {
        out.write(new byte[1024]);
        Thread.onSpinWait();
      }
    } catch (SocketException e) {
      return true;
    }
  }

  @Test
  void whatIsNoHttpIsAnswered() throws Exception {
    AdminServer server = start();

    assertThat(raw(server, "\u0000\u0001\u0002 what\r\n\r\n")).startsWith("HTTP/1.1 400");
    assertThat(raw(server, "GET /\r\n\r\n")).startsWith("HTTP/1.1 400");
    assertThat(raw(server, "GET /" + "a".repeat(100_000) + " HTTP/1.1\r\n\r\n"))
        .startsWith("HTTP/1.1 414");
    assertThat(raw(server, "GET / HTTP/1.1\r\na: " + "b".repeat(200_000) + "\r\n\r\n"))
        .startsWith("HTTP/1.1 431");
    assertThat(
            raw(server, "POST / HTTP/1.1\r\ncontent-length: 900000\r\n\r\n" + "c".repeat(900_000)))
        .startsWith("HTTP/1.1 405")
        .contains("allow: GET, HEAD");
    assertThat(get(server, "/nowhere")).startsWith("HTTP/1.1 404");
    assertThat(raw(server, "HEAD / HTTP/1.1\r\nhost: here\r\n\r\n"))
        .startsWith("HTTP/1.1 200")
        .endsWith("\r\n\r\n");
  }

  @Test
  void reloadIsAPostAndAnswersWithWhatCameOfIt() throws Exception {
    AdminServer server = start();

    assertThat(get(server, "/reload")).startsWith("HTTP/1.1 405").contains("allow: POST");
    assertThat(raw(server, "PUT /reload HTTP/1.1\r\n\r\n")).startsWith("HTTP/1.1 405");
    reloading.complete(List.of("m/2"));
    assertThat(raw(server, "POST /reload HTTP/1.1\r\ncontent-length: 2\r\n\r\nab"))
        .startsWith("HTTP/1.1 200")
        .contains("content-type: application/json", "[ \"m/2\" ]");
    reloading.obtrudeException(new IllegalStateException("the server is starting"));
    assertThat(raw(server, "POST /reload HTTP/1.1\r\n\r\n"))
        .startsWith("HTTP/1.1 503")
        .contains("the server is starting");
  }

  @Test
  void everyPageIsThere() throws Exception {
    readiness.enter(Phase.SERVING);
    AdminServer server = start();

    assertThat(get(server, "/readyz")).startsWith("HTTP/1.1 200").endsWith("ready\n");
    assertThat(get(server, "/models?x=1")).contains("\"labels\" : [ \"stable\" ]", "\"items\" : 5");
    assertThat(get(server, "/config")).contains("content-type: application/json", "{\"a\": 1}");
    assertThat(raw(server, "GET /metrics HTTP/1.1\r\naccept: text/x\r\n\r\n")).contains("text/xmm");
    assertThat(get(server, "/"))
        .contains("serving, ready", "up 1 h 1 min", "x-content-type-options: nosniff")
        .contains("content-security-policy: default-src 'none'; style-src 'sha256-");
  }

  @Test
  void namesAreTextAndNotMarkup() {
    readiness.enter(Phase.SERVING);
    readiness.failed("<i>", "a & b");
    assertThat(StatusPage.html(readiness, STATUS, null))
        .contains("<td>&lt;b&gt;&amp;m</td>", "<td>&quot;v&quot;</td>", "<td>100 % data</td>")
        .contains("&lt;i&gt;: a &amp; b", "serving, not ready")
        .contains("refused", "&lt;b&gt;&amp;m/4: its ranker.pt is &lt;altered&gt;")
        .doesNotContain("<b>&m");
  }

  @Test
  void readinessSaysWhyNotOneReasonALine() throws Exception {
    AdminServer server = start();

    assertThat(get(server, "/readyz")).endsWith("\r\n\r\nthe server is starting\n");
    readiness.enter(Phase.SERVING);
    readiness.failed("m/1", "scores\nare wrong");
    readiness.failed("n/2", "it is broken");
    readiness.itemsFailed("the item store", "the disk is full");
    assertThat(get(server, "/readyz"))
        .startsWith("HTTP/1.1 503")
        .endsWith("\r\n\r\nm/1: scores are wrong\nn/2: it is broken\n");
    readiness.recovered("m/1");
    readiness.recovered("n/2");
    assertThat(get(server, "/readyz")).startsWith("HTTP/1.1 200");
    assertThat(get(server, "/")).contains("degraded", "the item store: the disk is full");
  }

  @Test
  void aPageThatFailsIsOneLineAndHealthDoesNotAskTheModels() throws Exception {
    readiness.enter(Phase.SERVING);
    AdminServer server =
        start(
            () -> {
              throw new NullPointerException("no lineage");
            },
            Exchange.Patience.DEFAULT);

    for (String page : List.of("/", "/models")) {
      assertThat(get(server, page))
          .startsWith("HTTP/1.1 500")
          .endsWith("\r\n\r\ncannot make this page: NullPointerException\n");
    }
    assertThat(get(server, "/healthz")).startsWith("HTTP/1.1 200");
    assertThat(get(server, "/readyz")).startsWith("HTTP/1.1 200");
  }
}
