package io.saviorrec.server.proof;

import io.saviorrec.server.fakes.Http2Peer;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.Set;

/// Connections to the admin port that break HTTP, or send it something odd.
final class AdminFuzz {
  private static final int LIMIT_MILLIS = 30_000;
  private static final List<String> PATHS =
      List.of("/", "/metrics", "/nowhere", "/../../etc/passwd", "/%00", "/%zz", "//", "/?a=b");
  private static final Set<String> DOCUMENTED =
      Set.of(
          "HTTP 200",
          "HTTP 400",
          "HTTP 401",
          "HTTP 403",
          "HTTP 404",
          "HTTP 405",
          "HTTP 408",
          "HTTP 411",
          "HTTP 413",
          "HTTP 414",
          "HTTP 417",
          "HTTP 429",
          "HTTP 431",
          "HTTP 501",
          "HTTP 503",
          "HTTP 505",
          Http2Peer.CLOSED);

  private AdminFuzz() {}

  static MessageFuzz.Answer attack(int port, Random random) throws IOException {
    int kind = random.nextInt(8);
    byte[] sent = request(kind, random);
    String outcome;
    try (Socket socket = new Socket()) {
      socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), LIMIT_MILLIS);
      socket.setSoTimeout(LIMIT_MILLIS);
      socket.getOutputStream().write(sent);
      socket.shutdownOutput();
      outcome = status(socket.getInputStream());
    } catch (SocketTimeoutException _) {
      outcome = Http2Peer.SILENT;
    } catch (SocketException _) {
      outcome = Http2Peer.CLOSED;
    }
    return new MessageFuzz.Answer(
        "admin port", outcome, DOCUMENTED.contains(outcome), "kind " + kind);
  }

  private static String status(InputStream in) throws IOException {
    byte[] line = in.readNBytes("HTTP/1.1 200".length());
    String start = new String(line, StandardCharsets.ISO_8859_1);
    return start.startsWith("HTTP/1.") && line.length == 12
        ? "HTTP " + start.substring(9)
        : Http2Peer.CLOSED;
  }

  private static byte[] request(int kind, Random random) {
    String path = PATHS.get(random.nextInt(PATHS.size()));
    String valid = "GET " + path + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    return switch (kind) {
      case 0 -> bytes(valid);
      case 1 -> Arrays.copyOf(bytes(valid), random.nextInt(valid.length()));
      case 2 -> WireMutator.flipBits(bytes(valid), random);
      case 3 -> bytes("GET /" + "x".repeat(random.nextInt(100_000)) + " HTTP/1.1\r\n\r\n");
      case 4 -> bytes("GET / HTTP/1.1\r\n" + "a: b\r\n".repeat(random.nextInt(5000)) + "\r\n");
      case 5 ->
          bytes(
              List.of("POST", "PUT", "DELETE", "TRACE", "CONNECT", "BREW").get(random.nextInt(6))
                  + " / HTTP/1.1\r\nContent-Length: "
                  + List.of("-1", "99999999999999999999", "7", "x").get(random.nextInt(4))
                  + "\r\n\r\nbody");
      case 6 -> bytes("GET / HTTP/1.1\r\nHost: x\r\n\r\n".repeat(random.nextInt(1, 50)));
      default -> {
        byte[] garbage = new byte[random.nextInt(3000)];
        random.nextBytes(garbage);
        yield garbage;
      }
    };
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.ISO_8859_1);
  }
}
