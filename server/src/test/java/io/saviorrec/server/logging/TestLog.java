package io.saviorrec.server.logging;

import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.util.ContextInitializer;
import ch.qos.logback.core.joran.spi.JoranException;
import io.saviorrec.server.config.LoggingConfig;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.slf4j.LoggerFactory;

/// The log of the process as a test reads it.
public final class TestLog implements AutoCloseable {
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();

  /// Logs into this from now on.
  public Logging start(LoggingConfig.Format format) {
    return start(format, LoggingConfig.Level.INFO);
  }

  Logging start(LoggingConfig.Format format, LoggingConfig.Level level) {
    return Logging.start(new LoggingConfig(format, level), out, System::nanoTime);
  }

  public List<String> lines() {
    return out.toString(StandardCharsets.UTF_8).lines().toList();
  }

  /// Configures the log as it was before.
  @Override
  public void close() {
    LoggerContext context = (LoggerContext) LoggerFactory.getILoggerFactory();
    context.reset();
    try {
      new ContextInitializer(context).autoConfig();
    } catch (JoranException e) {
      throw new IllegalStateException(e);
    }
  }
}
