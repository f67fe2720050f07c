package io.saviorrec.trainer.serving;

import io.saviorrec.proto.v1.CapturedRequest;
import io.saviorrec.proto.v1.Score;
import io.saviorrec.proto.v1.ScoreResponse;
import io.saviorrec.proto.v1.Timings;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.ToLongFunction;

/// A captured request and what became of it when it was sent again.
///
/// @param name of the capture
/// @param then as it was captured
/// @param status of the last call, `OK` or the name of the gRPC code
/// @param now the answers
public record Replay(String name, CapturedRequest then, String status, List<ScoreResponse> now) {
  private static final String NOTHING = "-";
  private static final List<String> HEAD =
      List.of(
          "capture",
          "model",
          "candidates",
          "status",
          "total ms",
          "queue ms",
          "items ms",
          "compute ms",
          "scores");

  public Replay {
    now = List.copyOf(now);
  }

  /// The largest difference of a score between then and now; NaN when there is nothing to compare,
  /// as with an answer that overload had degraded.
  public double difference() {
    boolean degraded = then.getResponse().getDegradedCount() > 0;
    if (!then.hasResponse() || degraded || now.isEmpty()) {
      return Double.NaN;
    }
    List<Float> before = pctr(then.getResponse());
    double largest = 0;
    for (ScoreResponse answer : now) {
      List<Float> after = pctr(answer);
      if (after.size() != before.size()) {
        return Double.POSITIVE_INFINITY;
      }
      for (int i = 0; i < after.size(); i++) {
        largest = Math.max(largest, Math.abs(after.get(i) - before.get(i)));
      }
    }
    return largest;
  }

  /// In whichever form they came.
  private static List<Float> pctr(ScoreResponse answer) {
    return answer.getPctrCount() > 0
        ? answer.getPctrList()
        : answer.getScoresList().stream().map(Score::getPctr).toList();
  }

  private int candidates() {
    return then.getRequest().getCandidatesCount() + then.getRequest().getCandidateIdsCount();
  }

  public boolean agrees(double tolerance) {
    return difference() <= tolerance;
  }

  /// The lines of a table: then → now, and the medians of now where a request was sent more than
  /// once.
  public static List<String> table(List<Replay> replays, double tolerance) {
    List<List<String>> rows = new ArrayList<>();
    rows.add(HEAD);
    replays.forEach(replay -> rows.add(replay.row(tolerance)));
    int[] widths = new int[HEAD.size()];
    for (List<String> row : rows) {
      for (int i = 0; i < widths.length; i++) {
        widths[i] = Math.max(widths[i], DisplayWidth.of(row.get(i)));
      }
    }
    return rows.stream().map(row -> line(row, widths)).toList();
  }

  private static String line(List<String> row, int[] widths) {
    StringBuilder line = new StringBuilder();
    for (int i = 0; i < widths.length; i++) {
      line.append(i == 0 ? "" : "  ").append(DisplayWidth.pad(row.get(i), widths[i]));
    }
    return line.toString().stripTrailing();
  }

  private List<String> row(double tolerance) {
    return List.of(
        name,
        model(),
        Integer.toString(candidates()),
        changed(then.getStatus(), status),
        times(then.getTotalUs(), Timings::getTotalUs),
        times(stage("queue"), Timings::getQueueUs),
        times(stage("items"), Timings::getItemsUs),
        times(stage("compute"), Timings::getModelUs),
        scores(tolerance));
  }

  /// The same for programs: times in microseconds, those of now medians; what is not known is left
  /// out.
  public Map<String, Object> fields(double tolerance) {
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("capture", name);
    fields.put("model", then.getModel());
    fields.put("candidates", candidates());
    Map<String, Object> before = side(then.getStatus(), then.getVersion());
    before.put("total_us", then.getTotalUs());
    then.getStagesList().forEach(stage -> before.put(stage.getStage() + "_us", stage.getUs()));
    before.put("degraded", then.getResponse().getDegradedList().stream().map(Enum::name).toList());
    fields.put("then", before);
    Map<String, Object> after =
        side(status, now.isEmpty() ? then.getVersion() : now.getLast().getVersion());
    if (!now.isEmpty()) {
      after.put("total_us", median(Timings::getTotalUs));
      after.put("queue_us", median(Timings::getQueueUs));
      after.put("items_us", median(Timings::getItemsUs));
      after.put("compute_us", median(Timings::getModelUs));
    }
    fields.put("now", after);
    if (!Double.isNaN(difference())) {
      fields.put("scores_agree", agrees(tolerance));
    }
    return fields;
  }

  private static Map<String, Object> side(String status, long version) {
    Map<String, Object> side = new LinkedHashMap<>();
    side.put("status", status);
    side.put("version", version);
    return side;
  }

  private String model() {
    String version = Long.toString(then.getVersion());
    String newer = now.isEmpty() ? version : Long.toString(now.getLast().getVersion());
    return then.getModel() + "/" + changed(version, newer);
  }

  private static String changed(String before, String after) {
    return before.equals(after) ? after : before + " → " + after;
  }

  private long stage(String stage) {
    return then.getStagesList().stream()
        .filter(each -> each.getStage().equals(stage))
        .mapToLong(each -> each.getUs())
        .findFirst()
        .orElse(-1);
  }

  private String times(long before, ToLongFunction<Timings> of) {
    String first = before < 0 ? NOTHING : millis(before);
    if (now.isEmpty()) {
      return first + " → " + NOTHING;
    }
    return first + " → " + millis(median(of));
  }

  private long median(ToLongFunction<Timings> of) {
    long[] sorted = now.stream().map(ScoreResponse::getTimings).mapToLong(of).sorted().toArray();
    return sorted[sorted.length / 2];
  }

  private static String millis(long micros) {
    return String.format(Locale.ROOT, "%.1f", micros / 1e3);
  }

  private String scores(double tolerance) {
    if (then.getResponse().getDegradedCount() > 0) {
      return "degraded then: " + then.getResponse().getDegraded(0);
    }
    double difference = difference();
    if (Double.isNaN(difference)) {
      return NOTHING;
    }
    return agrees(tolerance)
        ? "agree"
        : Double.isInfinite(difference)
            ? "differ in number"
            : String.format(Locale.ROOT, "differ by %.6f", difference);
  }
}
