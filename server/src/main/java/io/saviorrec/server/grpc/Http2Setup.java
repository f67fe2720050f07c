package io.saviorrec.server.grpc;

import io.grpc.netty.shaded.io.netty.channel.ChannelHandlerContext;
import io.grpc.netty.shaded.io.netty.channel.ChannelInboundHandlerAdapter;
import io.grpc.netty.shaded.io.netty.handler.codec.http2.Http2Connection;
import io.grpc.netty.shaded.io.netty.handler.codec.http2.Http2ConnectionHandler;
import io.grpc.netty.shaded.io.netty.handler.codec.http2.Http2Exception;
import io.grpc.netty.shaded.io.netty.handler.codec.http2.Http2FrameListenerDecorator;
import io.grpc.netty.shaded.io.netty.handler.codec.http2.Http2HeadersEncoder;
import io.grpc.netty.shaded.io.netty.handler.codec.http2.Http2Settings;
import io.grpc.netty.shaded.io.netty.handler.codec.http2.Http2Stream;

/// Sets up what gRPC leaves to HTTP/2, when a connection begins to speak it.
///
/// The table of headers: a client may ask for one of up to 4 GB (SETTINGS_HEADER_TABLE_SIZE), which
/// Netty then fills with every header of every answer and keeps as long as the connection lives.
/// HTTP/2 lets the sender use less.
///
/// The window of the connection: gRPC makes it as large as the window of each call, so that the
/// calls of a busy connection would wait for each other's bytes.
final class Http2Setup extends ChannelInboundHandlerAdapter {
  /// With which HTTP/2 begins.
  private static final long TABLE_BYTES = 4096;

  private static final int CONNECTION_WINDOW_BYTES = 2 << 20;

  /// Done once the connection speaks HTTP/2, before any of it is read.
  @Override
  public void channelRead(ChannelHandlerContext context, Object message) throws Http2Exception {
    Http2ConnectionHandler http2 = context.pipeline().get(Http2ConnectionHandler.class);
    if (http2 != null) {
      widen(http2.connection());
      bound(http2);
      http2
          .decoder()
          .frameListener(
              new Http2FrameListenerDecorator(http2.decoder().frameListener()) {
                @Override
                public void onSettingsRead(ChannelHandlerContext sender, Http2Settings settings)
                    throws Http2Exception {
                  super.onSettingsRead(sender, settings);
                  bound(http2);
                }
              });
      context.pipeline().remove(this);
    }
    context.fireChannelRead(message);
  }

  private static void widen(Http2Connection connection) throws Http2Exception {
    Http2Stream whole = connection.connectionStream();
    int more = CONNECTION_WINDOW_BYTES - connection.local().flowController().windowSize(whole);
    if (more > 0) {
      connection.local().flowController().incrementWindowSize(whole, more);
    }
  }

  private static void bound(Http2ConnectionHandler http2) throws Http2Exception {
    Http2HeadersEncoder.Configuration table =
        http2.encoder().configuration().headersConfiguration();
    if (table.maxHeaderTableSize() > TABLE_BYTES) {
      table.maxHeaderTableSize(TABLE_BYTES);
    }
  }
}
