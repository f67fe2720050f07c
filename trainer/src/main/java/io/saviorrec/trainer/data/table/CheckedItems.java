package io.saviorrec.trainer.data.table;

import io.saviorrec.contract.RankerContract;
import io.saviorrec.trainer.console.UserError;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// The items table with its rows checked: usable ones are numbered by ascending id, and images that
/// cannot be used are taken from their items.
///
/// Leaves the database table `items` (item, item_id, title, category, text, image), in the order of
/// the numbers in `item`; absent texts and images are null.
public final class CheckedItems {
  private static final Set<String> KNOWN =
      Set.of(
          DataSetFormat.ITEM_ID, DataSetFormat.TITLE, DataSetFormat.IMAGE, DataSetFormat.CATEGORY);

  private final Database database;
  private final Path folder;
  private final IdKind ids;
  private final @Nullable Set<String> words;
  private final Rejects rejects;

  private CheckedItems(Database database, Path folder, Description description, Rejects rejects) {
    this.database = database;
    this.folder = folder;
    this.ids = description.ids();
    this.words = description.words();
    this.rejects = rejects;
  }

  /// Loads the folder's items into the database.
  ///
  /// @throws UserError if there is no usable item
  public static void load(
      Database database, Path folder, Description description, Rejects rejects) {
    new CheckedItems(database, folder, description, rejects).load();
  }

  private void load() {
    TableFile file =
        TableFile.require(database, folder, DataSetFormat.ITEMS, TableFile.Typing.TEXT);
    database.execute(checkedTable(file));
    ids.requireDistinct(database, "items_checked", "item_id", file);
    rejects.addFrom(DataSetFormat.ITEMS, "items_checked", file);
    findImages(file);
    database.execute(
        """
        CREATE OR REPLACE TABLE items AS
        SELECT CAST(row_number() OVER () - 1 AS INTEGER) AS item, *
        FROM (
          SELECT item_id, title, category, further AS text,
            CASE WHEN row_number NOT IN (SELECT row_number FROM lost_images) THEN image END AS image
          FROM items_checked WHERE reason IS NULL ORDER BY item_id)""");
    for (String table : List.of("items_checked", "lost_images", file.rawTable())) {
      database.execute("DROP TABLE " + table);
    }
    if (database.number("SELECT count(*) FROM items") == 0) {
      throw new UserError(file.path() + ": no usable item" + rejects.firstOf(DataSetFormat.ITEMS));
    }
  }

  /// Notes the rows whose images cannot be used; their items stay, without an image.
  private void findImages(TableFile file) {
    List<Long> rows = new ArrayList<>();
    List<String> reasons = new ArrayList<>();
    database.query(
        """
        SELECT image, row_number FROM items_checked
        WHERE reason IS NULL AND image IS NOT NULL ORDER BY row_number""",
        row -> {
          Optional<String> fault = fault(row.getString(1));
          if (fault.isPresent()) {
            rows.add(row.getLong(2));
            reasons.add(fault.get() + "; kept without image");
          }
        });
    database.execute("CREATE OR REPLACE TABLE lost_images (row_number BIGINT, reason VARCHAR)");
    database.append(
        "lost_images",
        rows.size(),
        (row, i) -> {
          row.append((long) rows.get(i));
          row.append(reasons.get(i));
        });
    rejects.addFrom(DataSetFormat.ITEMS, "lost_images", file);
  }

  private String checkedTable(TableFile file) {
    Column id = file.require(DataSetFormat.ITEM_ID);
    String further = further(file).stream().map(Sql::string).collect(Collectors.joining(", "));
    return Sql.format(
        """
        CREATE OR REPLACE TABLE items_checked AS
        SELECT *,
          CASE
            WHEN no_id THEN 'item_id is missing'
            WHEN item_id IS NULL THEN 'item_id %s'
            WHEN item_id = %d THEN 'item_id is reserved for unknown items'
            WHEN row_number() OVER (PARTITION BY item_id ORDER BY row_number) > 1
              THEN 'item_id occurs again; its first row is used'
          END AS reason
        FROM (
          SELECT rowid AS row_number, %s AS item_id_text, %s IS NULL AS no_id, %s AS item_id,
            %s AS title, %s AS category, %s AS image, %s AS further
          FROM %s)""",
        ids.fault(),
        RankerContract.UNKNOWN_ITEM,
        ids == IdKind.TEXT ? Sql.string(id) : "NULL",
        Sql.string(id),
        ids.sql(file, id),
        Sql.verbatim(file.require(DataSetFormat.TITLE)),
        Sql.verbatim(file.require(DataSetFormat.CATEGORY)),
        Sql.string(file.require(DataSetFormat.IMAGE)),
        further.isEmpty() ? "NULL" : "concat_ws(' ', " + further + ")",
        file.rawTable());
  }

  /// Columns of further words.
  private List<Column> further(TableFile file) {
    List<Column> others = file.others(KNOWN);
    if (words == null) {
      return others;
    }
    List<String> readable =
        Stream.concat(
                Stream.of(DataSetFormat.TITLE, DataSetFormat.CATEGORY),
                others.stream().map(Column::name))
            .toList();
    for (String word : words) {
      if (!readable.contains(word)) {
        throw new UserError(
            String.format(
                Locale.ROOT,
                "%s: words names the column '%s', which %s lacks; it may name %s",
                folder.resolve(DataSetFormat.DESCRIPTION),
                word,
                file.path().getFileName(),
                readable));
      }
    }
    return others.stream().filter(column -> words.contains(column.name())).toList();
  }

  /// What is wrong with an image, if anything.
  private Optional<String> fault(String image) {
    Path path;
    try {
      path = folder.resolve(image).normalize();
    } catch (InvalidPathException e) {
      return Optional.of("its image is not a path");
    }
    if (!path.startsWith(folder)) {
      return Optional.of("its image lies outside the data set");
    }
    if (!Files.isRegularFile(path)) {
      return Optional.of("its image file does not exist");
    }
    return PictureFile.isPicture(path)
        ? Optional.empty()
        : Optional.of("its image file is not a readable JPEG, PNG or WebP");
  }
}
