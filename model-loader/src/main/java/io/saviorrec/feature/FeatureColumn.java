package io.saviorrec.feature;

import java.util.List;

/// One profile or context column of a model and how its values become embedding rows.
///
/// @param name the name of the column in requests and in the log
/// @param kind what its values are
/// @param buckets rows of the shared embedding table that the column owns, row 0 being "missing"
/// @param boundaries ascending bucket boundaries of a numeric column; empty for a categorical one
public record FeatureColumn(String name, Kind kind, int buckets, List<Float> boundaries) {

  /// What the values of a column are.
  public enum Kind {
    /// Names: hashed into the column's buckets.
    CATEGORICAL,
    /// Numbers: bucketed by boundaries.
    NUMERIC
  }

  /// More rows than this in one column would be a mistake in the schema, not a feature.
  static final int MAX_BUCKETS = 1 << 24;

  public FeatureColumn {
    boundaries = List.copyOf(boundaries);
    if (name.isBlank()) {
      throw new IllegalArgumentException("A feature column needs a name");
    }
    if (buckets < 2 || buckets > MAX_BUCKETS) {
      throw new IllegalArgumentException(
          "Column '%s': buckets must be in [2, %d], was %d".formatted(name, MAX_BUCKETS, buckets));
    }
    switch (kind) {
      case CATEGORICAL -> {
        if (!boundaries.isEmpty()) {
          throw new IllegalArgumentException(
              "Column '%s' is categorical and cannot have boundaries".formatted(name));
        }
      }
      case NUMERIC -> {
        checkAscending(name, boundaries);
        if (buckets != boundaries.size() + 2) {
          throw new IllegalArgumentException(
              "Column '%s': %d boundaries need %d buckets but there were %d"
                  .formatted(name, boundaries.size(), boundaries.size() + 2, buckets));
        }
      }
    }
  }

  /// A column of names, hashed into `buckets - 1` rows beside the one for missing values.
  public static FeatureColumn categorical(String name, int buckets) {
    return new FeatureColumn(name, Kind.CATEGORICAL, buckets, List.of());
  }

  /// A column of numbers with one row for each interval between boundaries and one for missing.
  public static FeatureColumn numeric(String name, List<Float> boundaries) {
    return new FeatureColumn(name, Kind.NUMERIC, boundaries.size() + 2, boundaries);
  }

  private static void checkAscending(String name, List<Float> boundaries) {
    float previous = Float.NEGATIVE_INFINITY;
    for (float boundary : boundaries) {
      // Also false for NaN.
      if (!(boundary > previous) || Float.isInfinite(boundary)) {
        throw new IllegalArgumentException(
            "Column '%s': boundaries must be finite and ascending, were %s"
                .formatted(name, boundaries));
      }
      previous = boundary;
    }
  }
}
