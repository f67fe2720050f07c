package io.saviorrec.trainer.client;

import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/// The address of a server.
public record Target(String host, int port) {
  static final String DEFAULT = "localhost:8500";

  @Override
  public String toString() {
    return (host.indexOf(':') < 0 ? host : "[" + host + "]") + ":" + port;
  }

  /// `HOST:PORT`, an IPv6 address in brackets.
  static Target parse(String text) {
    int colon = text.lastIndexOf(':');
    String host = colon < 0 ? "" : text.substring(0, colon);
    if (host.startsWith("[") && host.endsWith("]")) {
      host = host.substring(1, host.length() - 1);
    } else if (host.indexOf(':') >= 0) {
      throw new IllegalArgumentException("'" + text + "' is no HOST:PORT");
    }
    int port;
    try {
      port = Integer.parseInt(text.substring(colon + 1));
    } catch (NumberFormatException _) {
      port = 0;
    }
    if (host.isBlank() || port < 1 || port > 65_535) {
      throw new IllegalArgumentException("'" + text + "' is no HOST:PORT");
    }
    return new Target(host, port);
  }

  /// Reads an option's value.
  static final class Converter implements ITypeConverter<Target> {
    @Override
    public Target convert(String value) {
      try {
        return parse(value);
      } catch (IllegalArgumentException e) {
        throw new TypeConversionException(e.getMessage());
      }
    }
  }
}
