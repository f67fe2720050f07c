package io.saviorrec.trainer.evaluate;

import com.fasterxml.jackson.annotation.JsonProperty;
import io.saviorrec.bundle.FloatRows;
import io.saviorrec.trainer.data.DataSet;
import io.saviorrec.trainer.data.log.ItemCatalogue;
import io.saviorrec.trainer.data.prepare.TrueContent;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/// How much of what generated items truly show a linear map of a bundle's z tells.
///
/// @param zDim width of z
/// @param effectiveRank directions that z uses, see [LinearProbe#effectiveRank]
/// @param heldOut of items shown before the period: fitted on four fifths, measured on the rest;
///   null where the truth is unknown or the items are too few
/// @param newItems of items first shown in the period, fitted on all items shown before; null
///   likewise
public record LatentProbes(
    @JsonProperty("z_dim") int zDim,
    @JsonProperty("effective_rank") double effectiveRank,
    @JsonProperty("held_out") @Nullable Figures heldOut,
    @JsonProperty("new_items") @Nullable Figures newItems) {
  /// With fewer a figure says nothing.
  private static final int FEWEST_MEASURED = 30;

  /// Of the items that a probe is fitted on, for each column of z.
  private static final int FEWEST_FITTED_PER_COLUMN = 3;

  private static final int HELD_OUT_PART = 5;

  private static final int MOST_FOR_RANK = 50_000;

  /// Figures on some items.
  ///
  /// @param items items measured on
  /// @param category share of the items whose category is found
  /// @param theme share of the items whose theme is found
  /// @param style R² of each dimension of style
  /// @param visibleAppeal R²
  public record Figures(
      int items,
      double category,
      double theme,
      List<Double> style,
      @JsonProperty("visible_appeal") double visibleAppeal) {}

  /// Probes of z on the items before a period and in it.
  ///
  /// @param items of the data set's catalogue, as a bundle sees them
  public static LatentProbes of(BundleItems items, DataSet data, Split split) {
    FloatRows z = items.z();
    TrueContent truth = data.trueContent().orElse(null);
    // Probes want every item of a generated catalogue; the rank of another needs no more than some.
    int rows = truth == null ? Math.min(z.rows(), MOST_FOR_RANK) : z.rows();
    return of(evenly(z, rows), z.width(), truth, data.items(), split.from(data.cuts()));
  }

  /// So many rows, evenly drawn.
  private static float[] evenly(FloatRows z, int count) {
    float[] some = new float[Math.multiplyExact(count, z.width())];
    for (int i = 0; i < count; i++) {
      z.copy((int) ((long) i * z.rows() / count), some, i * z.width());
    }
    return some;
  }

  /// @param from the period's first second
  static LatentProbes of(
      float[] z, int zDim, @Nullable TrueContent truth, ItemCatalogue items, long from) {
    double rank = LinearProbe.effectiveRank(z, zDim);
    if (truth == null) {
      return new LatentProbes(zDim, rank, null, null);
    }
    int[] known =
        IntStream.range(0, items.size()).filter(i -> items.firstImpression(i) < from).toArray();
    int[] unseen =
        IntStream.range(0, items.size())
            .filter(i -> items.firstImpression(i) >= from)
            .filter(i -> items.firstImpression(i) < Long.MAX_VALUE)
            .toArray();
    int[] shuffled = shuffled(known);
    int cut = known.length / HELD_OUT_PART;
    int[] held = Arrays.copyOf(shuffled, cut);
    int[] rest = Arrays.copyOfRange(shuffled, cut, shuffled.length);
    return new LatentProbes(
        zDim, rank, figures(z, zDim, truth, rest, held), figures(z, zDim, truth, known, unseen));
  }

  /// In an order that is random and always the same.
  private static int[] shuffled(int[] items) {
    SplittableRandom random = new SplittableRandom(1);
    int[] shuffled = items.clone();
    for (int i = shuffled.length - 1; i > 0; i--) {
      int other = random.nextInt(i + 1);
      int item = shuffled[i];
      shuffled[i] = shuffled[other];
      shuffled[other] = item;
    }
    return shuffled;
  }

  private static @Nullable Figures figures(
      float[] z, int zDim, TrueContent truth, int[] fitted, int[] measured) {
    if (measured.length < FEWEST_MEASURED || fitted.length < FEWEST_FITTED_PER_COLUMN * zDim) {
      return null;
    }
    try (LinearProbe probe = new LinearProbe(z, zDim, fitted, measured)) {
      List<Double> style =
          IntStream.range(0, TrueContent.STYLES)
              .mapToObj(dimension -> probe.rSquared(column(truth.style(), dimension)))
              .toList();
      return new Figures(
          measured.length,
          probe.accuracy(truth.category()),
          probe.accuracy(truth.theme()),
          style,
          probe.rSquared(truth.visibleAppeal()));
    }
  }

  private static float[] column(float[][] rows, int column) {
    float[] values = new float[rows.length];
    for (int i = 0; i < values.length; i++) {
      values[i] = rows[i][column];
    }
    return values;
  }
}
