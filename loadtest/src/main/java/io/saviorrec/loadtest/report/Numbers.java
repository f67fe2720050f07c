package io.saviorrec.loadtest.report;

import java.util.Locale;

/// How numbers are written for readers.
final class Numbers {
  private static final String NONE = "-";

  private Numbers() {}

  static String count(long value) {
    return String.format(Locale.ROOT, "%,d", value);
  }

  static String rate(double perSecond) {
    return format(perSecond, perSecond < 100 ? 1 : 0);
  }

  static String millis(double value) {
    return format(value, value < 10 ? 2 : value < 1000 ? 1 : 0);
  }

  static String percent(double share) {
    double percent = 100 * share;
    return percent == 0 ? "0 %" : format(percent, percent < 1 ? 3 : 2) + " %";
  }

  static String ratio(double value) {
    return format(value, 3);
  }

  static String format(double value, int digits) {
    return Double.isFinite(value) ? String.format(Locale.ROOT, "%,." + digits + "f", value) : NONE;
  }
}
