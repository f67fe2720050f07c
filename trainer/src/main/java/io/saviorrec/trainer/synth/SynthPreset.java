package io.saviorrec.trainer.synth;

import io.saviorrec.trainer.data.log.Day;
import java.util.Locale;

/// The size of a generated world; everything else about it is the same in all presets.
public enum SynthPreset {
  TINY(300, 120, 25),
  SMALL(4_000, 1_500, 2_050),
  MEDIUM(8_000, 3_000, 4_100);

  /// Days of the log; the first ones warm up counters, the last ones are for validation and test.
  static final int DAYS = 24;

  static final int WARMUP_DAYS = 6;
  static final int VALIDATION_DAYS = 1;
  static final int TEST_DAYS = 3;

  static final int PAGE_SIZE = 10;

  /// Monday 2024-03-04 00:00:00 UTC.
  static final long START = 1_709_510_400L;

  private final int items;
  private final int users;
  private final int pagesPerDay;

  SynthPreset(int items, int users, int pagesPerDay) {
    this.items = items;
    this.users = users;
    this.pagesPerDay = pagesPerDay;
  }

  public WorldSize size() {
    return new WorldSize(name().toLowerCase(Locale.ROOT), items, users, pagesPerDay);
  }

  static long dayStart(int day) {
    return START + day * Day.SECONDS;
  }

  static int dayOf(long time) {
    return (int) ((time - START) / Day.SECONDS);
  }

  static long warmupUntil() {
    return dayStart(WARMUP_DAYS);
  }

  static long validationFrom() {
    return dayStart(DAYS - TEST_DAYS - VALIDATION_DAYS);
  }

  static long testFrom() {
    return dayStart(DAYS - TEST_DAYS);
  }
}
