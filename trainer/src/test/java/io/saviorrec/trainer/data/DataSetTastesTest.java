package io.saviorrec.trainer.data;

import static io.saviorrec.trainer.data.SmallData.DAY;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.saviorrec.bundle.FloatRows;
import io.saviorrec.trainer.data.log.TasteBuilder;
import io.saviorrec.trainer.data.log.TasteRule;
import io.saviorrec.trainer.data.log.Tastes;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DataSetTastesTest {
  private static final int ITEMS = 6;
  private static final int WIDTH = 3;
  private static final TasteRule RULE = new TasteRule(7, 0.30000000000000004);

  @TempDir Path folder;

  private record Shown(long user, int item, long time, int clicked, @Nullable Double pctr) {}

  /// Page views of five users on six days; a third of the impressions has no pctr_base.
  private static List<Shown> log(Random random) {
    List<Shown> log = new ArrayList<>();
    for (int page = 0; page < 200; page++) {
      long user = random.nextInt(5) - 2L;
      long time = random.nextLong(6 * DAY);
      int first = random.nextInt(ITEMS);
      for (int i = random.nextInt(5); i >= 0; i--) {
        log.add(
            new Shown(
                user,
                (first + i) % ITEMS,
                time,
                random.nextInt(2),
                random.nextInt(3) == 0 ? null : random.nextInt(100) / 100.0));
      }
    }
    return log;
  }

  private static float[] z(Random random) {
    float[] z = new float[ITEMS * WIDTH];
    for (int i = 0; i < z.length; i++) {
      z[i] = (float) random.nextGaussian();
    }
    return z;
  }

  private DataSet open(List<Shown> log) {
    SmallData small =
        SmallData.in(folder, "user_id,item_id,timestamp,clicked,pctr_base")
            .items(10, 11, 12, 13, 14, 15);
    for (Shown each : log) {
      small.row(
          "%d,%d,%d,%d,%s"
              .formatted(
                  each.user,
                  10 + each.item,
                  each.time,
                  each.clicked,
                  each.pctr == null ? "" : each.pctr));
    }
    return small.cuts(3 * DAY, 4 * DAY).open();
  }

  /// The definition, straight: each impression of an earlier day counts half for every seven of
  /// later page views.
  private static double[] plain(List<Shown> log, float[] z, long user, long day) {
    List<Shown> earlier =
        log.stream().filter(each -> each.user == user && each.time < day * DAY).toList();
    double[] taste = new double[WIDTH];
    for (Shown each : earlier) {
      long later = earlier.stream().filter(other -> other.time > each.time).count();
      double weight = Math.pow(0.5, later / 7.0) * (each.clicked - expected(log, each));
      for (int d = 0; d < WIDTH; d++) {
        taste[d] += weight * z[each.item * WIDTH + d];
      }
    }
    return taste;
  }

  private static double expected(List<Shown> log, Shown shown) {
    if (shown.pctr != null) {
      return shown.pctr;
    }
    List<Shown> earlier =
        log.stream()
            .filter(each -> each.item == shown.item && each.time / DAY < shown.time / DAY)
            .toList();
    int clicks = earlier.stream().mapToInt(Shown::clicked).sum();
    return (clicks + 0.3 * 20) / (earlier.size() + 20);
  }

  private static void requireEqual(Tastes tastes, List<Shown> log, float[] z) {
    for (long user = -3; user < 4; user++) {
      for (int day = 0; day < 8; day++) {
        float[] actual = new float[WIDTH + 1];
        tastes.at(user, day, actual, 1);
        double[] expected = plain(log, z, user, day);
        for (int d = 0; d < WIDTH; d++) {
          assertThat((double) actual[d + 1])
              .as("user %d, day %d", user, day)
              .isCloseTo(expected[d], within(1e-5));
        }
      }
    }
  }

  @Test
  void aProfileIsTheDecayedSumOfResidualsOfEarlierDays() {
    Random random = new Random(1);
    List<Shown> log = log(random);
    float[] z = z(random);
    try (DataSet data = open(log)) {
      Tastes tastes = data.tastes(FloatRows.of(z, WIDTH), RULE);
      assertThat(tastes.width()).isEqualTo(WIDTH);
      requireEqual(tastes, log, z);
      assertThat(tastes.users()).containsExactly(-2, -1, 0, 1, 2);
      assertThat(tastes.usersBefore(0)).isEmpty();
      long[] first =
          log.stream()
              .filter(each -> each.time < DAY)
              .mapToLong(Shown::user)
              .sorted()
              .distinct()
              .toArray();
      assertThat(tastes.usersBefore(1)).containsExactly(first);
    }
  }

  @Test
  void profilesThatAreContinuedAreThoseOfTheWholeLog() {
    Random random = new Random(2);
    List<Shown> log = log(random);
    float[] z = z(random);
    try (DataSet data = open(log)) {
      Tastes whole = data.tastes(FloatRows.of(z, WIDTH), RULE);
      // In the middle of a day.
      long until = 3 * DAY + DAY / 3;
      Tastes before;
      try (DataSet half = open(log.stream().filter(each -> each.time < until).toList())) {
        before = half.tastes(FloatRows.of(z, WIDTH), RULE);
      }
      Tastes continued =
          data.tastes(FloatRows.of(z, WIDTH), RULE, until, (user, out) -> before.last(user, out));
      for (long user : whole.users()) {
        float[] expected = new float[WIDTH];
        float[] actual = new float[WIDTH];
        whole.last(user, expected);
        continued.last(user, actual);
        assertThat(actual).containsExactly(expected, within(1e-5f));
      }
    }
  }

  @Test
  void theSameLogGivesTheSameBits() {
    Random random = new Random(3);
    List<Shown> log = log(random);
    float[] z = z(random);
    float[] first = new float[WIDTH];
    float[] second = new float[WIDTH];
    try (DataSet data = open(log)) {
      Tastes once = data.tastes(FloatRows.of(z, WIDTH), RULE);
      Tastes again = data.tastes(FloatRows.of(z, WIDTH), RULE, 0, TasteBuilder.Start.NOTHING);
      for (long user : once.users()) {
        once.last(user, first);
        again.last(user, second);
        assertThat(Arrays.equals(first, second)).isTrue();
      }
    }
  }
}
