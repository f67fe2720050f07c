package io.saviorrec.trainer.data.prepare;

import io.saviorrec.feature.FeatureColumn;
import io.saviorrec.feature.FeatureSchema;
import io.saviorrec.trainer.data.log.ItemCatalogue;
import io.saviorrec.trainer.data.table.CheckedImpressions;
import io.saviorrec.trainer.data.table.Column;
import io.saviorrec.trainer.data.table.Database;
import io.saviorrec.trainer.data.table.FeatureTable;
import io.saviorrec.trainer.data.table.Sql;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/// Chooses buckets and boundaries of feature columns by their values in the training period.
public final class FeatureSizing {
  private static final int MAX_BOUNDARIES = 15;
  private static final int MOST_VALUES = 1 << 20;
  private static final int MIN_BUCKETS = 4;
  private static final int MAX_BUCKETS = 65_536;

  private FeatureSizing() {}

  /// Feature columns, sized by their values before the given second.
  public static FeatureSchema schema(
      Database database, CheckedImpressions tables, ItemCatalogue items, long validationFrom) {
    return new FeatureSchema(
        columns(
            tables.profile(),
            database,
            Sql.format(
                "(SELECT * FROM users WHERE user_id IN (SELECT user_id FROM impressions WHERE ts < %d))",
                validationFrom),
            "user_id"),
        columns(
            tables.context(),
            database,
            Sql.format("(SELECT * FROM impressions WHERE ts < %d)", validationFrom),
            "row_number"),
        itemColumns(items, validationFrom),
        FeatureSchema.ITEM_STATS);
  }

  /// The category, sized by the items that were shown in the training period; nothing when they
  /// have none.
  private static List<FeatureColumn> itemColumns(ItemCatalogue items, long validationFrom) {
    long names =
        IntStream.range(0, items.size())
            .filter(i -> items.firstImpression(i) < validationFrom)
            .mapToObj(items::category)
            .filter(category -> !category.isEmpty())
            .distinct()
            .count();
    return names == 0
        ? List.of()
        : List.of(FeatureColumn.categorical(FeatureSchema.CATEGORY, buckets(names)));
  }

  /// @param key a column of the rows that few of them share
  private static List<FeatureColumn> columns(
      FeatureTable table, Database database, String rows, String key) {
    List<FeatureColumn> schema = new ArrayList<>();
    for (int c = 0; c < table.width(); c++) {
      Column column = table.columns().get(c);
      schema.add(
          column.isNumber()
              ? FeatureColumn.numeric(
                  column.name(), boundaries(database, rows, key, table.nameOf(c)))
              : FeatureColumn.categorical(column.name(), buckets(database, rows, table.nameOf(c))));
    }
    return schema;
  }

  private static int buckets(Database database, String rows, String value) {
    return buckets(database.number(Sql.format("SELECT count(DISTINCT %s) FROM %s", value, rows)));
  }

  /// A power of two of at least four times the distinct names, so that few of them collide.
  private static int buckets(long names) {
    long wanted = 4 * names;
    int buckets = MIN_BUCKETS;
    while (buckets < wanted && buckets < MAX_BUCKETS) {
      buckets *= 2;
    }
    return buckets;
  }

  /// Up to 15 quantiles, which cut the values into intervals of about the same weight; of an even
  /// share of very many rows, because the database keeps the values in memory.
  private static List<Float> boundaries(Database database, String rows, String key, String value) {
    long count = database.number(Sql.format("SELECT count(%s) FROM %s", value, rows));
    long parts = Math.max(1, (count + MOST_VALUES - 1) / MOST_VALUES);
    StringBuilder quantiles = new StringBuilder("0.0");
    for (int q = 1; q <= MAX_BOUNDARIES; q++) {
      quantiles.append(", ").append(q / (MAX_BOUNDARIES + 1.0));
    }
    List<Float> boundaries = new ArrayList<>();
    float[] last = {Float.NaN};
    database.query(
        Sql.format(
            "SELECT unnest(quantile_disc(%s, [%s])) FROM %s WHERE %1$s IS NOT NULL AND hash(%s) %% %d = 0",
            value, quantiles, rows, key, parts),
        row -> {
          float quantile = (float) row.getDouble(1);
          // The first is the minimum, which would cut off nothing.
          if (quantile > last[0] && Float.isFinite(quantile)) {
            boundaries.add(quantile);
          }
          last[0] = quantile;
        });
    return boundaries;
  }
}
