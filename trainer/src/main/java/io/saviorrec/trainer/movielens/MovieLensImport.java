package io.saviorrec.trainer.movielens;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.saviorrec.trainer.console.UserError;
import io.saviorrec.trainer.data.log.Cuts;
import io.saviorrec.trainer.data.prepare.BaseClickModel;
import io.saviorrec.trainer.data.prepare.TimeSplit;
import io.saviorrec.trainer.data.table.DataSetFormat;
import io.saviorrec.trainer.data.table.Database;
import io.saviorrec.trainer.data.table.FileFault;
import io.saviorrec.trainer.data.table.OutputFolder;
import io.saviorrec.trainer.data.table.PictureFile;
import io.saviorrec.trainer.data.table.Rejects;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/// Writes a MovieLens release as a data set: all movies as items, each rating as an impression, and
/// a base model's click probability fitted on strictly earlier data.
public final class MovieLensImport {
  /// Columns of the items with words, in their order.
  public static final List<String> WORDS =
      List.of(DataSetFormat.TITLE, DataSetFormat.CATEGORY, "genres", "plot");

  private static final String POSTERS = "posters";

  private final Database database;
  private final Path in;
  private final Path out;
  private final boolean userGenres;
  private final List<String> words;
  private final Consumer<String> progress;
  private final Rejects rejects;

  private MovieLensImport(
      Database database,
      Path in,
      Path out,
      boolean userGenres,
      List<String> words,
      Consumer<String> progress) {
    this.database = database;
    this.in = in;
    this.out = out;
    this.userGenres = userGenres;
    this.words = words;
    this.progress = progress;
    this.rejects = new Rejects(database, null);
  }

  /// Imports into a folder beside `out` and renames it when it is whole.
  ///
  /// @param userGenres whether the base model knows each user's click rate in the movie's genres
  /// @param words of [#WORDS], those columns of the items whose words an encoder reads
  /// @param progress takes a line for each step
  /// @throws UserError when the release cannot be read, or has no such words
  public static ImportResult run(
      Path in, Path out, boolean userGenres, List<String> words, Consumer<String> progress) {
    if (words.isEmpty() || !WORDS.containsAll(words)) {
      throw new UserError("words must be some of " + WORDS + ", were " + words);
    }
    FileFault.requireFolder(in);
    return OutputFolder.fill(
        out,
        folder -> {
          try (Database database = Database.open()) {
            return new MovieLensImport(database, in, folder, userGenres, words, progress).run(out);
          }
        });
  }

  private ImportResult run(Path finalOut) throws IOException {
    progress.accept("Reading " + in);
    MovieLensTables.load(database, in, rejects);
    long images = copyPosters();
    writeItems();
    addBaseModel();
    writeImpressions();
    Path name = in.toAbsolutePath().normalize().getFileName();
    Cuts cuts = TimeSplit.byShare(in, database);
    describe(String.valueOf(name), cuts);
    progress.accept("Finishing " + finalOut);
    return new ImportResult(
        String.valueOf(name),
        database.number("SELECT count(*) FROM movies"),
        database.number("SELECT count(*) FROM impressions"),
        database.number("SELECT count(DISTINCT user_id) FROM impressions"),
        database.number("SELECT count(*) FILTER (clicked) FROM impressions")
            / (double) database.number("SELECT count(*) FROM impressions"),
        images,
        database.number("SELECT count(plot) FROM movies"),
        cuts,
        rejects.list());
  }

  /// Copies the posters of known movies and notes them in the table; a missing poster is normal.
  private long copyPosters() throws IOException {
    database.execute("CREATE TABLE posters (item_id BIGINT, image VARCHAR)");
    Path posters = in.resolve(POSTERS);
    if (!Files.isDirectory(posters)) {
      return 0;
    }
    progress.accept("Copying posters");
    Path images = Files.createDirectory(out.resolve(DataSetFormat.IMAGES));
    List<Long> ids = new ArrayList<>();
    database.query("SELECT item_id FROM movies ORDER BY item_id", row -> ids.add(row.getLong(1)));
    List<Long> copied = new ArrayList<>();
    List<Path> unreadable = new ArrayList<>();
    for (long id : ids) {
      Path poster = posters.resolve(id + ".jpg");
      if (!Files.exists(poster)) {
        continue;
      }
      if (PictureFile.isPicture(poster)) {
        Files.copy(poster, images.resolve(id + ".jpg"));
        copied.add(id);
      } else {
        unreadable.add(poster);
      }
    }
    if (!unreadable.isEmpty()) {
      rejects.add(
          POSTERS,
          "not a readable JPEG, PNG or WebP; the movie is kept without image",
          unreadable.size(),
          unreadable.getFirst().toString());
    }
    database.append(
        POSTERS,
        copied.size(),
        (row, i) -> {
          row.append((long) copied.get(i));
          row.append(DataSetFormat.IMAGES + "/" + copied.get(i) + ".jpg");
        });
    return copied.size();
  }

  private void writeItems() throws IOException {
    write(
        DataSetFormat.ITEMS,
        """
        SELECT m.item_id, m.title, p.image, m.genres[1] AS category,
          array_to_string(m.genres, ' ') AS genres, m.plot
        FROM movies m LEFT JOIN posters p USING (item_id) ORDER BY m.item_id""");
  }

  private void addBaseModel() {
    progress.accept("Fitting the base click model, day by day");
    int samples = Math.toIntExact(database.number("SELECT count(*) FROM impressions"));
    long[] time = new long[samples];
    int[] user = new int[samples];
    int[] item = new int[samples];
    boolean[] clicked = new boolean[samples];
    int[] next = {0};
    database.query(
        """
        SELECT ts, dense_rank() OVER (ORDER BY user_id) - 1, m.number, clicked
        FROM impressions i JOIN movies m USING (item_id) ORDER BY position""",
        row -> {
          int s = next[0]++;
          time[s] = row.getLong(1);
          user[s] = row.getInt(2);
          item[s] = row.getInt(3);
          clicked[s] = row.getBoolean(4);
        });
    int users = Math.toIntExact(database.number("SELECT count(DISTINCT user_id) FROM impressions"));
    float[] pctr = new BaseClickModel(users, genres()).predict(time, user, item, clicked);
    database.execute("CREATE TABLE predictions (position BIGINT, pctr_base DOUBLE)");
    database.append(
        "predictions",
        samples,
        (row, s) -> {
          row.append((long) s);
          row.append((double) pctr[s]);
        });
  }

  /// The genres of each movie, numbered; none where the base model is not to know them.
  private int[][] genres() {
    int[][] genres = new int[Math.toIntExact(database.number("SELECT count(*) FROM movies"))][0];
    if (!userGenres) {
      return genres;
    }
    int[] next = {0};
    database.query(
        """
        WITH names AS (
          SELECT genre, row_number() OVER (ORDER BY genre) - 1 AS number
          FROM (SELECT DISTINCT unnest(genres) AS genre FROM movies))
        SELECT string_agg(n.number, ',' ORDER BY n.number)
        FROM movies m LEFT JOIN names n ON list_contains(m.genres, n.genre)
        GROUP BY m.number ORDER BY m.number""",
        row -> {
          String numbers = row.getString(1);
          genres[next[0]++] =
              numbers == null
                  ? new int[0]
                  : List.of(numbers.split(",")).stream().mapToInt(Integer::parseInt).toArray();
        });
    return genres;
  }

  private void writeImpressions() throws IOException {
    write(
        DataSetFormat.IMPRESSIONS,
        """
        SELECT i.user_id, i.item_id, i.ts AS "timestamp", i.clicked, p.pctr_base
        FROM impressions i JOIN predictions p USING (position) ORDER BY position""");
  }

  private void write(String table, String query) throws IOException {
    Path file = out.resolve(table + ".parquet");
    progress.accept("Writing " + file.getFileName());
    database.writeParquet(file, query);
  }

  private void describe(String name, Cuts cuts) throws IOException {
    ObjectNode description = new ObjectMapper().createObjectNode();
    description.put(DataSetFormat.NAME, name);
    description.put(DataSetFormat.WARMUP_UNTIL, cuts.warmupUntil());
    description.put(DataSetFormat.VALIDATION_FROM, cuts.validationFrom());
    description.put(DataSetFormat.TEST_FROM, cuts.testFrom());
    if (!words.containsAll(WORDS)) {
      ArrayNode columns = description.putArray(DataSetFormat.WORDS);
      WORDS.stream().filter(words::contains).forEach(columns::add);
    }
    Files.writeString(out.resolve(DataSetFormat.DESCRIPTION), description.toPrettyString() + "\n");
  }
}
