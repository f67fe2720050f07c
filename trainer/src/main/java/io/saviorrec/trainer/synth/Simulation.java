package io.saviorrec.trainer.synth;

import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;
import java.util.SplittableRandom;

/// The shop's life day by day: users come, see pages and click.
final class Simulation {
  /// Relative traffic of the hours of a day.
  private static final double[] HOURS = {
    2, 1, 1, 1, 1, 2, 3, 4, 5, 5, 5, 6, 7, 6, 5, 5, 6, 7, 9, 11, 12, 11, 8, 4
  };

  private static final double USUAL_DEVICE = .85;

  private final WorldSize size;
  private final Catalogue items;
  private final Population users;
  private final Exposure exposure;
  private final ProductionModel productionModel;
  private final SplittableRandom visits;
  private final SplittableRandom clicks;
  private final ClickLog log;
  private final int[] page = new int[SynthPreset.PAGE_SIZE];
  private final double[] hours = HOURS.clone();

  Simulation(WorldSize size, Catalogue items, Population users, RandomStreams streams) {
    this.size = size;
    this.items = items;
    this.users = users;
    exposure = new Exposure(items, users.size, streams);
    productionModel =
        new ProductionModel(items, users.size, size.pagesPerDay() * SynthPreset.PAGE_SIZE, streams);
    visits = streams.of("visits");
    clicks = streams.of("clicks");
    log = new ClickLog(size.impressions());
    Arrays.parallelPrefix(hours, Double::sum);
  }

  ClickLog log() {
    return log;
  }

  void runDay(int day) {
    if (day > 0) {
      users.driftOneDay();
    }
    exposure.startDay(day);
    int from = log.size();
    for (long visit : visitsOfDay()) {
      showPage((int) (visit % users.size), SynthPreset.dayStart(day) + visit / users.size);
    }
    productionModel.endDay(log, from, log.size());
  }

  /// A day's visits in time order, each as second · users + user; no user comes twice in a second.
  private long[] visitsOfDay() {
    Set<Long> drawn = new HashSet<>();
    while (drawn.size() < size.pagesPerDay()) {
      int user = RandomStreams.pick(visits, users.activity, users.size);
      int hour = RandomStreams.pick(visits, hours, hours.length);
      long second = hour * 3_600L + visits.nextInt(3_600);
      drawn.add(second * users.size + user);
    }
    return drawn.stream().mapToLong(Long::longValue).sorted().toArray();
  }

  private void showPage(int user, long time) {
    exposure.fillPage(user, time, page);
    int device =
        visits.nextDouble() < USUAL_DEVICE
            ? users.usualDevice[user]
            : visits.nextInt(Population.DEVICES.length);
    for (int item : page) {
      double affinity = users.affinity(user, items, item);
      int row = log.next();
      log.user[row] = user;
      log.item[row] = item;
      log.time[row] = time;
      log.device[row] = (byte) device;
      log.probability[row] = Rates.sigmoid(users.clickLogit(user, affinity, device));
      log.clicked[row] = clicks.nextDouble() < log.probability[row];
      log.pctrBase[row] = productionModel.predict(user, item, affinity, row);
      if (log.clicked[row]) {
        exposure.click(user, item);
      }
    }
  }
}
