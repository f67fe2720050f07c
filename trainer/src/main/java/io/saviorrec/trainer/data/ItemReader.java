package io.saviorrec.trainer.data;

import io.saviorrec.trainer.console.UserError;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// Reads the items table: checks its rows, numbers the usable ones by ascending id and finds their
/// images.
final class ItemReader {
  /// The database table of usable items: `item` (the catalogue index) and `item_id`.
  static final String TABLE = "items";

  private static final Set<String> KNOWN =
      Set.of(
          DataSetFormat.ITEM_ID, DataSetFormat.TITLE, DataSetFormat.IMAGE, DataSetFormat.CATEGORY);

  private final Database database;
  private final Path folder;
  private final Rejects rejects;

  ItemReader(Database database, Path folder, Rejects rejects) {
    this.database = database;
    this.folder = folder;
    this.rejects = rejects;
  }

  /// The usable items without their first impressions, in the order of their ids.
  List<Item> read() {
    TableFile file =
        TableFile.require(database, folder, DataSetFormat.ITEMS, TableFile.Typing.TEXT);
    database.execute(checkedTable(file));
    rejects.addFrom(DataSetFormat.ITEMS, "items_checked", file);
    database.execute(
        """
        CREATE OR REPLACE TABLE items AS
        SELECT CAST(row_number() OVER (ORDER BY item_id) - 1 AS INTEGER) AS item, item_id
        FROM items_checked WHERE reason IS NULL ORDER BY item_id""");
    List<Item> items = new ArrayList<>();
    Images images = new Images();
    database.query(
        """
        SELECT item_id, title, category, further, image, row_number
        FROM items_checked WHERE reason IS NULL ORDER BY item_id""",
        row ->
            items.add(
                new Item(
                    row.getLong(1),
                    orEmpty(row.getString(2)),
                    orEmpty(row.getString(3)),
                    orEmpty(row.getString(4)),
                    images.find(row.getString(5), row.getLong(6)))));
    images.report(file);
    database.execute("DROP TABLE items_checked");
    database.execute("DROP TABLE " + file.rawTable());
    if (items.isEmpty()) {
      throw new UserError(file.path() + ": no usable item" + rejects.firstOf(DataSetFormat.ITEMS));
    }
    return items;
  }

  private static String checkedTable(TableFile file) {
    Column id = file.require(DataSetFormat.ITEM_ID);
    String further = file.others(KNOWN).stream().map(Sql::string).collect(Collectors.joining(", "));
    return """
        CREATE OR REPLACE TABLE items_checked AS
        SELECT *,
          CASE
            WHEN no_id THEN 'item_id is missing'
            WHEN item_id IS NULL THEN 'item_id is not a whole number of 64 bits'
            WHEN item_id = -9223372036854775808 THEN 'item_id is reserved for unknown items'
            WHEN row_number() OVER (PARTITION BY item_id ORDER BY row_number) > 1
              THEN 'item_id occurs again; its first row is used'
          END AS reason
        FROM (
          SELECT rowid AS row_number, %s IS NULL AS no_id, %s AS item_id,
            %s AS title, %s AS category, %s AS image, %s AS further
          FROM %s)"""
        .formatted(
            Sql.string(id),
            Sql.wholeNumber(id),
            Sql.verbatim(file.require(DataSetFormat.TITLE)),
            Sql.verbatim(file.require(DataSetFormat.CATEGORY)),
            Sql.string(file.require(DataSetFormat.IMAGE)),
            further.isEmpty() ? "NULL" : "concat_ws(' ', " + further + ")",
            file.rawTable());
  }

  private static String orEmpty(@Nullable String text) {
    return text == null ? "" : text;
  }

  /// A usable row of the table; an absent text is empty.
  record Item(long id, String title, String category, String text, @Nullable Path image) {}

  /// Finds image files and counts those that cannot be used; their items stay, without an image.
  private final class Images {
    private final Map<String, long[]> problems = new LinkedHashMap<>();

    @Nullable Path find(@Nullable String image, long rowNumber) {
      if (image == null) {
        return null;
      }
      Path path;
      try {
        path = folder.resolve(image).normalize();
      } catch (InvalidPathException e) {
        return problem("its image is not a path; kept without image", rowNumber);
      }
      if (!path.startsWith(folder)) {
        return problem("its image lies outside the data set; kept without image", rowNumber);
      }
      if (!Files.isRegularFile(path)) {
        return problem("its image file does not exist; kept without image", rowNumber);
      }
      return PictureFile.isPicture(path)
          ? path
          : problem("its image file is no readable JPEG or PNG; kept without image", rowNumber);
    }

    private @Nullable Path problem(String reason, long rowNumber) {
      long[] countAndFirst = problems.computeIfAbsent(reason, r -> new long[] {0, Long.MAX_VALUE});
      countAndFirst[0]++;
      countAndFirst[1] = Math.min(countAndFirst[1], rowNumber);
      return null;
    }

    void report(TableFile file) {
      problems.forEach(
          (reason, countAndFirst) ->
              rejects.add(
                  DataSetFormat.ITEMS,
                  reason,
                  countAndFirst[0],
                  rejects.sample(file, countAndFirst[1])));
    }
  }
}
