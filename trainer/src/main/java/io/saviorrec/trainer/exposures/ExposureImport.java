package io.saviorrec.trainer.exposures;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.saviorrec.exposure.Exposure;
import io.saviorrec.trainer.console.UserError;
import io.saviorrec.trainer.data.log.Cuts;
import io.saviorrec.trainer.data.prepare.TimeSplit;
import io.saviorrec.trainer.data.table.DataSetFormat;
import io.saviorrec.trainer.data.table.Database;
import io.saviorrec.trainer.data.table.Description;
import io.saviorrec.trainer.data.table.FileFault;
import io.saviorrec.trainer.data.table.OutputFolder;
import io.saviorrec.trainer.data.table.Sql;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.duckdb.DuckDBAppender;
import org.jspecify.annotations.Nullable;

/// Makes a data set of a server's exposure log, the clicks on it and a catalogue: what was shown
/// becomes impressions, what the requests said of users and page views their columns.
public final class ExposureImport {
  private static final Set<String> RESERVED =
      Set.of(
          DataSetFormat.USER_ID,
          DataSetFormat.ITEM_ID,
          DataSetFormat.TIMESTAMP,
          DataSetFormat.CLICKED,
          DataSetFormat.PCTR_BASE);

  private static final int ROWS_AT_ONCE = 100_000;

  /// What was made.
  ///
  /// @param anonymous requests of nobody who is known, which have no place in a data set
  public record Result(
      long impressions, long clicks, long users, long anonymous, ShownLog.Counts log) {}

  private final Database database;
  private final Path catalogue;
  private final Path out;
  private final List<Row> rows = new ArrayList<>();
  private final SortedMap<String, Boolean> contextColumns = new TreeMap<>();
  private final SortedMap<String, Boolean> profileColumns = new TreeMap<>();
  private final Map<Long, Map<String, Object>> profiles = new LinkedHashMap<>();
  private long impressions;
  private long clicks;
  private long anonymous;

  /// One impression.
  private record Row(
      long user,
      long item,
      long seconds,
      boolean clicked,
      float base,
      Map<String, Object> context) {}

  private ExposureImport(Database database, Path catalogue, Path out) {
    this.database = database;
    this.catalogue = catalogue;
    this.out = out;
  }

  /// Writes the data set into a folder that is there whole or not at all.
  ///
  /// @param catalogue a data set whose items and images are taken over
  /// @throws UserError when the log or the catalogue cannot be used
  public static Result run(ShownLog log, Path catalogue, Path out) {
    FileFault.requireFolder(catalogue);
    return OutputFolder.fill(
        out,
        folder -> {
          try (Database database = Database.open()) {
            return new ExposureImport(database, catalogue, folder).run(log, out);
          }
        });
  }

  private Result run(ShownLog log, Path finalOut) throws IOException {
    copyCatalogue();
    // Their columns are known once all of them have been seen.
    ShownLog.Counts counts = log.read(this::take);
    if (rows.isEmpty()) {
      throw new UserError("no request of the log has a user_id; a data set needs users");
    }
    requireDistinct("context", contextColumns);
    requireDistinct("profile", profileColumns);
    writeImpressions();
    writeUsers();
    Cuts cuts = TimeSplit.byShare(finalOut, database);
    ObjectNode description = new ObjectMapper().createObjectNode();
    description.put(
        DataSetFormat.NAME, String.valueOf(finalOut.toAbsolutePath().normalize().getFileName()));
    description.put(DataSetFormat.WARMUP_UNTIL, cuts.warmupUntil());
    description.put(DataSetFormat.VALIDATION_FROM, cuts.validationFrom());
    description.put(DataSetFormat.TEST_FROM, cuts.testFrom());
    Set<String> words = Description.read(catalogue).words();
    if (words != null) {
      ArrayNode columns = description.putArray(DataSetFormat.WORDS);
      words.forEach(columns::add);
    }
    Files.writeString(out.resolve(DataSetFormat.DESCRIPTION), description.toPrettyString() + "\n");
    return new Result(impressions, clicks, profiles.size(), anonymous, counts);
  }

  private void copyCatalogue() throws IOException {
    List<Path> tables =
        DataSetFormat.EXTENSIONS.stream()
            .map(extension -> catalogue.resolve(DataSetFormat.ITEMS + "." + extension))
            .filter(Files::isRegularFile)
            .toList();
    if (tables.size() != 1) {
      throw new UserError(
          catalogue + " has " + (tables.isEmpty() ? "no" : "more than one") + " items file");
    }
    Files.copy(tables.getFirst(), out.resolve(tables.getFirst().getFileName()));
    Path images = catalogue.resolve(DataSetFormat.IMAGES);
    if (Files.isDirectory(images)) {
      copy(images, out.resolve(DataSetFormat.IMAGES));
    }
  }

  private static void copy(Path from, Path to) throws IOException {
    try (Stream<Path> tree = Files.walk(from)) {
      for (Path path : tree.toList()) {
        Path target = to.resolve(from.relativize(path).toString());
        if (Files.isDirectory(path)) {
          Files.createDirectories(target);
        } else {
          Files.copy(path, target);
        }
      }
    }
  }

  private void take(ShownRequest request) {
    Exposure exposure = request.exposure();
    if (exposure.userId() == 0) {
      anonymous++;
      return;
    }
    note(exposure.context(), contextColumns);
    note(exposure.profile(), profileColumns);
    profiles.put(exposure.userId(), exposure.profile());
    for (int i = 0; i < exposure.items().length; i++) {
      if (request.shown()[i]) {
        rows.add(
            new Row(
                exposure.userId(),
                exposure.items()[i],
                exposure.timeMillis() / 1000,
                request.clicked()[i],
                exposure.pctrBase()[i],
                exposure.context()));
        impressions++;
        clicks += request.clicked()[i] ? 1 : 0;
      }
    }
  }

  /// A column holds numbers as long as all of its values are.
  private static void note(Map<String, Object> values, SortedMap<String, Boolean> columns) {
    values.forEach(
        (name, value) -> {
          if (!RESERVED.contains(name.toLowerCase(Locale.ROOT))) {
            columns.merge(name, value instanceof Double, Boolean::logicalAnd);
          }
        });
  }

  /// Tables know no case in the names of their columns.
  private static void requireDistinct(String kind, SortedMap<String, Boolean> columns) {
    Map<String, String> met = new HashMap<>();
    for (String name : columns.keySet()) {
      String other = met.put(name.toLowerCase(Locale.ROOT), name);
      if (other != null) {
        throw new UserError(
            "the requests' "
                + kind
                + " has the columns \""
                + other
                + "\" and \""
                + name
                + "\", which differ by case only; send them under one name");
      }
    }
  }

  private void writeImpressions() throws IOException {
    database.execute(
        "CREATE TABLE shown (user_id BIGINT, item_id BIGINT, \"timestamp\" BIGINT, clicked BOOLEAN,"
            + " pctr_base DOUBLE"
            + declarations(contextColumns)
            + ")");
    for (int from = 0; from < rows.size(); from += ROWS_AT_ONCE) {
      int first = from;
      database.append(
          "shown",
          Math.min(ROWS_AT_ONCE, rows.size() - from),
          (out, i) -> {
            Row row = rows.get(first + i);
            out.append(row.user()).append(row.item()).append(row.seconds()).append(row.clicked());
            if (Float.isNaN(row.base())) {
              out.appendNull();
            } else {
              out.append((double) row.base());
            }
            append(out, row.context(), contextColumns);
          });
    }
    database.writeParquet(
        out.resolve(DataSetFormat.IMPRESSIONS + ".parquet"),
        "SELECT * FROM shown ORDER BY \"timestamp\", user_id");
    database.execute("CREATE VIEW impressions AS SELECT \"timestamp\" AS ts FROM shown");
  }

  private void writeUsers() throws IOException {
    List<Long> ids = List.copyOf(profiles.keySet());
    database.execute("CREATE TABLE users (user_id BIGINT" + declarations(profileColumns) + ")");
    database.append(
        "users",
        ids.size(),
        (out, i) -> {
          out.append((long) ids.get(i));
          append(out, profiles.getOrDefault(ids.get(i), new HashMap<>()), profileColumns);
        });
    database.writeParquet(
        out.resolve(DataSetFormat.USERS + ".parquet"), "SELECT * FROM users ORDER BY user_id");
  }

  private static String declarations(SortedMap<String, Boolean> columns) {
    StringBuilder declarations = new StringBuilder();
    columns.forEach(
        (name, number) ->
            declarations
                .append(", ")
                .append(Sql.name(name))
                .append(number ? " DOUBLE" : " VARCHAR"));
    return declarations.toString();
  }

  private static void append(
      DuckDBAppender out, Map<String, Object> values, SortedMap<String, Boolean> columns)
      throws SQLException {
    for (Map.Entry<String, Boolean> column : columns.entrySet()) {
      @Nullable Object value = values.get(column.getKey());
      if (value == null) {
        out.appendNull();
      } else if (column.getValue()) {
        out.append((Double) value);
      } else {
        out.append(value.toString());
      }
    }
  }
}
