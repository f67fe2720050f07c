package io.saviorrec.server.proof;

import io.grpc.Status;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/// The figures of a soak, and their page in Markdown: `target/soak-report.md`.
final class SoakReport {
  private static final Path FILE = Path.of("target", "soak-report.md");
  private static final int MISTAKES_KEPT = 20;

  /// The share of the samples at the start that is not looked at: caches still fill up.
  private static final double SETTLING = 0.2;

  private final List<String> mistakes = new ArrayList<>();
  private final SortedMap<String, Integer> failures = new TreeMap<>();
  private final Latencies scores = new Latencies();
  private final Latencies upserts = new Latencies();
  private final List<double[]> samples = new ArrayList<>();
  private int failed;
  private int wrong;

  /// Every single duration.
  private static final class Latencies {
    private int[] micros = new int[1 << 16];
    private int size;

    void add(long nanos) {
      if (size == micros.length) {
        micros = Arrays.copyOf(micros, 2 * size);
      }
      micros[size++] = (int) Math.min(Integer.MAX_VALUE, nanos / 1000);
    }

    String row(String name) {
      int[] sorted = Arrays.copyOf(micros, size);
      Arrays.sort(sorted);
      return "| %s | %d | %.2f | %.2f | %.2f | %.2f | %.2f |%n"
          .formatted(
              name,
              size,
              millis(sorted, 0.5),
              millis(sorted, 0.9),
              millis(sorted, 0.99),
              millis(sorted, 0.999),
              millis(sorted, 1));
    }

    private static double millis(int[] sorted, double quantile) {
      int at = (int) Math.ceil(quantile * sorted.length) - 1;
      return sorted.length == 0 ? 0 : sorted[Math.max(0, at)] / 1000.0;
    }
  }

  synchronized void answered(long nanos, String mistake) {
    scores.add(nanos);
    if (!mistake.isEmpty()) {
      wrong++;
      if (mistakes.size() < MISTAKES_KEPT) {
        mistakes.add(mistake);
      }
    }
  }

  synchronized void failed(Status status) {
    failed++;
    failures.merge(status.getCode().name(), 1, Integer::sum);
  }

  synchronized void upserted(long nanos) {
    upserts.add(nanos);
  }

  synchronized void sampled(double seconds, long rssBytes) {
    samples.add(new double[] {seconds, ProcessFacts.megabytes(rssBytes)});
  }

  synchronized int answered() {
    return scores.size;
  }

  synchronized int failed() {
    return failed;
  }

  synchronized int upserts() {
    return upserts.size;
  }

  synchronized List<String> mistakes() {
    return List.copyOf(mistakes);
  }

  synchronized SortedMap<String, Integer> failures() {
    return new TreeMap<>(failures);
  }

  /// The slope of a straight line through the samples.
  synchronized double growthMegabytesAMinute() {
    List<double[]> settled = settled();
    double x = settled.stream().mapToDouble(sample -> sample[0]).average().orElse(0);
    double y = settled.stream().mapToDouble(sample -> sample[1]).average().orElse(0);
    double above = 0;
    double below = 0;
    for (double[] sample : settled) {
      above += (sample[0] - x) * (sample[1] - y);
      below += (sample[0] - x) * (sample[0] - x);
    }
    return below == 0 ? 0 : above / below * 60;
  }

  private List<double[]> settled() {
    return samples.subList((int) (samples.size() * SETTLING), samples.size());
  }

  synchronized void write(
      double capacity, double rate, int seconds, ProcessFacts before, ProcessFacts after)
      throws IOException {
    double least = settled().stream().mapToDouble(sample -> sample[1]).min().orElse(0);
    double most = settled().stream().mapToDouble(sample -> sample[1]).max().orElse(0);
    String text =
        """
        # Soak

        Capacity %.0f answers/s; sent at %.0f requests/s for %d s, open loop; heap of 512 MB, %d cores.

        | calls | number | p50 ms | p90 ms | p99 ms | p99.9 ms | max ms |
        |---|---|---|---|---|---|---|
        %s%s
        Scores that a quiet server would not have given: %d. Calls that failed: %s.

        RSS after the first %.0f %%: %.1f to %.1f MB, growing by %.2f MB a minute.
        Before: %s.
        After: %s.
        """
            .formatted(
                capacity,
                rate,
                seconds,
                Runtime.getRuntime().availableProcessors(),
                scores.row("scores"),
                upserts.row("upserts"),
                wrong,
                failures,
                SETTLING * 100,
                least,
                most,
                growthMegabytesAMinute(),
                before,
                after);
    Files.writeString(FILE, text);
    System.out.print(text);
  }
}
