package io.saviorrec.server.config;

/// What the server logs, and how.
///
/// @param format one line of text or one JSON object for each event
/// @param level the lowest level that is logged
public record LoggingConfig(Format format, Level level) {
  static final LoggingConfig DEFAULT = new LoggingConfig(Format.TEXT, Level.INFO);

  /// How an event is written.
  public enum Format {
    TEXT,
    JSON
  }

  /// The levels, by falling weight.
  public enum Level {
    ERROR,
    WARN,
    INFO,
    DEBUG,
    TRACE
  }
}
