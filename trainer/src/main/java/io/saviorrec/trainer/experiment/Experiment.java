package io.saviorrec.trainer.experiment;

import io.saviorrec.exposure.Exposure;
import io.saviorrec.trainer.exposures.ShownLog;
import io.saviorrec.trainer.exposures.ShownRequest;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;

/// What the users of each bucket saw and did.
final class Experiment {
  private final SortedMap<String, Map<String, Activity>> buckets = new TreeMap<>();
  private long outside;
  private ShownLog.Counts log = new ShownLog.Counts(0, 0, 0, 0, 0, 0);

  private Experiment() {}

  /// Everything that happened by a log.
  static Experiment read(ShownLog log) {
    Experiment experiment = new Experiment();
    experiment.log = log.read(experiment::add);
    return experiment;
  }

  /// What the log itself says.
  ShownLog.Counts log() {
    return log;
  }

  private void add(ShownRequest request) {
    Exposure exposure = request.exposure();
    if (exposure.bucket().isEmpty()) {
      outside++;
      return;
    }
    int impressions = 0;
    int clicks = 0;
    for (int i = 0; i < request.shown().length; i++) {
      impressions += request.shown()[i] ? 1 : 0;
      clicks += request.clicked()[i] ? 1 : 0;
    }
    add(
        exposure.bucket(),
        exposure.cluster(),
        new Activity(1, impressions, clicks, clicks > 0 ? 1 : 0));
  }

  private void add(String bucket, String user, Activity activity) {
    buckets.computeIfAbsent(bucket, _ -> new HashMap<>()).merge(user, activity, Activity::plus);
  }

  /// Users and what they did, by bucket.
  SortedMap<String, Map<String, Activity>> buckets() {
    return buckets;
  }

  /// Requests that no bucket decided.
  long outside() {
    return outside;
  }

  /// Users who met more than one bucket.
  long crossed() {
    Set<String> seen = new HashSet<>();
    Set<String> crossed = new HashSet<>();
    for (Map<String, Activity> users : buckets.values()) {
      for (String user : users.keySet()) {
        if (!seen.add(user)) {
          crossed.add(user);
        }
      }
    }
    return crossed.size();
  }
}
