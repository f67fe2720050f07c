package io.saviorrec.server.fakes;

import io.grpc.Status;
import io.grpc.netty.shaded.io.netty.buffer.Unpooled;
import io.grpc.netty.shaded.io.netty.handler.codec.http2.DefaultHttp2HeadersDecoder;
import io.grpc.netty.shaded.io.netty.handler.codec.http2.Http2Exception;
import io.grpc.netty.shaded.io.netty.handler.codec.http2.Http2Headers;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;

/// One end of an HTTP/2 connection that sends what it is told, valid or not.
public final class Http2Peer implements AutoCloseable {
  public static final int DATA = 0;
  public static final int HEADERS = 1;
  public static final int RST_STREAM = 3;
  public static final int SETTINGS = 4;
  public static final int PING = 6;
  public static final int GOAWAY = 7;
  public static final int WINDOW_UPDATE = 8;
  public static final int CONTINUATION = 9;

  public static final int END_STREAM = 1;
  public static final int END_HEADERS = 4;

  public static final int HEADER_TABLE_SIZE = 1;
  public static final int INITIAL_WINDOW_SIZE = 4;

  /// What [#outcome] says when the peer closed the connection or the stream, or was silent.
  public static final String CLOSED = "closed";

  public static final String RESET = "reset";
  public static final String SILENT = "silent";

  private static final byte[] PREFACE =
      "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(StandardCharsets.US_ASCII);
  private static final int MAX_FRAME = 16_384;
  private static final Duration PATIENCE = Duration.ofSeconds(20);

  private final Socket socket;
  private final OutputStream out;
  private final DataInputStream in;

  /// Bytes of messages that may be sent on a stream, and as number 0 on the connection.
  private final Map<Integer, Integer> credits = new HashMap<>();

  private final DefaultHttp2HeadersDecoder decoder = new DefaultHttp2HeadersDecoder(false);

  /// A frame that came.
  public record Frame(int type, int flags, int stream, byte[] payload) {}

  private Http2Peer(Socket socket) throws IOException {
    this.socket = socket;
    this.out = socket.getOutputStream();
    this.in = new DataInputStream(socket.getInputStream());
  }

  /// Connects and says nothing yet.
  public static Http2Peer connect(int port) throws IOException {
    Socket socket = new Socket();
    socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 10_000);
    socket.setTcpNoDelay(true);
    return new Http2Peer(socket);
  }

  /// Connects and says what every client says first.
  public static Http2Peer greet(int port, int... settings) throws IOException {
    Http2Peer peer = connect(port);
    peer.bytes(PREFACE);
    peer.settings(settings);
    return peer;
  }

  public static byte[] preface() {
    return PREFACE.clone();
  }

  /// Sends settings.
  ///
  /// @param idsAndValues alternating
  public void settings(int... idsAndValues) throws IOException {
    ByteBuffer payload = ByteBuffer.allocate(idsAndValues.length * 3);
    for (int i = 0; i < idsAndValues.length; i += 2) {
      payload.putShort((short) idsAndValues[i]).putInt(idsAndValues[i + 1]);
    }
    frame(SETTINGS, 0, 0, payload.array());
  }

  /// The headers of a gRPC call.
  public void call(int stream, String method, Map<String, String> more) throws IOException {
    frame(HEADERS, END_HEADERS, stream, headerBlock(callHeaders(method, more)));
  }

  public static Map<String, String> callHeaders(String method, Map<String, String> more) {
    Map<String, String> headers = new TreeMap<>();
    headers.put(":method", "POST");
    headers.put(":scheme", "http");
    headers.put(":path", "/" + method);
    headers.put(":authority", "localhost");
    headers.put("content-type", "application/grpc");
    headers.put("te", "trailers");
    headers.putAll(more);
    return headers;
  }

  /// A whole gRPC message, in as many frames as it takes.
  public void message(int stream, byte[] message, boolean end) throws IOException {
    data(stream, prefixed(0, message.length, message), end);
  }

  /// No less than this, whatever the other end's settings say.
  private int credit(int stream) {
    return credits.getOrDefault(stream, 65_535);
  }

  public static byte[] prefixed(int flag, int length, byte[] message) {
    return ByteBuffer.allocate(5 + message.length)
        .put((byte) flag)
        .putInt(length)
        .put(message)
        .array();
  }

  public void data(int stream, byte[] bytes, boolean end) throws IOException {
    int from = 0;
    do {
      int length = Math.min(MAX_FRAME, bytes.length - from);
      byte[] part = Arrays.copyOfRange(bytes, from, from + length);
      from += length;
      frame(DATA, end && from == bytes.length ? END_STREAM : 0, stream, part);
    } while (from < bytes.length);
  }

  /// A whole gRPC message, as fast as the other end takes it.
  public void messageWithinWindow(int stream, byte[] message, Duration patience)
      throws IOException {
    byte[] bytes = prefixed(0, message.length, message);
    int from = 0;
    while (from < bytes.length) {
      while (credit(0) <= 0 || credit(stream) <= 0) {
        next(patience);
      }
      int credit = Math.min(credit(0), credit(stream));
      int length = Math.min(Math.min(MAX_FRAME, credit), bytes.length - from);
      byte[] part = Arrays.copyOfRange(bytes, from, from + length);
      from += length;
      credits.put(0, credit(0) - length);
      credits.put(stream, credit(stream) - length);
      frame(DATA, from == bytes.length ? END_STREAM : 0, stream, part);
    }
  }

  public void frame(int type, int flags, int stream, byte[] payload) throws IOException {
    bytes(frameBytes(type, flags, stream, payload));
  }

  public static byte[] frameBytes(int type, int flags, int stream, byte[] payload) {
    return ByteBuffer.allocate(9 + payload.length)
        .put((byte) (payload.length >> 16))
        .putShort((short) payload.length)
        .put((byte) type)
        .put((byte) flags)
        .putInt(stream)
        .put(payload)
        .array();
  }

  public static byte[] number(int value) {
    return ByteBuffer.allocate(4).putInt(value).array();
  }

  /// Literal fields without indexing; pseudo headers come first because of the order of `:`.
  public static byte[] headerBlock(Map<String, String> headers) {
    ByteArrayOutputStream block = new ByteArrayOutputStream();
    headers.forEach(
        (name, value) -> {
          block.write(0);
          text(block, name);
          text(block, value);
        });
    return block.toByteArray();
  }

  private static void text(ByteArrayOutputStream block, String text) {
    byte[] bytes = text.getBytes(StandardCharsets.ISO_8859_1);
    if (bytes.length < 127) {
      block.write(bytes.length);
    } else {
      block.write(127);
      int rest = bytes.length - 127;
      while (rest >= 128) {
        block.write(rest % 128 + 128);
        rest /= 128;
      }
      block.write(rest);
    }
    block.writeBytes(bytes);
  }

  public void bytes(byte[] bytes) throws IOException {
    out.write(bytes);
    out.flush();
  }

  /// Resets the connection, as a process that dies does.
  public void kill() throws IOException {
    socket.setSoLinger(true, 0);
    socket.close();
  }

  /// Says that nothing more will come, so that the other end closes too.
  public void finish() throws IOException {
    socket.shutdownOutput();
  }

  /// The next frame.
  ///
  /// @throws SocketTimeoutException when none came in time
  /// @throws EOFException when the other end has closed
  public Frame next(Duration bound) throws IOException {
    socket.setSoTimeout((int) Math.max(1, bound.toMillis()));
    int length = in.readUnsignedByte() << 16 | in.readUnsignedShort();
    int type = in.readUnsignedByte();
    int flags = in.readUnsignedByte();
    int stream = in.readInt();
    byte[] payload = new byte[length];
    in.readFully(payload);
    if (type == WINDOW_UPDATE) {
      credits.put(stream, credit(stream) + ByteBuffer.wrap(payload).getInt());
    }
    return new Frame(type, flags, stream, payload);
  }

  /// The next frame of this type.
  public Frame await(int type) throws IOException {
    while (true) {
      Frame frame = next(PATIENCE);
      if (frame.type() == type) {
        return frame;
      }
    }
  }

  /// How a call ended: the gRPC code's name, `HTTP` and a number where there is none, or how the
  /// connection did.
  public String outcome(int stream, Duration bound) {
    long end = System.nanoTime() + bound.toNanos();
    String sofar = CLOSED;
    try {
      while (true) {
        Frame frame = next(Duration.ofNanos(Math.max(1, end - System.nanoTime())));
        if (frame.type() == HEADERS) {
          Http2Headers headers =
              decoder.decodeHeaders(frame.stream(), Unpooled.wrappedBuffer(frame.payload()));
          if (frame.stream() == stream) {
            sofar = ended(headers);
          }
        } else if (frame.type() == RST_STREAM && frame.stream() == stream) {
          return RESET;
        } else if (frame.type() == GOAWAY) {
          return CLOSED;
        }
        boolean ending = frame.type() == HEADERS || frame.type() == DATA;
        if (ending && frame.stream() == stream && (frame.flags() & END_STREAM) != 0) {
          return sofar;
        }
      }
    } catch (SocketTimeoutException _) {
      return SILENT;
    } catch (IOException | Http2Exception _) {
      return CLOSED;
    }
  }

  private static String ended(Http2Headers headers) {
    CharSequence http = headers.status();
    CharSequence status = headers.get("grpc-status");
    return status == null || (http != null && !http.toString().equals("200"))
        ? "HTTP " + http
        : Status.fromCodeValue(Integer.parseInt(status.toString())).getCode().name();
  }

  /// Reads to the end; whether it came within the bound.
  public boolean closedWithin(Duration bound) {
    long end = System.nanoTime() + bound.toNanos();
    try {
      while (System.nanoTime() < end) {
        next(Duration.ofNanos(Math.max(1, end - System.nanoTime())));
      }
      return false;
    } catch (SocketTimeoutException _) {
      return false;
    } catch (IOException _) {
      return true;
    }
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
