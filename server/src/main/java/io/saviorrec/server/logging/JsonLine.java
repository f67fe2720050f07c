package io.saviorrec.server.logging;

import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.IThrowableProxy;
import ch.qos.logback.classic.spi.ThrowableProxyUtil;
import ch.qos.logback.core.encoder.EncoderBase;
import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Map;

/// Writes each event as one JSON object in a line of its own.
final class JsonLine extends EncoderBase<ILoggingEvent> {
  private static final byte[] NOTHING = {};

  private final JsonFactory json = new JsonFactory();

  @Override
  public byte[] headerBytes() {
    return NOTHING;
  }

  @Override
  public byte[] encode(ILoggingEvent event) {
    ByteArrayOutputStream line = new ByteArrayOutputStream(256);
    try (JsonGenerator object = json.createGenerator(line)) {
      object.writeStartObject();
      object.writeStringField("time", event.getInstant().toString());
      object.writeStringField("level", event.getLevel().toString());
      object.writeStringField("logger", event.getLoggerName());
      object.writeStringField("thread", event.getThreadName());
      object.writeStringField("message", String.valueOf(event.getFormattedMessage()));
      for (Map.Entry<String, String> name : event.getMDCPropertyMap().entrySet()) {
        object.writeStringField(name.getKey(), name.getValue());
      }
      IThrowableProxy failure = event.getThrowableProxy();
      if (failure != null) {
        object.writeStringField("error", ThrowableProxyUtil.asString(failure));
      }
      object.writeEndObject();
      object.writeRaw('\n');
    } catch (IOException e) {
      throw new UncheckedIOException("an array cannot be written to", e);
    }
    return line.toByteArray();
  }

  @Override
  public byte[] footerBytes() {
    return NOTHING;
  }
}
