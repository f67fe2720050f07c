package io.saviorrec.trainer.report;

import java.util.Locale;

/// How figures are written on a page.
final class Figures {
  private static final String NONE = "–";

  private Figures() {}

  static String count(long value) {
    return String.format(Locale.ROOT, "%,d", value);
  }

  static String digits(double value, int digits) {
    return Double.isFinite(value) ? String.format(Locale.ROOT, "%,." + digits + "f", value) : NONE;
  }

  /// A share in per cent.
  static String percent(double share) {
    return digits(100 * share, 2);
  }

  /// A difference of shares × 100.
  static String signed(double share) {
    if (!Double.isFinite(share)) {
      return NONE;
    }
    String text = String.format(Locale.ROOT, "%+.2f", 100 * share).replace('-', '−');
    return text.endsWith("0.00") ? "0.00" : text;
  }

  static String interval(double low, double high) {
    return Double.isFinite(low) && Double.isFinite(high)
        ? percent(low) + " to " + percent(high)
        : NONE;
  }

  static String signedInterval(double low, double high) {
    return Double.isFinite(low) && Double.isFinite(high)
        ? signed(low) + " to " + signed(high)
        : NONE;
  }

  static String p(double value) {
    return value < 0.001 ? "< .001" : digits(value, 3);
  }
}
