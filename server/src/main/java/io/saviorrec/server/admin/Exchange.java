package io.saviorrec.server.admin;

import io.grpc.netty.shaded.io.netty.buffer.Unpooled;
import io.grpc.netty.shaded.io.netty.channel.ChannelFutureListener;
import io.grpc.netty.shaded.io.netty.channel.ChannelHandlerContext;
import io.grpc.netty.shaded.io.netty.channel.ChannelInboundHandlerAdapter;
import io.grpc.netty.shaded.io.netty.channel.socket.SocketChannel;
import io.grpc.netty.shaded.io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.grpc.netty.shaded.io.netty.handler.codec.http.FullHttpResponse;
import io.grpc.netty.shaded.io.netty.handler.codec.http.HttpContent;
import io.grpc.netty.shaded.io.netty.handler.codec.http.HttpHeaderNames;
import io.grpc.netty.shaded.io.netty.handler.codec.http.HttpHeaders;
import io.grpc.netty.shaded.io.netty.handler.codec.http.HttpMethod;
import io.grpc.netty.shaded.io.netty.handler.codec.http.HttpRequest;
import io.grpc.netty.shaded.io.netty.handler.codec.http.HttpResponseStatus;
import io.grpc.netty.shaded.io.netty.handler.codec.http.HttpUtil;
import io.grpc.netty.shaded.io.netty.handler.codec.http.HttpVersion;
import io.grpc.netty.shaded.io.netty.handler.codec.http.LastHttpContent;
import io.grpc.netty.shaded.io.netty.handler.codec.http.QueryStringDecoder;
import io.grpc.netty.shaded.io.netty.handler.codec.http.TooLongHttpHeaderException;
import io.grpc.netty.shaded.io.netty.handler.codec.http.TooLongHttpLineException;
import io.grpc.netty.shaded.io.netty.handler.ssl.SslHandler;
import io.grpc.netty.shaded.io.netty.util.ReferenceCountUtil;
import io.saviorrec.server.access.Caller;
import io.saviorrec.server.access.Callers;
import io.saviorrec.server.access.Right;
import io.saviorrec.server.access.UnknownCallerException;
import java.io.ByteArrayOutputStream;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Supplier;
import javax.net.ssl.SSLPeerUnverifiedException;
import org.jspecify.annotations.Nullable;

/// One connection and the one request that it may make; runs on the event loop's thread.
///
/// Every wait is bounded: for the request, for the page, for its reader, and for the peer to close.
// Netty's futures: what fails there is a connection that is gone.
@SuppressWarnings("FutureReturnValueIgnored")
final class Exchange extends ChannelInboundHandlerAdapter {
  /// How long each wait may take.
  ///
  /// @param request from the connection to the end of the request's headers
  /// @param page until a page is made
  /// @param action until what was asked for is done
  /// @param reader until the last byte of the answer is taken
  /// @param farewell until the peer closes; what it still sends is dropped unread
  record Patience(
      Duration request, Duration page, Duration action, Duration reader, Duration farewell) {
    static final Patience DEFAULT =
        new Patience(
            Duration.ofSeconds(5),
            Duration.ofSeconds(10),
            Duration.ofMinutes(15),
            Duration.ofSeconds(10),
            Duration.ofSeconds(1));
  }

  /// What comes along with a change.
  ///
  /// @param received what has come
  /// @param whole is given all of it
  private record Body(ByteArrayOutputStream received, Consumer<byte[]> whole) {}

  private static final Set<HttpMethod> READING = Set.of(HttpMethod.GET, HttpMethod.HEAD);

  private final Callers callers;
  private final Pages pages;
  private final Executor pageMakers;
  private final Executor sectionMakers;
  private final Semaphore uploads;
  private final Patience patience;
  private @Nullable Caller caller;
  private @Nullable Body body;
  private String allowed = "";
  private boolean asked;
  private boolean makingPage;
  private boolean answered;
  private @Nullable ScheduledFuture<?> alarm;

  /// @param uploads how many changes may be received and made at once
  Exchange(
      Callers callers,
      Pages pages,
      Executor pageMakers,
      Executor sectionMakers,
      Semaphore uploads,
      Patience patience) {
    this.callers = callers;
    this.pages = pages;
    this.pageMakers = pageMakers;
    this.sectionMakers = sectionMakers;
    this.uploads = uploads;
    this.patience = patience;
  }

  /// Whether its reader has asked for a page and has to wait for it.
  boolean makingPage() {
    return makingPage;
  }

  @Override
  public void channelActive(ChannelHandlerContext context) {
    within(
        context,
        patience.request(),
        () -> answer(context, Page.plain(408, "no whole request in time")));
  }

  @Override
  public void channelInactive(ChannelHandlerContext context) {
    cancelAlarm();
  }

  @Override
  public void channelRead(ChannelHandlerContext context, Object message) {
    try {
      if (!asked && message instanceof HttpRequest request) {
        asked = true;
        asked(context, request);
      }
      Body receiving = body;
      if (receiving != null && !answered && message instanceof HttpContent content) {
        received(context, receiving, content);
      }
    } finally {
      ReferenceCountUtil.release(message);
    }
  }

  private void received(ChannelHandlerContext context, Body receiving, HttpContent content) {
    if (content.decoderResult().isFailure()) {
      answer(context, Page.plain(400, "this is no HTTP request"));
      return;
    }
    byte[] bytes = new byte[content.content().readableBytes()];
    content.content().readBytes(bytes);
    receiving.received().writeBytes(bytes);
    if (content instanceof LastHttpContent) {
      body = null;
      receiving.whole().accept(receiving.received().toByteArray());
    }
  }

  private void asked(ChannelHandlerContext context, HttpRequest request) {
    if (request.decoderResult().isFailure()) {
      answer(context, refusal(request.decoderResult().cause()));
      return;
    }
    String path = path(request.uri());
    Section section = pages.section(path);
    boolean change = section != null && section.isChange(below(section, path));
    boolean action = Pages.isAction(path) || change;
    if (action != request.method().equals(HttpMethod.POST)
        || !(action || READING.contains(request.method()))) {
      allowed = action ? "POST" : "GET, HEAD";
      answer(context, Page.plain(405, "only " + (action ? "POST" : "GET and HEAD")));
      return;
    }
    Page health = pages.health(path);
    if (health != null) {
      answer(context, health);
      return;
    }
    Page refusal = refusal(context, request.headers());
    if (refusal != null) {
      answer(context, refusal);
      return;
    }
    if (section != null) {
      asked(context, request, section, below(section, path), change);
    } else if (action) {
      act(context);
    } else {
      String accept = request.headers().get(HttpHeaderNames.ACCEPT, "");
      make(context, pageMakers, () -> pages.other(path, accept));
    }
  }

  private static String below(Section section, String path) {
    return path.substring(Math.min(path.length(), section.root().length() + 1));
  }

  /// A page of a section, or a change: then what comes along is awaited first.
  private void asked(
      ChannelHandlerContext context,
      HttpRequest request,
      Section section,
      String path,
      boolean change) {
    Map<String, String> query = new HashMap<>();
    try {
      new QueryStringDecoder(request.uri())
          .parameters()
          .forEach((name, values) -> query.put(name, values.getFirst()));
    } catch (IllegalArgumentException e) {
      answer(context, Page.plain(400, "the path is not well-formed"));
      return;
    }
    String foreign = OwnPages.refusal(request.headers(), change, callers.open());
    if (foreign != null) {
      answer(context, Page.plain(403, foreign));
      return;
    }
    Caller caller = this.caller;
    if (caller == null || (change && !caller.may(Right.WRITE))) {
      answer(context, Page.plain(403, name(caller) + " lacks the right " + Right.WRITE.word()));
    } else if (!change) {
      make(context, sectionMakers, () -> section.answer(asked(path, query, caller, new byte[0])));
    } else if (!HttpUtil.isContentLengthSet(request)) {
      answer(context, Page.plain(411, "the length of what comes along is missing"));
    } else if (HttpUtil.getContentLength(request, -1L) > section.mostBytes()) {
      answer(context, Page.plain(413, "the most is " + section.mostBytes() + " bytes"));
    } else if (!uploads.tryAcquire()) {
      answer(context, Page.plain(503, "others are sending items; try again"));
    } else {
      within(context, patience.page(), () -> answer(context, Page.plain(408, "it took too long")));
      body =
          new Body(
              new ByteArrayOutputStream((int) HttpUtil.getContentLength(request, 0L)),
              bytes ->
                  make(
                      context,
                      sectionMakers,
                      () -> section.answer(asked(path, query, caller, bytes))));
      context.channel().closeFuture().addListener(closed -> uploads.release());
    }
  }

  private static Section.Asked asked(
      String path, Map<String, String> query, Caller caller, byte[] body) {
    return new Section.Asked(path, query, caller, body);
  }

  private static String name(@Nullable Caller caller) {
    return caller == null ? "the caller" : caller.name();
  }

  private static String path(String uri) {
    int query = uri.indexOf('?');
    return query < 0 ? uri : uri.substring(0, query);
  }

  private static Page refusal(Throwable bad) {
    return switch (bad) {
      case TooLongHttpLineException _ -> Page.plain(414, "the request line is too long");
      case TooLongHttpHeaderException _ -> Page.plain(431, "the headers are too long");
      default -> Page.plain(400, "this is no HTTP request");
    };
  }

  private @Nullable Page refusal(ChannelHandlerContext context, HttpHeaders headers) {
    try {
      Caller caller =
          callers.identify(headers.get(HttpHeaderNames.AUTHORIZATION), certificate(context));
      this.caller = caller;
      return caller.may(Right.ADMINISTER)
          ? null
          : Page.plain(403, caller.name() + " lacks the right " + Right.ADMINISTER.word());
    } catch (UnknownCallerException e) {
      return Page.plain(401, String.valueOf(e.getMessage()));
    }
  }

  private static @Nullable X509Certificate certificate(ChannelHandlerContext context) {
    SslHandler ssl = context.pipeline().get(SslHandler.class);
    if (ssl == null) {
      return null;
    }
    try {
      return ssl.engine().getSession().getPeerCertificates()[0] instanceof X509Certificate first
          ? first
          : null;
    } catch (SSLPeerUnverifiedException e) {
      return null;
    }
  }

  /// It takes as long as it takes, and no thread waits for it.
  private void act(ChannelHandlerContext context) {
    within(
        context,
        patience.action(),
        () -> answer(context, Page.plain(503, "it goes on, but took too long to wait for")));
    makingPage = true;
    var _ =
        pages.reload().thenAccept(page -> context.executor().execute(() -> answer(context, page)));
  }

  private void make(ChannelHandlerContext context, Executor makers, Supplier<Page> maker) {
    within(
        context, patience.page(), () -> answer(context, Page.plain(503, "the page took too long")));
    makingPage = true;
    try {
      makers.execute(
          () -> {
            Page page = maker.get();
            context.executor().execute(() -> answer(context, page));
          });
    } catch (RejectedExecutionException e) {
      answer(context, Page.plain(503, "too many pages are being made; ask again"));
    }
  }

  /// Answers, once; what comes later is too late.
  private void answer(ChannelHandlerContext context, Page page) {
    if (answered) {
      return;
    }
    asked = true;
    answered = true;
    makingPage = false;
    within(context, patience.reader(), context::close);
    context
        .writeAndFlush(response(page))
        .addListener(
            (ChannelFutureListener)
                written -> {
                  if (written.isSuccess()) {
                    sayGoodbye(context);
                  } else {
                    context.close();
                  }
                });
  }

  /// Closing with bytes unread would make the system throw the answer away before the peer has it.
  private void sayGoodbye(ChannelHandlerContext context) {
    if (context.pipeline().get(SslHandler.class) != null
        || !(context.channel() instanceof SocketChannel socket)) {
      context.close();
      return;
    }
    within(context, patience.farewell(), context::close);
    socket.shutdownOutput();
  }

  private FullHttpResponse response(Page page) {
    FullHttpResponse response =
        new DefaultFullHttpResponse(
            HttpVersion.HTTP_1_1,
            HttpResponseStatus.valueOf(page.status()),
            Unpooled.wrappedBuffer(page.bytes()));
    HttpHeaders headers = response.headers();
    headers.set(HttpHeaderNames.CONTENT_TYPE, page.type());
    headers.set(HttpHeaderNames.CONTENT_LENGTH, response.content().readableBytes());
    headers.set(HttpHeaderNames.CONNECTION, "close");
    headers.set(HttpHeaderNames.CACHE_CONTROL, page.kept() ? "private, max-age=3600" : "no-store");
    headers.set(HttpHeaderNames.CONTENT_SECURITY_POLICY, page.policy());
    headers.set("cross-origin-resource-policy", "same-origin");
    headers.set("x-content-type-options", "nosniff");
    headers.set("referrer-policy", "no-referrer");
    if (page.status() == 401) {
      headers.set(HttpHeaderNames.WWW_AUTHENTICATE, "Basic realm=\"savior\", Bearer");
    }
    if (page.status() == 405) {
      headers.set(HttpHeaderNames.ALLOW, allowed);
    }
    return response;
  }

  /// Does something when nothing else has come of the exchange within the time.
  private void within(ChannelHandlerContext context, Duration time, Runnable otherwise) {
    cancelAlarm();
    alarm = context.executor().schedule(otherwise, time.toNanos(), TimeUnit.NANOSECONDS);
  }

  private void cancelAlarm() {
    ScheduledFuture<?> running = alarm;
    if (running != null) {
      running.cancel(false);
    }
  }

  /// A peer that breaks off or speaks no TLS.
  @Override
  public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
    context.close();
  }
}
