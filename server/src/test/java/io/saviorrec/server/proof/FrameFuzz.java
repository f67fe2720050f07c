package io.saviorrec.server.proof;

import io.saviorrec.server.fakes.Http2Peer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;

/// Connections to the gRPC port that break HTTP/2, or gRPC's framing over it; a fresh one each.
final class FrameFuzz {
  private static final String SCORE = "saviorrec.v1.Scoring/Score";
  private static final Duration LIMIT = Duration.ofSeconds(30);

  /// One way to break it.
  ///
  /// @param allowed outcomes beside the closed connection and the reset stream
  private record Attack(String name, Set<String> allowed, Move move) {}

  /// Says how the server took it.
  @FunctionalInterface
  private interface Move {
    String make(Http2Peer peer, Random random) throws IOException;
  }

  private static final Set<String> HTTP =
      Set.of("HTTP 400", "HTTP 404", "HTTP 405", "HTTP 415", "HTTP 431");
  private static final Set<String> SCORED =
      Set.of(
          "OK",
          "INVALID_ARGUMENT",
          "NOT_FOUND",
          "RESOURCE_EXHAUSTED",
          "UNIMPLEMENTED",
          "INTERNAL",
          "DEADLINE_EXCEEDED");

  private static final List<Attack> ATTACKS =
      List.of(
          new Attack("bytes without a preface", Set.of(), FrameFuzz::noPreface),
          new Attack("half a preface", Set.of(), FrameFuzz::halfAPreface),
          new Attack("flood of settings", Set.of(), FrameFuzz::floodOfSettings),
          new Attack("flood of pings", Set.of(), FrameFuzz::floodOfPings),
          new Attack("rapid reset", Set.of(), FrameFuzz::rapidReset),
          new Attack("giant headers", SCORED, FrameFuzz::giantHeaders),
          new Attack("flood of continuations", Set.of(), FrameFuzz::floodOfContinuations),
          new Attack("half a message", Set.of(), FrameFuzz::halfAMessage),
          new Attack("message length", SCORED, FrameFuzz::lengthThatLies),
          new Attack("compressed flag", SCORED, FrameFuzz::flagThatLies),
          new Attack("call headers", SCORED, FrameFuzz::oddHeaders),
          new Attack("window of zero", Set.of(), FrameFuzz::noWindow),
          new Attack("window overflow", Set.of(), FrameFuzz::windowOverflow),
          new Attack("random frames", Set.of(), FrameFuzz::randomFrames),
          new Attack("flipped bits", SCORED, FrameFuzz::flippedBits),
          // HTTP/2 finds it before gRPC does, which has no better word for that.
          new Attack("flood of empty data", Set.of("OK", "UNKNOWN"), FrameFuzz::floodOfEmptyData),
          new Attack("stream numbers", SCORED, FrameFuzz::oddStreams));

  private FrameFuzz() {}

  static MessageFuzz.Answer attack(int port, Random random) throws IOException {
    Attack attack = ATTACKS.get(random.nextInt(ATTACKS.size()));
    try (Http2Peer peer = Http2Peer.connect(port)) {
      String outcome;
      try {
        outcome = attack.move().make(peer, random);
      } catch (SocketException _) {
        // It was cut off while it was still sending.
        outcome = Http2Peer.CLOSED;
      }
      boolean documented =
          outcome.equals(Http2Peer.CLOSED)
              || outcome.equals(Http2Peer.RESET)
              || HTTP.contains(outcome)
              || attack.allowed().contains(outcome);
      return new MessageFuzz.Answer("frames: " + attack.name(), outcome, documented, "");
    }
  }

  /// Sends no more and waits until the other end has closed as well.
  private static String end(Http2Peer peer) throws IOException {
    peer.finish();
    return peer.closedWithin(LIMIT) ? Http2Peer.CLOSED : Http2Peer.SILENT;
  }

  private static void greet(Http2Peer peer, int... settings) throws IOException {
    peer.bytes(Http2Peer.preface());
    peer.settings(settings);
  }

  private static byte[] randomBytes(Random random, int most) {
    byte[] bytes = new byte[random.nextInt(most)];
    random.nextBytes(bytes);
    return bytes;
  }

  private static String noPreface(Http2Peer peer, Random random) throws IOException {
    switch (random.nextInt(3)) {
      case 0 -> peer.bytes("GET / HTTP/1.1\r\nHost: x\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
      // What a TLS client says first.
      case 1 -> peer.bytes(new byte[] {22, 3, 1, 2, 0, 1, 0, 1, (byte) 0xfc, 3, 3});
      default -> peer.bytes(randomBytes(random, 2000));
    }
    return end(peer);
  }

  private static String halfAPreface(Http2Peer peer, Random random) throws IOException {
    byte[] preface = Http2Peer.preface();
    peer.bytes(Arrays.copyOf(preface, random.nextInt(preface.length)));
    return end(peer);
  }

  private static String floodOfSettings(Http2Peer peer, Random random) throws IOException {
    greet(peer);
    ByteArrayOutputStream flood = new ByteArrayOutputStream();
    for (int count = random.nextInt(4000); count > 0; count--) {
      flood.writeBytes(Http2Peer.frameBytes(Http2Peer.SETTINGS, 0, 0, new byte[0]));
    }
    peer.bytes(flood.toByteArray());
    return end(peer);
  }

  private static String floodOfPings(Http2Peer peer, Random random) throws IOException {
    greet(peer);
    ByteArrayOutputStream flood = new ByteArrayOutputStream();
    for (int count = random.nextInt(4000); count > 0; count--) {
      flood.writeBytes(Http2Peer.frameBytes(Http2Peer.PING, 0, 0, new byte[8]));
    }
    peer.bytes(flood.toByteArray());
    return end(peer);
  }

  private static String rapidReset(Http2Peer peer, Random random) throws IOException {
    greet(peer);
    byte[] headers = Http2Peer.headerBlock(Http2Peer.callHeaders(SCORE, Map.of()));
    ByteArrayOutputStream flood = new ByteArrayOutputStream();
    int streams = random.nextInt(600);
    for (int i = 0; i < streams; i++) {
      int stream = 2 * i + 1;
      flood.writeBytes(
          Http2Peer.frameBytes(Http2Peer.HEADERS, Http2Peer.END_HEADERS, stream, headers));
      flood.writeBytes(Http2Peer.frameBytes(Http2Peer.RST_STREAM, 0, stream, Http2Peer.number(8)));
    }
    peer.bytes(flood.toByteArray());
    return end(peer);
  }

  private static String giantHeaders(Http2Peer peer, Random random) throws IOException {
    greet(peer);
    Map<String, String> more = new LinkedHashMap<>();
    for (int i = random.nextInt(200); i >= 0; i--) {
      more.put("x-" + i, "v".repeat(random.nextInt(5000)));
    }
    byte[] block = Http2Peer.headerBlock(Http2Peer.callHeaders(SCORE, more));
    int from = Math.min(16_000, block.length);
    peer.frame(Http2Peer.HEADERS, 0, 1, Arrays.copyOf(block, from));
    while (from < block.length) {
      int to = Math.min(block.length, from + 16_000);
      peer.frame(Http2Peer.CONTINUATION, 0, 1, Arrays.copyOfRange(block, from, to));
      from = to;
    }
    peer.frame(Http2Peer.CONTINUATION, Http2Peer.END_HEADERS, 1, new byte[0]);
    peer.message(1, page(random), true);
    return peer.outcome(1, LIMIT);
  }

  private static String floodOfContinuations(Http2Peer peer, Random random) throws IOException {
    greet(peer);
    peer.frame(
        Http2Peer.HEADERS, 0, 1, Http2Peer.headerBlock(Http2Peer.callHeaders(SCORE, Map.of())));
    ByteArrayOutputStream flood = new ByteArrayOutputStream();
    for (int count = random.nextInt(4000); count > 0; count--) {
      flood.writeBytes(Http2Peer.frameBytes(Http2Peer.CONTINUATION, 0, 1, new byte[0]));
    }
    peer.bytes(flood.toByteArray());
    return end(peer);
  }

  private static String halfAMessage(Http2Peer peer, Random random) throws IOException {
    greet(peer);
    peer.call(1, SCORE, Map.of());
    byte[] page = page(random);
    byte[] whole = Http2Peer.prefixed(0, page.length, page);
    peer.data(1, Arrays.copyOf(whole, random.nextInt(whole.length)), false);
    if (random.nextBoolean()) {
      peer.frame(Http2Peer.RST_STREAM, 0, 1, Http2Peer.number(8));
    }
    return end(peer);
  }

  private static String lengthThatLies(Http2Peer peer, Random random) throws IOException {
    greet(peer);
    peer.call(1, SCORE, Map.of());
    byte[] page = page(random);
    int length = random.nextBoolean() ? random.nextInt() : random.nextInt(2 * page.length);
    peer.data(1, Http2Peer.prefixed(0, length, page), true);
    return peer.outcome(1, LIMIT);
  }

  private static String flagThatLies(Http2Peer peer, Random random) throws IOException {
    greet(peer);
    boolean named = random.nextBoolean();
    peer.call(1, SCORE, named ? Map.of("grpc-encoding", "gzip") : Map.of());
    byte[] page = page(random);
    int flag = random.nextBoolean() ? 1 : random.nextInt(256);
    peer.data(1, Http2Peer.prefixed(flag, page.length, page), true);
    return peer.outcome(1, LIMIT);
  }

  private static String oddHeaders(Http2Peer peer, Random random) throws IOException {
    greet(peer);
    List<Map<String, String>> odd =
        List.of(
            Map.of("content-type", "application/json"),
            Map.of("content-type", ""),
            Map.of("te", "gzip"),
            Map.of(":method", "GET"),
            Map.of(":path", "/nobody.v1.Nothing/Do"),
            Map.of(":path", "/saviorrec.v1.Scoring/Nothing"),
            Map.of(":path", "x"),
            Map.of(":path", ""),
            Map.of(":path", "/" + "x".repeat(random.nextInt(6000))),
            Map.of("grpc-timeout", "soon"),
            Map.of("grpc-timeout", "-1S"),
            Map.of("grpc-timeout", "99999999H"),
            Map.of("grpc-timeout", "1n"),
            Map.of("grpc-encoding", "br"),
            Map.of("grpc-accept-encoding", "x,y,z,".repeat(random.nextInt(300))),
            Map.of("traceparent", "00-" + "z".repeat(random.nextInt(300))),
            Map.of("X-Upper", "1"),
            Map.of("content-length", "7"),
            Map.of("x-bin-bin", "no base64 at all"));
    peer.call(1, SCORE, odd.get(random.nextInt(odd.size())));
    peer.message(1, page(random), true);
    return peer.outcome(1, LIMIT);
  }

  private static String noWindow(Http2Peer peer, Random random) throws IOException {
    greet(peer, Http2Peer.INITIAL_WINDOW_SIZE, 0);
    int streams = random.nextInt(1, 20);
    for (int i = 0; i < streams; i++) {
      peer.call(2 * i + 1, SCORE, Map.of());
      peer.message(2 * i + 1, page(random), true);
    }
    return end(peer);
  }

  private static String windowOverflow(Http2Peer peer, Random random) throws IOException {
    greet(peer);
    peer.call(1, SCORE, Map.of());
    int stream = random.nextInt(2);
    peer.frame(Http2Peer.WINDOW_UPDATE, 0, stream, Http2Peer.number(Integer.MAX_VALUE));
    peer.frame(Http2Peer.WINDOW_UPDATE, 0, stream, Http2Peer.number(random.nextInt(2)));
    peer.frame(Http2Peer.WINDOW_UPDATE, 0, stream, Http2Peer.number(Integer.MAX_VALUE));
    return end(peer);
  }

  private static String randomFrames(Http2Peer peer, Random random) throws IOException {
    greet(peer);
    ByteArrayOutputStream frames = new ByteArrayOutputStream();
    for (int count = random.nextInt(30); count > 0; count--) {
      frames.writeBytes(
          Http2Peer.frameBytes(
              random.nextInt(12),
              random.nextInt(256),
              random.nextInt(8),
              randomBytes(random, 100)));
    }
    peer.bytes(frames.toByteArray());
    return end(peer);
  }

  private static String flippedBits(Http2Peer peer, Random random) throws IOException {
    byte[] page = page(random);
    ByteArrayOutputStream valid = new ByteArrayOutputStream();
    valid.writeBytes(Http2Peer.frameBytes(Http2Peer.SETTINGS, 0, 0, new byte[0]));
    valid.writeBytes(
        Http2Peer.frameBytes(
            Http2Peer.HEADERS,
            Http2Peer.END_HEADERS,
            1,
            Http2Peer.headerBlock(Http2Peer.callHeaders(SCORE, Map.of()))));
    valid.writeBytes(
        Http2Peer.frameBytes(
            Http2Peer.DATA, Http2Peer.END_STREAM, 1, Http2Peer.prefixed(0, page.length, page)));
    peer.bytes(Http2Peer.preface());
    peer.bytes(WireMutator.flipBits(valid.toByteArray(), random));
    return end(peer);
  }

  private static String floodOfEmptyData(Http2Peer peer, Random random) throws IOException {
    greet(peer);
    peer.call(1, SCORE, Map.of());
    ByteArrayOutputStream flood = new ByteArrayOutputStream();
    for (int count = random.nextInt(4000); count > 0; count--) {
      flood.writeBytes(Http2Peer.frameBytes(Http2Peer.DATA, 0, 1, new byte[0]));
    }
    peer.bytes(flood.toByteArray());
    peer.message(1, page(random), true);
    return peer.outcome(1, LIMIT);
  }

  private static String oddStreams(Http2Peer peer, Random random) throws IOException {
    greet(peer);
    int stream = random.nextInt(6);
    peer.call(stream, SCORE, Map.of());
    peer.message(stream, page(random), true);
    peer.call(stream, SCORE, Map.of());
    peer.message(random.nextInt(), page(random), true);
    return end(peer);
  }

  private static byte[] page(Random random) {
    return TinyShop.page(random, random.nextInt(1, 20)).toByteArray();
  }
}
