package io.saviorrec.trainer.bench;

import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// One measured number.
///
/// @param name the column of its table
/// @param unit `ratio`, or a unit of measure
/// @param value not finite where there is none
/// @param target what it should be, null where it is only told
record Figure(String name, String unit, double value, @Nullable Target target) {

  /// What a figure should be.
  ///
  /// @param atMost whether the limit is the most, else it is the least
  record Target(double limit, boolean atMost) {
    static Target atMost(double limit) {
      return new Target(limit, true);
    }

    static Target atLeast(double limit) {
      return new Target(limit, false);
    }

    boolean met(double value) {
      return Double.isFinite(value) && (atMost ? value <= limit : value >= limit);
    }
  }

  static Figure of(String name, String unit, double value) {
    return new Figure(name, unit, value, null);
  }

  static Figure ratio(String name, double value) {
    return of(name, "ratio", value);
  }

  /// The same number with a target.
  Figure should(@Nullable Target newTarget) {
    return new Figure(name, unit, value, newTarget);
  }

  /// The heading of its column.
  String heading() {
    return unit.equals("ratio") ? name : name + ", " + unit;
  }

  /// The number, and how it stands to its target.
  String text() {
    if (!Double.isFinite(value)) {
      return "–";
    }
    if (target == null) {
      return number(value);
    }
    return "%s (%s %s: %s)"
        .formatted(
            number(value),
            target.atMost ? "≤" : "≥",
            number(target.limit),
            target.met(value) ? "met" : "missed");
  }

  /// Three digits that count.
  private static String number(double value) {
    double size = Math.abs(value);
    int decimals = size >= 100 ? 0 : size >= 10 ? 1 : size >= 1 ? 2 : size >= .01 ? 3 : 5;
    return String.format(Locale.ROOT, "%." + decimals + "f", value);
  }

  /// As JSON has it.
  Map<String, Object> fields() {
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("value", Double.isFinite(value) ? value : null);
    fields.put("unit", unit);
    if (target != null) {
      fields.put(target.atMost ? "at_most" : "at_least", target.limit);
      fields.put("met", target.met(value));
    }
    return fields;
  }
}
