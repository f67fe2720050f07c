package io.saviorrec.server.config;

import io.saviorrec.config.Check;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/// Slow and failed scoring requests kept on disk.
///
/// @param directory the folder that they are kept in; null: none are
/// @param slowerThan requests that took longer are kept, and those that failed with INTERNAL
/// @param keepFiles the most files kept; the oldest go first
/// @param keepBytes the most bytes of them together
public record CaptureConfig(
    @Nullable String directory, Duration slowerThan, int keepFiles, long keepBytes) {
  static final CaptureConfig DEFAULT =
      new CaptureConfig(null, Duration.ofMillis(200), 1000, 256L << 20);

  public CaptureConfig {
    Check.all(
        check ->
            check
                .notBlank("directory", directory)
                .range("slowerThan", slowerThan, Duration.ZERO, Duration.ofHours(1))
                .range("keepFiles", keepFiles, 1, 1_000_000)
                .range("keepBytes", keepBytes, 1024, 1L << 50));
  }
}
