package io.saviorrec.trainer.data.table;

import io.saviorrec.trainer.console.UserError;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/// The clicks on what a server has scored: a table with the columns `request_id` and `item_id`, as
/// CSV, JSONL or Parquet.
///
/// @param items that were clicked, by request
/// @param rows of the file
/// @param unusable rows among them, without a request or an item
public record ClickFile(Map<String, Set<Long>> items, long rows, long unusable) {
  private static final String REQUEST_ID = "request_id";

  /// Reads a file.
  ///
  /// @throws UserError when it is no such table
  public static ClickFile read(Path path) {
    String name = String.valueOf(path.getFileName());
    if (DataSetFormat.EXTENSIONS.stream().noneMatch(each -> name.endsWith("." + each))) {
      throw new UserError(
          path + ": clicks are read from a file whose name ends in .csv, .jsonl or .parquet");
    }
    if (!FileFault.exists(path)) {
      throw new UserError(path + ": no such file");
    }
    Map<String, Set<Long>> items = new HashMap<>();
    long[] counts = new long[2];
    try (Database database = Database.open()) {
      TableFile file = TableFile.of(database, path, "clicks", TableFile.Typing.TEXT);
      Column request = file.require(REQUEST_ID);
      Column item = file.require(DataSetFormat.ITEM_ID);
      database.query(
          Sql.format(
              "SELECT %s, %s FROM %s", Sql.string(request), Sql.wholeNumber(item), file.rawTable()),
          row -> {
            counts[0]++;
            String id = row.getString(1);
            long clicked = row.getLong(2);
            if (id == null || row.wasNull()) {
              counts[1]++;
            } else {
              items.computeIfAbsent(id, _ -> new HashSet<>()).add(clicked);
            }
          });
    }
    return new ClickFile(items, counts[0], counts[1]);
  }

  /// Whether an item of a request was clicked.
  public boolean clicked(String requestId, long item) {
    return items.getOrDefault(requestId, Set.of()).contains(item);
  }
}
