package io.saviorrec.trainer.experiment;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.saviorrec.trainer.console.UserError;
import io.saviorrec.trainer.exposures.ShownLog;
import io.saviorrec.trainer.exposures.TestLog;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AbReportTest {
  private static final List<Metric> ALL = List.of(Metric.values());

  @TempDir private Path folder;

  @Test
  void countsWhatHappenedInEachBucket() throws IOException {
    ShownLog log =
        new TestLog(folder)
            .add(TestLog.row("a", 1, 1, "control", 10, 11), 10)
            .add(TestLog.row("b", 2, 1, "control", 10, 11))
            .add(TestLog.row("c", 3, 2, "control", 10, 11))
            .add(TestLog.row("d", 4, 3, "new", 10, 11), 10, 11)
            .add(TestLog.row("e", 5, 0, "new", 10, 11))
            .add(TestLog.row("f", 6, 0, "new", 10, 11), 11)
            .add(TestLog.row("g", 7, 9, "", 10))
            .write();
    AbReport report = AbReport.of(log, null, ALL, Map.of("control", 1.0, "new", 1.0));

    assertThat(report.control()).isEqualTo("control");
    AbReport.Bucket control = report.buckets().getFirst();
    AbReport.Bucket other = report.buckets().getLast();
    assertThat(control.users()).isEqualTo(2);
    assertThat(control.values())
        .containsEntry(Metric.CTR, 1 / 6.0)
        .containsEntry(Metric.CLICKS_PER_USER, 0.5)
        .containsEntry(Metric.CLICKED_VIEWS, 1 / 3.0);
    assertThat(control.lifts()).isEmpty();
    // Requests of nobody who is known are users of their own.
    assertThat(other.users()).isEqualTo(3);
    assertThat(other.values())
        .containsEntry(Metric.CTR, 0.5)
        .containsEntry(Metric.CLICKS_PER_VIEW, 1.0)
        .containsEntry(Metric.CLICKED_VIEWS, 2 / 3.0);
    assertThat(Objects.requireNonNull(other.lifts().get(Metric.CTR)).lift())
        .isCloseTo(2, within(1e-9));
    assertThat(report.warnings())
        .contains("1 requests that no bucket decided are left out.")
        .anyMatch(each -> each.startsWith("Bucket new has 3 users; with fewer than 100"));
  }

  /// Users differ, and so their clicks are no independent draws: what a test of clicks would take
  /// for certain is chance.
  @Test
  void theIntervalOfTwoArmsAlikeCoversZeroNineteenTimesInTwenty() {
    Map<Metric, Integer> covered = new EnumMap<>(Metric.class);
    int naive = 0;
    int experiments = 400;
    for (int seed = 0; seed < experiments; seed++) {
      SplittableRandom random = new SplittableRandom(seed);
      List<Activity> control = users(random, 400, 1);
      List<Activity> treatment = users(random, 400, 1);
      for (Metric metric : Metric.values()) {
        covered.merge(metric, lift(metric, control, treatment).coversZero() ? 1 : 0, Integer::sum);
      }
      naive += naiveCoversZero(control, treatment) ? 1 : 0;
    }

    // Four standard deviations are 4.4 %.
    covered.forEach(
        (metric, count) ->
            assertThat(count / (double) experiments).as("%s", metric).isBetween(0.906, 0.994));
    assertThat(naive / (double) experiments).isLessThan(0.85);
  }

  @Test
  void aLiftThatIsThereIsFound() {
    int found = 0;
    double sum = 0;
    for (int seed = 0; seed < 50; seed++) {
      SplittableRandom random = new SplittableRandom(seed);
      Lift lift = lift(Metric.CTR, users(random, 2000, 1), users(random, 2000, 1.2));
      found += lift.low() > 0 ? 1 : 0;
      sum += lift.lift();
    }

    assertThat(found).isGreaterThan(40);
    assertThat(sum / 50).isCloseTo(0.2, within(0.03));
  }

  @Test
  void theIntervalIsThatOfABootstrapOverUsers() {
    for (Metric metric : Metric.values()) {
      SplittableRandom random = new SplittableRandom(5);
      List<Activity> control = users(random, 800, 1);
      List<Activity> treatment = users(random, 800, 1.1);
      Lift lift = lift(metric, control, treatment);
      double[] lifts = new double[2000];
      for (int i = 0; i < lifts.length; i++) {
        lifts[i] = value(metric, again(control, random), again(treatment, random));
      }
      Arrays.sort(lifts);

      double width = lift.high() - lift.low();
      assertThat(lift.low()).as("%s", metric).isCloseTo(lifts[50], within(0.08 * width));
      assertThat(lift.high()).as("%s", metric).isCloseTo(lifts[1949], within(0.08 * width));
    }
  }

  @Test
  void bucketsThatDoNotFitTheirWeightsAreAMismatch() {
    TreeMap<String, Integer> users = new TreeMap<>(Map.of("control", 5000, "new", 5000));

    assertThat(SampleRatio.of(users, Map.of("control", 1.0, "new", 1.0)).suspect()).isFalse();
    users.put("new", 4700);
    assertThat(SampleRatio.of(users, Map.of("control", 50.0, "new", 50.0)))
        .satisfies(ratio -> assertThat(ratio.suspect()).isFalse())
        .satisfies(ratio -> assertThat(ratio.pValue()).isCloseTo(0.00232, within(1e-5)));
    users.put("new", 4600);
    assertThat(SampleRatio.of(users, Map.of("control", 50.0, "new", 50.0)).suspect()).isTrue();
    // A bucket that nobody met counts too.
    assertThat(SampleRatio.of(users, Map.of("control", 1.0, "new", 1.0, "third", 1.0)).suspect())
        .isTrue();
    users.put("old", 700);
    // Users of a bucket of weight 0 are left out.
    SampleRatio without = SampleRatio.of(users, Map.of("control", 1.0, "new", 1.0, "old", 0.0));
    assertThat(without.unweighted()).isEqualTo(700);
    assertThat(without.expected()).isEqualTo(Map.of("control", 4800.0, "new", 4800.0));
    users.remove("old");
    assertThatThrownBy(() -> SampleRatio.of(users, Map.of("control", 1.0)))
        .isInstanceOf(UserError.class)
        .hasMessage("--split names [control] but the log has the buckets [control, new]");
  }

  @Test
  void whatCannotBeReadOutIsSaid() throws IOException {
    ShownLog log = new TestLog(folder).add(TestLog.row("a", 1, 1, "old", 10), 10).write();

    assertThatThrownBy(() -> AbReport.of(log, null, ALL, Map.of()))
        .isInstanceOf(UserError.class)
        .hasMessage("name the control by --control; the log has [old]");
    assertThatThrownBy(() -> AbReport.of(log, "new", ALL, Map.of()))
        .hasMessage("no bucket \"new\"; the log has [old]");
    ShownLog without =
        new TestLog(folder.resolve("2")).add(TestLog.row("a", 1, 1, "", 10), 10).write();
    assertThatThrownBy(() -> AbReport.of(without, null, ALL, Map.of()))
        .hasMessage(
            "no bucket decided any of the 1 requests; is routing.split or routing.buckets set?");
  }

  @Test
  void aBucketWithoutClicksHasNoLift() {
    Activity idle = new Activity(1, 10, 0, 0);
    Lift lift = lift(Metric.CTR, List.of(idle, idle), List.of(idle, new Activity(1, 10, 1, 1)));

    assertThat(lift.lift()).isNaN();
    assertThat(lift.pValue()).isNaN();
  }

  private static Lift lift(Metric metric, List<Activity> control, List<Activity> treatment) {
    return Lift.of(Estimate.of(metric, control), Estimate.of(metric, treatment));
  }

  private static double value(Metric metric, List<Activity> control, List<Activity> treatment) {
    return Estimate.of(metric, treatment).value() / Estimate.of(metric, control).value() - 1;
  }

  private static boolean naiveCoversZero(List<Activity> control, List<Activity> treatment) {
    double[] rates = new double[2];
    double variance = 0;
    int arm = 0;
    for (List<Activity> users : List.of(control, treatment)) {
      long clicks = users.stream().mapToLong(Activity::clicks).sum();
      long shown = users.stream().mapToLong(Activity::impressions).sum();
      double rate = (double) clicks / shown;
      rates[arm++] = rate;
      variance += rate * (1 - rate) / shown;
    }
    return Math.abs(rates[0] - rates[1]) <= 1.96 * Math.sqrt(variance);
  }

  /// Users who differ in how often they come and in how readily they click, and of whom the busy
  /// ones click less.
  private static List<Activity> users(SplittableRandom random, int count, double lift) {
    List<Activity> users = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      int views = 1 + (int) (-4 * Math.log(1 - random.nextDouble()));
      double rate = lift * 0.4 * random.nextDouble() * random.nextDouble() / Math.sqrt(views);
      Activity all = Activity.NONE;
      for (int view = 0; view < views; view++) {
        int clicks = 0;
        for (int item = 0; item < 5; item++) {
          clicks += random.nextDouble() < rate ? 1 : 0;
        }
        all = all.plus(new Activity(1, 5, clicks, clicks > 0 ? 1 : 0));
      }
      users.add(all);
    }
    return users;
  }

  private static List<Activity> again(List<Activity> users, SplittableRandom random) {
    List<Activity> drawn = new ArrayList<>();
    for (int i = 0; i < users.size(); i++) {
      drawn.add(users.get(random.nextInt(users.size())));
    }
    return drawn;
  }
}
