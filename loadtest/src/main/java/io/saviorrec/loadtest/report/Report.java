package io.saviorrec.loadtest.report;

import io.saviorrec.loadtest.measure.CapacitySearch.Capacity;
import io.saviorrec.loadtest.measure.Comparison.Ratio;
import io.saviorrec.loadtest.measure.Measured;
import io.saviorrec.loadtest.measure.Slo.Criterion;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// All that one run of `savior load` found.
///
/// @param setup how it was measured, by name
/// @param parts one for each server; none when a search found nothing
/// @param capacity what a search found; null: none was made
/// @param ratios of two servers; none for one
public record Report(
    Map<String, String> setup, List<Part> parts, @Nullable Capacity capacity, List<Ratio> ratios) {
  /// A generator that was this late in milliseconds at its 99th percentile is worth a word.
  private static final double LATE_MILLIS = 5;

  public Report {
    setup = new LinkedHashMap<>(setup);
    parts = List.copyOf(parts);
    ratios = List.copyOf(ratios);
  }

  /// What one server did.
  ///
  /// @param criteria the objective and what was seen of it
  public record Part(String target, Measured measured, List<Criterion> criteria) {
    public Part {
      criteria = List.copyOf(criteria);
    }

    boolean met() {
      return !measured.cutShort() && criteria.stream().allMatch(Criterion::met);
    }
  }

  /// Whether everything that was asked of the servers was met.
  public boolean met() {
    boolean found = capacity == null || capacity.confirmed() != null;
    return found && parts.stream().allMatch(Part::met);
  }

  /// What a reader should know before believing the numbers.
  public List<String> warnings() {
    List<String> warnings = new ArrayList<>();
    if (capacity != null) {
      warnings.addAll(lateSteps(capacity));
    }
    for (Part part : parts) {
      Measured measured = part.measured();
      if (measured.cutShort()) {
        warnings.add(
            "the load on %s was stopped early, after %.1f s"
                .formatted(part.target(), measured.seconds()));
      }
      if (measured.lagMillis(.99) > LATE_MILLIS) {
        warnings.add(
            String.format(
                Locale.ROOT,
                "requests to %s were sent late (p99 %.1f ms), because this program or its machine"
                    + " was busy; the latencies contain that",
                part.target(),
                measured.lagMillis(.99)));
      }
      measured
          .reasons()
          .forEach(
              (failure, reason) ->
                  warnings.add(part.target() + " answered " + failure + ": " + oneLine(reason)));
      Measured upserts = measured.upserts();
      if (upserts != null) {
        upserts
            .reasons()
            .forEach(
                (failure, reason) ->
                    warnings.add(
                        "%s answered %s to an item: %s"
                            .formatted(part.target(), failure, oneLine(reason))));
      }
    }
    return warnings;
  }

  private static List<String> lateSteps(Capacity capacity) {
    long late =
        capacity.steps().stream()
            .filter(step -> step.measured().lagMillis(.99) > LATE_MILLIS)
            .count();
    return late == 0
        ? List.of()
        : List.of(
            ("in %d of %d steps requests were sent late, because this program or its machine was"
                    + " busy; the server may be able to do more")
                .formatted(late, capacity.steps().size()));
  }

  private static String oneLine(String text) {
    return String.join(" ", text.lines().map(String::strip).toList());
  }
}
