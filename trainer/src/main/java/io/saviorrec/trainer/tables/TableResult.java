package io.saviorrec.trainer.tables;

import io.saviorrec.trainer.metric.DeLong;
import io.saviorrec.trainer.metric.Difference;
import io.saviorrec.trainer.metric.Interval;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// A finished table: what was measured, and what statistics say of it.
///
/// @param table its name on the command line
/// @param printed what the paper calls it
/// @param data the data set's name
/// @param reference the row that the others are compared with
/// @param resamples how often users were drawn
/// @param failed what went wrong, by row and seed
/// @param missing rows that this program cannot train, with what it lacks
public record TableResult(
    String table,
    String printed,
    String title,
    PaperTable.Measure measure,
    String data,
    List<Long> seeds,
    String reference,
    int resamples,
    List<Period.Bucket> buckets,
    List<Row> rows,
    Map<String, String> failed,
    Map<String, String> missing) {

  /// A row over its seeds.
  ///
  /// @param paper the paper's figure in per cent, null where it has none
  /// @param seeds those that were finished
  /// @param metrics mean figures by name, over the seeds
  /// @param buckets of items by page views
  /// @param against null for the reference itself, and where it was not measured
  /// @param bundle of the first seed, in the experiment's folder; null without a ranker
  /// @param seconds of all its seeds
  public record Row(
      String name,
      String label,
      @Nullable Double paper,
      List<Long> seeds,
      Map<String, Mean> metrics,
      @Nullable Interval auc,
      List<BucketRow> buckets,
      @Nullable Against against,
      @Nullable String bundle,
      double seconds) {}

  /// A row on the impressions of one bucket.
  ///
  /// @param metrics mean figures by name, over the seeds
  /// @param auc with the interval that users give it
  /// @param difference to the reference; null for the reference itself
  public record BucketRow(
      String name, Map<String, Mean> metrics, Interval auc, @Nullable Difference difference) {}

  /// A row against the reference row, on the seeds that both have.
  ///
  /// @param seeds how many
  /// @param auc the mean difference over seeds, with what drawing users tells of it
  /// @param gauc the same
  /// @param bySeed the difference over seeds, each seed paired with its own
  /// @param deLong of the mean difference, impressions taken for independent
  public record Against(
      int seeds,
      @Nullable Difference auc,
      @Nullable Difference gauc,
      Mean bySeed,
      DeLong.@Nullable Result deLong) {}

  /// The row of this name; null where it has no finished cell.
  public @Nullable Row row(String name) {
    return rows.stream().filter(row -> row.name().equals(name)).findFirst().orElse(null);
  }
}
