package io.saviorrec.server.proof;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.ManagedChannel;
import io.saviorrec.proto.v1.ScoreRequest;
import io.saviorrec.server.fakes.Http2Peer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// Clients that stop in the middle, in every phase of a call, while others go on.
@Timeout(300)
class StallTest {
  private static final String SCORE = "saviorrec.v1.Scoring/Score";
  private static final int OF_EACH = 12;
  private static final int CALLS = 300;
  private static final double SLOWEST_SECONDS = 5;
  private static final long RSS_BAND = 200L << 20;
  private static final byte[] PAGE = TinyShop.page(new Random(1), 20).toByteArray();

  @TempDir private Path folder;

  /// Brings a connection to where it stalls.
  @FunctionalInterface
  private interface Phase {
    void reach(Http2Peer peer) throws IOException;
  }

  private static final Map<String, Phase> PHASES =
      Map.of(
          "connected", _ -> {},
          "preface", peer -> peer.bytes(Http2Peer.preface()),
          "settings not acknowledged", StallTest::greet,
          "half the headers", StallTest::halfTheHeaders,
          "headers", StallTest::headers,
          "half a message", StallTest::halfAMessage,
          "message without an end", peer -> message(peer, 1, false),
          "answer without a window", StallTest::answersWithoutAWindow,
          "answers not read", StallTest::answersNotRead,
          "going away", StallTest::goingAway);

  private static void greet(Http2Peer peer, int... settings) throws IOException {
    peer.bytes(Http2Peer.preface());
    peer.settings(settings);
  }

  private static void halfTheHeaders(Http2Peer peer) throws IOException {
    greet(peer);
    byte[] block = Http2Peer.headerBlock(Http2Peer.callHeaders(SCORE, Map.of()));
    peer.frame(Http2Peer.HEADERS, 0, 1, Arrays.copyOf(block, block.length / 2));
  }

  private static void headers(Http2Peer peer) throws IOException {
    greet(peer);
    peer.call(1, SCORE, Map.of());
  }

  private static void halfAMessage(Http2Peer peer) throws IOException {
    headers(peer);
    byte[] whole = Http2Peer.prefixed(0, PAGE.length, PAGE);
    peer.data(1, Arrays.copyOf(whole, whole.length / 2), false);
  }

  private static void message(Http2Peer peer, int stream, boolean end) throws IOException {
    if (stream == 1) {
      greet(peer);
    }
    peer.call(stream, SCORE, Map.of());
    peer.message(stream, PAGE, end);
  }

  private static void answersWithoutAWindow(Http2Peer peer) throws IOException {
    greet(peer, Http2Peer.INITIAL_WINDOW_SIZE, 0);
    for (int stream = 3; stream < 11; stream += 2) {
      message(peer, stream, true);
    }
  }

  /// More than a connection's window holds.
  private static void answersNotRead(Http2Peer peer) throws IOException {
    greet(peer);
    byte[] page = TinyShop.page(new Random(1), 1000).toByteArray();
    for (int stream = 3; stream < 19; stream += 2) {
      peer.call(stream, SCORE, Map.of());
      peer.message(stream, page, true);
    }
  }

  private static void goingAway(Http2Peer peer) throws IOException {
    headers(peer);
    peer.frame(Http2Peer.GOAWAY, 0, 0, new byte[8]);
  }

  @Test
  void clientsThatStallInEveryPhaseOfACallDelayNobodyElse() throws Exception {
    List<Http2Peer> stalled = new ArrayList<>();
    try (ServerProcess server =
        ServerProcess.start(ServerProcess.Plan.of(TinyShop.repository(), folder))) {
      ManagedChannel channel = server.channel();
      Random random = new Random(2);
      for (int i = 0; i < CALLS; i++) {
        Traffic.score(channel, random);
      }
      long rss = server.rssBytes();
      Traffic traffic = Traffic.start(2, () -> channel);
      for (int i = 0; i < OF_EACH; i++) {
        for (Map.Entry<String, Phase> phase : PHASES.entrySet()) {
          Http2Peer peer = Http2Peer.connect(server.grpcPort());
          stalled.add(peer);
          try {
            phase.getValue().reach(peer);
          } catch (SocketException _) {
            // It was cut off, as it may be.
          }
        }
      }
      int before = traffic.answered();
      assertThat(
              Eventually.within(Duration.ofSeconds(60), () -> traffic.answered() >= before + CALLS))
          .isTrue();
      traffic.stop();

      assertThat(traffic.failures()).isEmpty();
      assertThat(traffic.slowestSeconds()).isLessThan(SLOWEST_SECONDS);
      assertThat(server.rssBytes()).isLessThan(rss + RSS_BAND);
      close(stalled);
      assertANewClientIsServed(server);
    } finally {
      close(stalled);
    }
  }

  /// More than the heap, if every echoed id were kept for the one who does not read it.
  @Tag("proof")
  @Test
  void answersThatNobodyReadsDoNotFillTheMemory() throws Exception {
    byte[] page =
        ScoreRequest.newBuilder(ScoreRequest.parseFrom(PAGE))
            .setRequestId("x".repeat(300_000))
            .build()
            .toByteArray();
    List<Http2Peer> stalled = new ArrayList<>();
    try (ServerProcess server =
            ServerProcess.start(ServerProcess.Plan.of(TinyShop.repository(), folder));
        ExecutorService senders = Executors.newFixedThreadPool(12)) {
      for (int i = 0; i < 120; i++) {
        Http2Peer peer = Http2Peer.connect(server.grpcPort());
        stalled.add(peer);
        senders.execute(() -> sendUnread(peer, page));
      }
      senders.shutdown();
      boolean _ = senders.awaitTermination(20, TimeUnit.SECONDS);
      close(stalled);
      assertANewClientIsServed(server);
      assertThat(server.output()).doesNotContain("OutOfMemoryError");
    } finally {
      close(stalled);
    }
  }

  private static void sendUnread(Http2Peer peer, byte[] page) {
    try {
      greet(peer, Http2Peer.INITIAL_WINDOW_SIZE, 0);
      for (int stream = 1; stream < 121; stream += 2) {
        peer.call(stream, SCORE, Map.of());
        peer.messageWithinWindow(stream, page, Duration.ofSeconds(1));
      }
    } catch (IOException _) {
      // It was cut off, or the time was over.
    }
  }

  private static void assertANewClientIsServed(ServerProcess server) {
    assertThat(Traffic.score(server.channel(), new Random(3)).getScoresCount()).isEqualTo(20);
  }

  private static void close(List<Http2Peer> peers) throws IOException {
    for (Http2Peer peer : peers) {
      peer.close();
    }
  }

  @Test
  void halfSentHttpRequestsDoNotTakeHealthAway() throws Exception {
    List<Socket> stalled = new ArrayList<>();
    try (ServerProcess server =
            ServerProcess.start(ServerProcess.Plan.of(TinyShop.repository(), folder));
        HttpClient http = HttpClient.newHttpClient()) {
      List<URI> pages = List.of(server.live(), server.ready(), server.admin("/metrics"));
      for (int i = 0; i < 200; i++) {
        Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.adminPort());
        stalled.add(socket);
        socket
            .getOutputStream()
            .write("GET / HTTP/1.1\r\nHost: x\r\nX-".getBytes(StandardCharsets.US_ASCII));
        if (i % 20 == 0) {
          for (URI page : pages) {
            HttpRequest request =
                HttpRequest.newBuilder(page).timeout(Duration.ofSeconds(5)).build();
            assertThat(http.send(request, HttpResponse.BodyHandlers.discarding()).statusCode())
                .as("%s with %d requests half sent", page, i)
                .isEqualTo(200);
          }
        }
      }
    } finally {
      for (Socket socket : stalled) {
        socket.close();
      }
    }
  }
}
