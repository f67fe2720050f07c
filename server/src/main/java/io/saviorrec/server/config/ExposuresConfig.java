package io.saviorrec.server.config;

import io.saviorrec.config.Check;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/// The log of what was scored for whom.
///
/// @param directory the folder of its files; null: nothing is logged
/// @param sampleRatio share of the users whose requests are logged
/// @param queueCapacity requests that may wait to be written; those beyond are dropped
/// @param rotateBytes a file is finished when it has so many bytes
/// @param rotateInterval or when it is so old
/// @param keepFiles the most files kept; the oldest go first
/// @param keepBytes the most bytes of them together
public record ExposuresConfig(
    @Nullable String directory,
    double sampleRatio,
    int queueCapacity,
    long rotateBytes,
    Duration rotateInterval,
    int keepFiles,
    long keepBytes) {
  static final ExposuresConfig DEFAULT =
      new ExposuresConfig(null, 1, 1024, 64L << 20, Duration.ofMinutes(5), 10_000, 16L << 30);

  public ExposuresConfig {
    Check.all(
        check ->
            check
                .notBlank("directory", directory)
                .range("sampleRatio", sampleRatio, 0.0, 1.0)
                .range("queueCapacity", queueCapacity, 1, 1_000_000)
                .range("rotateBytes", rotateBytes, 1024, 1L << 40)
                .range("rotateInterval", rotateInterval, Duration.ofMillis(10), Duration.ofDays(1))
                .range("keepFiles", keepFiles, 1, 10_000_000)
                .that(
                    keepBytes >= rotateBytes,
                    "keepBytes",
                    "be at least rotateBytes = " + rotateBytes,
                    keepBytes));
  }
}
