package io.saviorrec.server.logging;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.Server;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import io.saviorrec.proto.v1.ScoringGrpc;
import io.saviorrec.server.config.LoggingConfig;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// What peers provoke in the transport stays out of the log.
@Timeout(60)
class PeerNoiseTest {
  private static final byte[] PREFACE =
      "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(StandardCharsets.US_ASCII);
  private static final byte[] SETTINGS = HexFormat.of().parseHex("000000040000000000");

  private final TestLog log = new TestLog();

  @AfterEach
  void configureAsBefore() {
    log.close();
  }

  @Test
  void malformedFramesAndPeersThatDieLeaveNothingAboveDebug() throws Exception {
    try (Logging _ = log.start(LoggingConfig.Format.TEXT)) {
      Server server =
          NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
              .addService(new ScoringGrpc.ScoringImplBase() {})
              .build()
              .start();
      try {
        for (byte[] message :
            new byte[][] {
              garbage(),
              http1(),
              frames("ffffff0900ffffffff"),
              frames("000004080000000000" + "00000000"),
              frames("000001010400000001" + "ff")
            }) {
          send(server.getPort(), message, false);
          send(server.getPort(), message, true);
        }
      } finally {
        server.shutdownNow();
        server.awaitTermination(20, TimeUnit.SECONDS);
      }
    }

    assertThat(log.lines()).isEmpty();
  }

  private static byte[] garbage() {
    byte[] bytes = new byte[500];
    new Random(1).nextBytes(bytes);
    return bytes;
  }

  private static byte[] http1() {
    return "GET / HTTP/1.1\r\nHost: x\r\n\r\n".getBytes(StandardCharsets.US_ASCII);
  }

  private static byte[] frames(String hex) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    bytes.write(PREFACE);
    bytes.write(SETTINGS);
    bytes.write(HexFormat.of().parseHex(hex));
    return bytes.toByteArray();
  }

  /// Sends the bytes and either reads until the server hangs up or dies at once.
  private static void send(int port, byte[] bytes, boolean dies) throws IOException {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
      socket.setSoTimeout(2000);
      OutputStream to = socket.getOutputStream();
      to.write(bytes);
      to.flush();
      if (dies) {
        socket.setSoLinger(true, 0);
      } else {
        socket.shutdownOutput();
        socket.getInputStream().readAllBytes();
      }
    }
  }
}
