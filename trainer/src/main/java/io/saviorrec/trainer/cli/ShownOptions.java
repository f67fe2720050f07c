package io.saviorrec.trainer.cli;

import io.saviorrec.trainer.exposures.ShownLog;
import java.nio.file.Path;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

/// The options that name exposures and the clicks on them.
// picocli fills the fields before anybody asks.
@SuppressWarnings("NullAway.Init")
final class ShownOptions {
  @Option(
      names = "--exposures",
      required = true,
      split = ",",
      paramLabel = "DIR",
      description =
          "Folders of the exposure log: the exposures.directory of each server, with commas between.")
  private List<Path> exposures;

  @Option(
      names = "--clicks",
      required = true,
      paramLabel = "FILE",
      description = "The clicks: request_id and item_id, as CSV, JSONL or Parquet.")
  private Path clicks;

  @Option(
      names = "--shown",
      paramLabel = "N",
      description =
          "How many candidates of a request its user saw, the highest scores first. Default: all.")
  private int shown = Integer.MAX_VALUE;

  @Option(
      names = "--from",
      paramLabel = "TIME",
      converter = Time.class,
      description = "Leaves earlier requests out, for instance 2026-03-01T00:00:00Z.")
  private @Nullable Instant from;

  @Option(
      names = "--until",
      paramLabel = "TIME",
      converter = Time.class,
      description = "Leaves requests out that were answered then or later.")
  private @Nullable Instant until;

  /// The part of the log that they name.
  ShownLog log() {
    return new ShownLog(exposures, clicks, new ShownLog.Window(from, until, Math.max(1, shown)));
  }

  /// Takes times in ISO 8601.
  static final class Time implements ITypeConverter<Instant> {
    @Override
    public Instant convert(String value) {
      try {
        return Instant.parse(value);
      } catch (DateTimeParseException _) {
        throw new TypeConversionException("'" + value + "' is no time like 2026-03-01T00:00:00Z");
      }
    }
  }
}
