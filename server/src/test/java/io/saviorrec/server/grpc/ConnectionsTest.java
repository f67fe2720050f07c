package io.saviorrec.server.grpc;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.saviorrec.server.fakes.Http2Peer;
import java.io.EOFException;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.Test;

/// What connections may do, through a real port.
class ConnectionsTest extends PortTest {
  @Test
  void connectionsAboveTheLimitTakeThePlaceOfIdleOnesAndElseAreClosed() throws Exception {
    ServingFixture fixture = start(Map.of("connections.most", "2"));
    try (Http2Peer idle = Http2Peer.greet(fixture.port());
        Http2Peer first = Http2Peer.greet(fixture.port())) {
      idle.await(Http2Peer.SETTINGS);
      first.await(Http2Peer.SETTINGS);
      first.call(1, SCORE, Map.of());
      first.frame(Http2Peer.PING, 0, 0, new byte[8]);
      first.await(Http2Peer.PING);
      try (Http2Peer second = Http2Peer.greet(fixture.port())) {
        second.await(Http2Peer.SETTINGS);
        assertThatThrownBy(() -> idle.await(Http2Peer.DATA)).isInstanceOf(EOFException.class);
        second.call(1, SCORE, Map.of());
        second.frame(Http2Peer.PING, 0, 0, new byte[8]);
        second.await(Http2Peer.PING);
        try (Http2Peer third = Http2Peer.connect(fixture.port())) {
          assertThatThrownBy(() -> third.await(Http2Peer.SETTINGS))
              .isInstanceOf(EOFException.class);
        }
      }
    }
  }

  @Test
  void aClientThatAsksForAHugeHeaderTableGetsTheUsualOne() throws Exception {
    ServingFixture fixture = start(Map.of());
    try (Http2Peer client =
        Http2Peer.greet(fixture.port(), Http2Peer.HEADER_TABLE_SIZE, Integer.MAX_VALUE)) {
      client.call(1, "grpc.health.v1.Health/Check", Map.of());
      client.message(1, new byte[0], true);
      byte[] block = client.await(Http2Peer.HEADERS).payload();

      // Of the updates of the table's size that come first, the last one counts: 4096, as HPACK
      // writes it with a prefix of five bits (RFC 7541, 6.3).
      assertThat(HexFormat.of().formatHex(block)).contains("3fe11f");
    }
  }

  @Test
  void anIdleClientThatPingsAsOftenAsItMayKeepsItsConnection() throws Exception {
    ServingFixture fixture = start(Map.of("connections.permittedPing", "1ms"));
    try (Http2Peer client = Http2Peer.greet(fixture.port())) {
      client.await(Http2Peer.SETTINGS);
      for (int i = 0; i < 20; i++) {
        long next = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(2);
        while (System.nanoTime() < next) {
          Thread.onSpinWait();
        }
        client.frame(Http2Peer.PING, 0, 0, new byte[8]);
        client.await(Http2Peer.PING);
      }
    }
  }

  @Test
  void aClientThatPingsTooOftenIsCutOff() throws Exception {
    ServingFixture fixture = start(Map.of("connections.permittedPing", "10s"));
    try (Http2Peer client = Http2Peer.greet(fixture.port())) {
      for (int i = 0; i < 5; i++) {
        client.frame(Http2Peer.PING, 0, 0, new byte[8]);
      }
      assertThat(new String(client.await(Http2Peer.GOAWAY).payload(), 8, 14, US_ASCII))
          .isEqualTo("too_many_pings");
    }
  }

  @Test
  void connectionsThatAreIdleSilentOrOldAreAskedToGo() throws Exception {
    ServingFixture fixture =
        start(
            Map.of(
                "connections.maxIdle", "1s",
                "connections.handshakeTimeout", "100ms",
                "connections.ageGrace", "100ms"));
    try (Http2Peer idle = Http2Peer.greet(fixture.port());
        Http2Peer silent = Http2Peer.connect(fixture.port())) {
      assertThat(new String(idle.await(Http2Peer.GOAWAY).payload(), 8, 8, US_ASCII))
          .isEqualTo("max_idle");
      assertThatThrownBy(() -> silent.await(Http2Peer.PING)).isInstanceOf(EOFException.class);
    }
  }

  @Test
  void theCallsOfAPeerThatAnswersNoPingAreDropped() throws Exception {
    ServingFixture fixture =
        start(Map.of("connections.pingAfter", "10s", "connections.pingTimeout", "100ms"));
    try (Http2Peer dead = Http2Peer.greet(fixture.port())) {
      dead.call(1, SCORE, Map.of());
      assertThat(fixture.ended()).isEqualTo(SCORE + " CANCELLED");
    }
    fixture.awaitNothingHeld();
  }

  @Test
  void peersThatMisbehaveLeaveNothingInTheLog() throws Exception {
    ServingFixture fixture = start(Map.of());
    List<String> logged = new CopyOnWriteArrayList<>();
    Handler listener =
        new Handler() {
          @Override
          public void publish(LogRecord record) {
            logged.add(record.getLoggerName() + ": " + record.getMessage());
          }

          @Override
          public void flush() {}

          @Override
          public void close() {}
        };
    Logger grpc = Logger.getLogger("io.grpc");
    grpc.addHandler(listener);
    try (Http2Peer client = Http2Peer.greet(fixture.port());
        Http2Peer rude = Http2Peer.connect(fixture.port())) {
      rude.frame(71, 69, 0x54202f20, new byte[1000]);
      assertThatThrownBy(() -> rude.await(Http2Peer.PING)).isInstanceOf(EOFException.class);
      client.call(1, SCORE, Map.of());
      client.frame(Http2Peer.DATA, 1, 1, new byte[] {0, 0, 0, 0, 9, 1});
      assertThat(fixture.ended()).isEqualTo(SCORE + " INTERNAL");
      client.call(3, SCORE, Map.of());
      client.data(3, new byte[] {7}, false);
      client.data(3, new byte[] {0, 0, 0, 0, 9, 1}, false);
      assertThat(fixture.ended()).isEqualTo(SCORE + " INTERNAL");
      client.call(5, SCORE, Map.of());
      client.message(5, new byte[] {-1}, true);
      assertThat(fixture.ended()).isEqualTo(SCORE + " INVALID_ARGUMENT");
      client.call(7, SCORE, Map.of());
      client.message(7, REQUEST.toByteArray(), true);
      assertThat(fixture.ended()).isEqualTo(SCORE + " OK");
      client.call(9, UPSERT, Map.of());
      client.data(9, new byte[] {0, 0, 1, 0, 0, 1, 2, 3}, false);
      fixture.awaitHeld();
      client.kill();
      assertThat(fixture.ended()).isEqualTo(UPSERT + " CANCELLED");
      fixture.close();
    } finally {
      started = null;
      grpc.removeHandler(listener);
    }

    assertThat(logged).isEmpty();
  }
}
