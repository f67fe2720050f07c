package io.saviorrec.trainer.data.table;

import io.saviorrec.trainer.console.UserError;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/// One table of a data set, loaded as it is into the database under the name `raw_<table>`.
public record TableFile(Path path, String rawTable, List<Column> columns) {
  /// Whether a table's columns keep the types that the file gives them.
  public enum Typing {
    DETECTED,
    /// Everything that has no type of its own is text, so that a title of digits stays as it is.
    TEXT
  }

  /// More columns than this in one table would be a mistake, not features.
  private static final int MAX_COLUMNS = 128;

  /// Loads `<table>.parquet`, `.csv` or `.jsonl` of the folder, if there is one.
  public static Optional<TableFile> load(
      Database database, Path folder, String table, Typing typing) {
    List<Path> found = new ArrayList<>();
    for (String extension : DataSetFormat.EXTENSIONS) {
      Path path = folder.resolve(table + "." + extension);
      if (FileFault.exists(path)) {
        found.add(path);
      }
    }
    if (found.size() > 1) {
      throw new UserError(
          String.format(
              Locale.ROOT,
              "%s holds more than one %s file: %s; keep one",
              folder,
              table,
              names(found)));
    }
    return found.stream().findFirst().map(path -> of(database, path, table, typing));
  }

  public static TableFile require(Database database, Path folder, String table, Typing typing) {
    return load(database, folder, table, typing)
        .orElseThrow(
            () ->
                new UserError(
                    String.format(
                        Locale.ROOT,
                        "%s has no %s file; expected %s",
                        folder,
                        table,
                        DataSetFormat.EXTENSIONS.stream()
                            .map(e -> table + "." + e)
                            .collect(Collectors.joining(" or ")))));
  }

  /// Loads a file under a name; what it is follows from how the file's name ends.
  static TableFile of(Database database, Path path, String table, Typing typing) {
    String raw = "raw_" + table;
    FileFault.requireContent(path);
    database.read(
        path, "CREATE OR REPLACE TABLE " + raw + " AS SELECT * FROM " + reader(path, typing));
    List<Column> columns = new ArrayList<>();
    database.query(
        "SELECT column_name, column_type FROM (DESCRIBE " + raw + ")",
        row -> columns.add(new Column(row.getString(1), row.getString(2))));
    if (columns.size() > MAX_COLUMNS) {
      throw new UserError(
          String.format(
              Locale.ROOT,
              "%s: %d columns, but at most %d are allowed",
              path,
              columns.size(),
              MAX_COLUMNS));
    }
    return new TableFile(path, raw, columns);
  }

  /// Nothing is guessed but numbers: left to itself, the database skips first lines that do not
  /// look like the rest, takes lines that start with `#` for comments, makes `t` and `f` booleans,
  /// and adds columns for folders named like `day=7`.
  private static String reader(Path path, Typing typing) {
    String file = Sql.file(path);
    String name = path.getFileName().toString();
    if (name.endsWith(".parquet")) {
      return "read_parquet(" + file + ", hive_partitioning = false)";
    }
    if (name.endsWith(".csv")) {
      return Sql.format(
          """
          read_csv(%s, header = true, delim = ',', quote = '"', escape = '"', skip = 0, comment = '',
            auto_type_candidates = ['BIGINT', 'DOUBLE', 'VARCHAR'], sample_size = -1, all_varchar = %s,
            hive_partitioning = false)""",
          file, typing == Typing.TEXT);
    }
    return Sql.format(
        """
        read_json(%s, format = 'newline_delimited', records = 'true', sample_size = -1,
          map_inference_threshold = -1, hive_partitioning = false)""",
        file);
  }

  public Column require(String column) {
    return find(column)
        .orElseThrow(
            () ->
                new UserError(
                    String.format(
                        Locale.ROOT,
                        "%s: required column '%s' is missing; found %s",
                        path,
                        column,
                        columns.stream().map(Column::name).toList())));
  }

  public Optional<Column> find(String column) {
    return columns.stream().filter(c -> c.name().equals(column)).findFirst();
  }

  /// The columns that the format gives no meaning of its own.
  List<Column> others(Set<String> known) {
    return columns.stream().filter(c -> !known.contains(c.name())).toList();
  }

  private static List<String> names(List<Path> paths) {
    return paths.stream().map(p -> p.getFileName().toString()).toList();
  }
}
