package io.saviorrec.trainer.data;

import io.saviorrec.trainer.console.UserError;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
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
      if (Files.isRegularFile(path)) {
        found.add(path);
      }
    }
    if (found.size() > 1) {
      throw new UserError(
          "%s holds more than one %s file: %s; keep one".formatted(folder, table, names(found)));
    }
    return found.stream().findFirst().map(path -> loadFile(database, path, table, typing));
  }

  public static TableFile require(Database database, Path folder, String table, Typing typing) {
    return load(database, folder, table, typing)
        .orElseThrow(
            () ->
                new UserError(
                    "%s has no %s file; expected %s"
                        .formatted(
                            folder,
                            table,
                            DataSetFormat.EXTENSIONS.stream()
                                .map(e -> table + "." + e)
                                .collect(Collectors.joining(" or ")))));
  }

  private static TableFile loadFile(Database database, Path path, String table, Typing typing) {
    String raw = "raw_" + table;
    database.executeOn(
        path.toString(),
        "CREATE OR REPLACE TABLE " + raw + " AS SELECT * FROM " + reader(path, typing));
    List<Column> columns = new ArrayList<>();
    database.query(
        "SELECT column_name, column_type FROM (DESCRIBE " + raw + ")",
        row -> columns.add(new Column(row.getString(1), row.getString(2))));
    if (columns.size() > MAX_COLUMNS) {
      throw new UserError(
          "%s: %d columns, but at most %d are allowed"
              .formatted(path, columns.size(), MAX_COLUMNS));
    }
    return new TableFile(path, raw, columns);
  }

  private static String reader(Path path, Typing typing) {
    String file = Sql.text(path.toString());
    String name = path.getFileName().toString();
    if (name.endsWith(".parquet")) {
      return "read_parquet(" + file + ")";
    }
    if (name.endsWith(".csv")) {
      return "read_csv(%s, header = true, delim = ',', quote = '\"', escape = '\"', sample_size = -1, all_varchar = %s)"
          .formatted(file, typing == Typing.TEXT);
    }
    return "read_json(%s, format = 'newline_delimited', sample_size = -1)".formatted(file);
  }

  public Column require(String column) {
    return find(column)
        .orElseThrow(
            () ->
                new UserError(
                    "%s: required column '%s' is missing; found %s"
                        .formatted(path, column, columns.stream().map(Column::name).toList())));
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
