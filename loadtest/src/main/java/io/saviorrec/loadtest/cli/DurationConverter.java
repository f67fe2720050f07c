package io.saviorrec.loadtest.cli;

import java.math.BigDecimal;
import java.time.Duration;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/// Reads a length of time as people write it: `20ms`, `1.5s`, `10m`.
final class DurationConverter implements ITypeConverter<Duration> {
  private static final Pattern LENGTH = Pattern.compile("(\\d{1,9}(?:\\.\\d{1,6})?)(us|ms|s|m|h)");
  private static final Map<String, Long> NANOS =
      Map.of(
          "us", 1_000L,
          "ms", 1_000_000L,
          "s", 1_000_000_000L,
          "m", 60_000_000_000L,
          "h", 3_600_000_000_000L);

  @Override
  public Duration convert(String value) {
    Matcher length = LENGTH.matcher(value);
    if (!length.matches()) {
      throw new TypeConversionException(
          "'" + value + "' is no length of time such as 20ms, 10s or 5m");
    }
    BigDecimal nanos =
        new BigDecimal(length.group(1))
            .multiply(BigDecimal.valueOf(NANOS.getOrDefault(length.group(2), 1L)));
    return Duration.ofNanos(nanos.longValue());
  }

  /// The same in writing.
  static String text(Duration value) {
    double seconds = value.toNanos() / 1e9;
    return BigDecimal.valueOf(seconds).stripTrailingZeros().toPlainString() + " s";
  }
}
