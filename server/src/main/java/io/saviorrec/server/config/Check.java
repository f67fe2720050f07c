package io.saviorrec.server.config;

import java.time.Duration;

/// The checks of the configuration records; each names the key and the value it refuses.
final class Check {
  private Check() {}

  static void range(String key, long value, long min, long max) {
    if (value < min || value > max) {
      throw new IllegalArgumentException(
          key + " must be in [" + min + ", " + max + "] but was " + value);
    }
  }

  static void range(String key, Duration value, Duration min, Duration max) {
    if (value.compareTo(min) < 0 || value.compareTo(max) > 0) {
      throw new IllegalArgumentException(
          key
              + " must be between "
              + Durations.format(min)
              + " and "
              + Durations.format(max)
              + " but was "
              + Durations.format(value));
    }
  }

  static void notBlank(String key, String value) {
    if (value.isBlank()) {
      throw new IllegalArgumentException(key + " must not be blank");
    }
  }
}
