package io.saviorrec.server.logging;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.encoder.PatternLayoutEncoder;
import ch.qos.logback.classic.jul.LevelChangePropagator;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.OutputStreamAppender;
import ch.qos.logback.core.encoder.Encoder;
import io.saviorrec.server.config.LoggingConfig;
import java.io.OutputStream;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.slf4j.LoggerFactory;
import org.slf4j.bridge.SLF4JBridgeHandler;

/// The one log of the process, which takes what is logged by java.util.logging, too.
public final class Logging implements AutoCloseable {
  private static final String TEXT =
      "%d{yyyy-MM-dd'T'HH:mm:ss.SSSXXX} %-5level %logger{0}: %msg%replace( [%mdc]){' \\[\\]', ''}%n";
  private static final int MOST_EACH = 10;
  private static final Duration WINDOW = Duration.ofSeconds(10);

  /// Where the transport says what a peer can make it say by dying or by sending what is no HTTP/2.
  private static final List<String> TOLD_BY_PEERS =
      List.of(
          "io.grpc.netty.shaded",
          "io.grpc.internal.ServerImpl",
          "io.grpc.internal.AbstractServerStream");

  /// Where it says what is a fault of ours: buffers that were never given back.
  private static final String LEAKS = "io.grpc.netty.shaded.io.netty.util.ResourceLeakDetector";

  /// Where it writes every frame at `debug`, with the tokens and the users that are in it.
  private static final List<String> FRAMES =
      List.of(
          "io.grpc.netty.shaded.io.grpc.netty.NettyServerHandler",
          "io.grpc.netty.shaded.io.grpc.netty.NettyClientHandler");

  /// Where OpenTelemetry says in many lines what we say in one: that the collector is away.
  private static final String EXPORT = "io.opentelemetry.exporter";

  private final LoggerContext context;
  private final RepeatFilter repeats;
  private final ScheduledFuture<?> flushing;

  private Logging(LoggerContext context, RepeatFilter repeats) {
    this.context = context;
    this.repeats = repeats;
    this.flushing =
        context
            .getScheduledExecutorService()
            .scheduleWithFixedDelay(
                repeats::flush, WINDOW.toMillis(), WINDOW.toMillis(), TimeUnit.MILLISECONDS);
  }

  /// Logs to the standard error output from now on.
  public static Logging start(LoggingConfig config) {
    return start(config, System.err, System::nanoTime);
  }

  static Logging start(LoggingConfig config, OutputStream out, LongSupplier nanoTime) {
    LoggerContext context = (LoggerContext) LoggerFactory.getILoggerFactory();
    context.reset();
    RepeatFilter repeats = new RepeatFilter(nanoTime, MOST_EACH, WINDOW);
    repeats.start();
    context.addTurboFilter(repeats);
    // Before the levels, so that java.util.logging hears of them.
    LevelChangePropagator levels = new LevelChangePropagator();
    levels.setContext(context);
    levels.setResetJUL(true);
    levels.start();
    context.addListener(levels);
    SLF4JBridgeHandler.removeHandlersForRootLogger();
    SLF4JBridgeHandler.install();

    Level level = Level.valueOf(config.level().name());
    Logger root = context.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
    root.setLevel(level);
    if (level.isGreaterOrEqual(Level.INFO)) {
      TOLD_BY_PEERS.forEach(name -> context.getLogger(name).setLevel(Level.OFF));
      context.getLogger(EXPORT).setLevel(Level.OFF);
      context.getLogger(LEAKS).setLevel(Level.ERROR);
    } else {
      FRAMES.forEach(name -> context.getLogger(name).setLevel(Level.INFO));
    }
    root.addAppender(appender(context, encoder(context, config.format()), out));
    return new Logging(context, repeats);
  }

  private static Encoder<ILoggingEvent> encoder(
      LoggerContext context, LoggingConfig.Format format) {
    Encoder<ILoggingEvent> encoder =
        switch (format) {
          case JSON -> new JsonLine();
          case TEXT -> {
            PatternLayoutEncoder text = new PatternLayoutEncoder();
            text.setPattern(TEXT);
            yield text;
          }
        };
    encoder.setContext(context);
    encoder.start();
    return encoder;
  }

  private static OutputStreamAppender<ILoggingEvent> appender(
      LoggerContext context, Encoder<ILoggingEvent> encoder, OutputStream out) {
    OutputStreamAppender<ILoggingEvent> appender = new OutputStreamAppender<>();
    appender.setContext(context);
    appender.setName("log");
    appender.setEncoder(encoder);
    appender.setOutputStream(out);
    appender.start();
    return appender;
  }

  /// Writes what is still to be said of what was suppressed.
  @Override
  public void close() {
    flushing.cancel(false);
    repeats.flush();
    context.getTurboFilterList().remove(repeats);
  }
}
