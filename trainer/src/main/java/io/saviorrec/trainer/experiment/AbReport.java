package io.saviorrec.trainer.experiment;

import io.saviorrec.trainer.console.UserError;
import io.saviorrec.trainer.exposures.ShownLog;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// An experiment read out: what happened in each bucket, how its metrics lie to the control's, and
/// what speaks against trusting them.
///
/// @param sampleRatio null: it was not said what the buckets' weights are
/// @param warnings a sentence each
public record AbReport(
    String control,
    List<Bucket> buckets,
    @Nullable SampleRatio sampleRatio,
    ShownLog.Counts log,
    List<String> warnings) {
  /// The control's name where none is given.
  private static final String CONTROL = "control";

  /// With fewer users the intervals are too narrow.
  private static final int FEW_USERS = 100;

  /// One bucket.
  ///
  /// @param values by metric
  /// @param lifts over the control, by metric; empty for the control itself
  public record Bucket(
      String name,
      int users,
      long views,
      long impressions,
      long clicks,
      Map<Metric, Double> values,
      Map<Metric, Lift> lifts) {}

  /// Reads an experiment out.
  ///
  /// @param control null: the bucket of that name
  /// @param metrics what is asked for
  /// @param split the buckets' weights; empty: not said
  /// @throws UserError when the log has no such experiment
  public static AbReport of(
      ShownLog log, @Nullable String control, List<Metric> metrics, Map<String, Double> split) {
    Experiment experiment = Experiment.read(log);
    SortedMap<String, Map<String, Activity>> buckets = experiment.buckets();
    if (buckets.isEmpty()) {
      throw new UserError(
          "no bucket decided any of the "
              + experiment.outside()
              + " requests; is routing.split or routing.buckets set?");
    }
    String against = control == null ? CONTROL : control;
    Map<String, Activity> base = buckets.get(against);
    if (base == null) {
      throw new UserError(
          (control == null ? "name the control by --control" : "no bucket \"" + control + "\"")
              + "; the log has "
              + buckets.keySet());
    }
    List<Bucket> all = new ArrayList<>();
    all.add(bucket(against, base.values(), null, metrics));
    buckets.forEach(
        (name, users) -> {
          if (!name.equals(against)) {
            all.add(bucket(name, users.values(), base.values(), metrics));
          }
        });
    SampleRatio ratio = split.isEmpty() ? null : SampleRatio.of(sizes(buckets), split);
    return new AbReport(against, all, ratio, experiment.log(), warnings(experiment, all, ratio));
  }

  private static Bucket bucket(
      String name,
      Collection<Activity> users,
      @Nullable Collection<Activity> control,
      List<Metric> metrics) {
    Map<Metric, Double> values = new EnumMap<>(Metric.class);
    Map<Metric, Lift> lifts = new EnumMap<>(Metric.class);
    for (Metric metric : metrics) {
      Estimate estimate = Estimate.of(metric, users);
      values.put(metric, estimate.value());
      if (control != null) {
        lifts.put(metric, Lift.of(Estimate.of(metric, control), estimate));
      }
    }
    Activity sum = users.stream().reduce(Activity.NONE, Activity::plus);
    return new Bucket(
        name, users.size(), sum.views(), sum.impressions(), sum.clicks(), values, lifts);
  }

  private static SortedMap<String, Integer> sizes(Map<String, Map<String, Activity>> buckets) {
    SortedMap<String, Integer> sizes = new TreeMap<>();
    buckets.forEach((name, users) -> sizes.put(name, users.size()));
    return sizes;
  }

  private static List<String> warnings(
      Experiment experiment, List<Bucket> buckets, @Nullable SampleRatio ratio) {
    List<String> warnings = new ArrayList<>();
    if (ratio == null) {
      warnings.add("The sample ratio was not checked; give the buckets' weights by --split.");
    } else if (ratio.suspect()) {
      warnings.add(
          "Sample ratio mismatch: the buckets' users do not fit their weights, so do not trust any"
              + " figure before the reason is found.");
    }
    if (ratio != null) {
      warn(
          warnings,
          ratio.unweighted(),
          "users are in buckets of weight 0 and are left out of the sample ratio; see whether"
              + " --split is what the server was configured with.");
    }
    for (Bucket bucket : buckets) {
      if (bucket.users() < FEW_USERS) {
        warnings.add(
            "Bucket "
                + bucket.name()
                + " has "
                + bucket.users()
                + " users; with fewer than "
                + FEW_USERS
                + " the intervals are rough.");
      }
    }
    warn(warnings, experiment.crossed(), "users met more than one bucket and count in each.");
    warn(warnings, experiment.outside(), "requests that no bucket decided are left out.");
    warn(warnings, experiment.log().nameless(), "requests without a request_id are left out.");
    warn(
        warnings,
        experiment.log().repeated(),
        "further answers to the same requests are left out.");
    warn(
        warnings,
        experiment.log().strayClicks(),
        "clicks are on nothing that was shown in these requests and are left out.");
    warn(
        warnings,
        experiment.log().unusableClicks(),
        "rows of the click file lack a request_id or an item_id and are left out.");
    return warnings;
  }

  private static void warn(List<String> warnings, long count, String what) {
    if (count > 0) {
      warnings.add(count + " " + what);
    }
  }
}
