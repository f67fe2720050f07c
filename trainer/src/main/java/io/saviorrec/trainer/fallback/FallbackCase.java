package io.saviorrec.trainer.fallback;

import io.saviorrec.bundle.Manifest;
import io.saviorrec.proto.v1.ScoreSource;
import java.util.List;
import java.util.Locale;

/// A step of the fallback, for candidates that have a `pctr_base` or for such as have none: each
/// has a shift of its own.
public record FallbackCase(ScoreSource step, boolean hasBase) {
  /// Every case, from the step that knows least.
  public static final List<FallbackCase> ALL =
      List.of(
          new FallbackCase(ScoreSource.UNKNOWN_ITEM, true),
          new FallbackCase(ScoreSource.UNKNOWN_ITEM, false),
          new FallbackCase(ScoreSource.SHARED_CATEGORY, true),
          new FallbackCase(ScoreSource.SHARED_CATEGORY, false),
          new FallbackCase(ScoreSource.SHARED_CODES, true),
          new FallbackCase(ScoreSource.SHARED_CODES, false));

  /// What it is called in metrics and tables.
  public String label() {
    return step.name().toLowerCase(Locale.ROOT) + (hasBase ? "" : "_without_base");
  }

  /// The shift that a manifest has for it.
  public double shift(Manifest.Fallback fallback) {
    return fallback.shift(step, hasBase);
  }
}
