package io.saviorrec.server.grpc;

import io.grpc.netty.shaded.io.netty.channel.ChannelHandlerContext;
import io.grpc.netty.shaded.io.netty.channel.ChannelInboundHandlerAdapter;
import io.grpc.netty.shaded.io.netty.handler.codec.http2.Http2ConnectionHandler;
import io.grpc.netty.shaded.io.netty.handler.codec.http2.Http2Exception;
import io.grpc.netty.shaded.io.netty.handler.codec.http2.Http2FrameListenerDecorator;
import io.grpc.netty.shaded.io.netty.handler.codec.http2.Http2HeadersEncoder;
import io.grpc.netty.shaded.io.netty.handler.codec.http2.Http2Settings;

/// Bounds what a connection remembers of the headers that were sent on it.
///
/// A client may ask for a table of up to 4 GB (SETTINGS_HEADER_TABLE_SIZE), which Netty then fills
/// with every header of every answer and keeps as long as the connection lives. HTTP/2 lets the
/// sender use less.
final class HeaderTableBound extends ChannelInboundHandlerAdapter {
  /// With which HTTP/2 begins.
  private static final long MOST_BYTES = 4096;

  /// Puts itself in place once the connection speaks HTTP/2, before any of it is read.
  @Override
  public void channelRead(ChannelHandlerContext context, Object message) throws Http2Exception {
    Http2ConnectionHandler http2 = context.pipeline().get(Http2ConnectionHandler.class);
    if (http2 != null) {
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

  private static void bound(Http2ConnectionHandler http2) throws Http2Exception {
    Http2HeadersEncoder.Configuration table =
        http2.encoder().configuration().headersConfiguration();
    if (table.maxHeaderTableSize() > MOST_BYTES) {
      table.maxHeaderTableSize(MOST_BYTES);
    }
  }
}
