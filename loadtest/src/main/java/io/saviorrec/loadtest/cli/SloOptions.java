package io.saviorrec.loadtest.cli;

import io.saviorrec.loadtest.measure.Slo;
import io.saviorrec.loadtest.measure.Slo.Limit;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/// The objective, as options.
// picocli fills the fields before a command runs.
@SuppressWarnings("NullAway.Init")
final class SloOptions {
  @Option(
      names = "--p50",
      paramLabel = "TIME",
      converter = DurationConverter.class,
      description = "The most that half of the answers may take, for instance 5ms.")
  private @Nullable Duration p50;

  @Option(
      names = "--p90",
      paramLabel = "TIME",
      converter = DurationConverter.class,
      description = "The most that 90 %% of the answers may take.")
  private @Nullable Duration p90;

  @Option(
      names = "--p95",
      paramLabel = "TIME",
      converter = DurationConverter.class,
      description = "The same for 95 %%.")
  private @Nullable Duration p95;

  @Option(
      names = "--p99",
      paramLabel = "TIME",
      converter = DurationConverter.class,
      description = "The same for 99 %%.")
  private @Nullable Duration p99;

  @Option(
      names = "--p999",
      paramLabel = "TIME",
      converter = DurationConverter.class,
      description = "The same for 99.9 %%.")
  private @Nullable Duration p999;

  @Option(
      names = "--max-errors",
      paramLabel = "SHARE",
      defaultValue = "1%",
      converter = ShareConverter.class,
      description = "The share of requests that may fail. Default: ${DEFAULT-VALUE}.")
  private double maxErrors;

  @Option(
      names = "--max-degraded",
      paramLabel = "SHARE",
      defaultValue = "1%",
      converter = ShareConverter.class,
      description =
          "The share of answers from which the server may have left work out because of overload."
              + " Default: ${DEFAULT-VALUE}.")
  private double maxDegraded;

  Slo slo() {
    List<Limit> limits = new ArrayList<>();
    add(limits, .5, p50);
    add(limits, .9, p90);
    add(limits, .95, p95);
    add(limits, .99, p99);
    add(limits, .999, p999);
    return new Slo(limits, maxErrors, maxDegraded);
  }

  private static void add(List<Limit> limits, double share, @Nullable Duration most) {
    if (most != null) {
      limits.add(new Limit(share, most));
    }
  }
}
