package io.saviorrec.config;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// The checks of one settings record, made in its constructor. Keys are the record's own; where the
/// record lies in the whole is known to [Settings] alone.
public final class Check {
  private final List<InvalidSettingsException.Problem> problems = new ArrayList<>();

  private Check() {}

  /// Makes all the checks.
  ///
  /// @throws InvalidSettingsException with every check that failed
  public static void all(Consumer<Check> checks) {
    Check check = new Check();
    checks.accept(check);
    if (!check.problems.isEmpty()) {
      throw new InvalidSettingsException(check.problems);
    }
  }

  /// Both ends are allowed.
  public Check range(String key, long value, long min, long max) {
    return that(value >= min && value <= max, key, "be in [" + min + ", " + max + "]", value);
  }

  /// Both ends are allowed; NaN is not.
  public Check range(String key, double value, double min, double max) {
    return that(
        value >= min && value <= max, key, "be in [" + plain(min) + ", " + plain(max) + "]", value);
  }

  /// Both ends are allowed.
  public Check range(String key, Duration value, Duration min, Duration max) {
    return that(
        value.compareTo(min) >= 0 && value.compareTo(max) <= 0,
        key,
        "be in [" + Durations.format(min) + ", " + Durations.format(max) + "]",
        value);
  }

  public Check atLeast(String key, long value, long min) {
    return that(value >= min, key, "be at least " + min, value);
  }

  /// Above 0 and finite.
  public Check positive(String key, double value) {
    return that(value > 0 && value < Double.POSITIVE_INFINITY, key, "be above 0 and finite", value);
  }

  /// A share of which something must be left: 0 is allowed, 1 is not.
  public Check partialShare(String key, double value) {
    return that(value >= 0 && value < 1, key, "be in [0, 1)", value);
  }

  public Check notBlank(String key, @Nullable String value) {
    return that(value == null || !value.isBlank(), key, "not be blank", String.valueOf(value));
  }

  /// Any other check: `key` must `must`, for instance "divide width 64".
  public Check that(boolean holds, String key, String must, Object was) {
    if (!holds) {
      problems.add(
          new InvalidSettingsException.Problem(key, "must " + must + ", was " + shown(was)));
    }
    return this;
  }

  private static String shown(Object value) {
    return switch (value) {
      case Double number -> plain(number);
      case Duration duration -> Durations.format(duration);
      case String text -> '"' + text + '"';
      default -> value.toString();
    };
  }

  private static String plain(double value) {
    return value == Math.rint(value) && Math.abs(value) < 1e15
        ? Long.toString((long) value)
        : Double.toString(value);
  }
}
