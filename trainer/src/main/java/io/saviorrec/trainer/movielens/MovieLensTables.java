package io.saviorrec.trainer.movielens;

import io.saviorrec.trainer.console.UserError;
import io.saviorrec.trainer.data.table.Database;
import io.saviorrec.trainer.data.table.Rejects;
import io.saviorrec.trainer.data.table.RepeatedRows;
import io.saviorrec.trainer.data.table.Sql;
import io.saviorrec.trainer.data.table.TableFile;
import java.nio.file.Path;
import java.util.Optional;

/// Loads and checks the tables of a MovieLens release: `movies` (number, item_id, title, genres,
/// plot) and `impressions` (position, user_id, item_id, ts, clicked), in the order of time.
final class MovieLensTables {
  private static final double CLICK_RATING = 4;

  private final Database database;
  private final Path folder;
  private final Rejects rejects;

  private MovieLensTables(Database database, Path folder, Rejects rejects) {
    this.database = database;
    this.folder = folder;
    this.rejects = rejects;
  }

  static void load(Database database, Path folder, Rejects rejects) {
    MovieLensTables tables = new MovieLensTables(database, folder, rejects);
    tables.loadMovies();
    tables.loadPlots();
    tables.loadRatings();
  }

  private void loadMovies() {
    TableFile file = TableFile.require(database, folder, "movies", TableFile.Typing.TEXT);
    database.execute(
        Sql.format(
            """
        CREATE TABLE movies_checked AS
        SELECT *,
          CASE
            WHEN item_id IS NULL THEN 'movieId is missing or not a whole number'
            WHEN row_number() OVER (PARTITION BY item_id ORDER BY row_number) > 1
              THEN 'movieId occurs again; its first row is used'
          END AS reason
        FROM (SELECT rowid AS row_number, %s AS item_id, %s AS title, %s AS genres FROM %s)""",
            Sql.wholeNumber(file.require("movieId")),
            Sql.string(file.require("title")),
            Sql.string(file.require("genres")),
            file.rawTable()));
    rejects.addFrom("movies", "movies_checked", file);
    database.execute(
        """
        CREATE TABLE movies AS
        SELECT row_number() OVER (ORDER BY item_id) - 1 AS number, item_id, title,
          CASE WHEN genres IS NULL OR genres = '(no genres listed)' THEN []
            ELSE string_split(genres, '|') END AS genres,
          CAST(NULL AS VARCHAR) AS plot
        FROM movies_checked WHERE reason IS NULL ORDER BY item_id""");
    if (database.number("SELECT count(*) FROM movies") == 0) {
      throw new UserError(file.path() + ": no usable movie" + rejects.firstOf("movies"));
    }
  }

  private void loadPlots() {
    Optional<TableFile> found = TableFile.load(database, folder, "plots", TableFile.Typing.TEXT);
    if (found.isEmpty()) {
      return;
    }
    TableFile file = found.get();
    database.execute(
        Sql.format(
            """
        CREATE TABLE plots_checked AS
        SELECT p.*,
          CASE
            WHEN p.item_id IS NULL THEN 'movieId is missing or not a whole number'
            WHEN m.item_id IS NULL THEN 'movieId is not in movies'
            WHEN row_number() OVER (PARTITION BY p.item_id ORDER BY row_number) > 1
              THEN 'movieId occurs again; its first row is used'
          END AS reason
        FROM (SELECT rowid AS row_number, %s AS item_id, %s AS plot FROM %s) p
        LEFT JOIN movies m ON m.item_id = p.item_id""",
            Sql.wholeNumber(file.require("movieId")),
            Sql.string(file.require("plot")),
            file.rawTable()));
    rejects.addFrom("plots", "plots_checked", file);
    database.execute(
        """
        UPDATE movies SET plot = p.plot
        FROM plots_checked p WHERE p.reason IS NULL AND p.item_id = movies.item_id""");
  }

  private void loadRatings() {
    TableFile file = TableFile.require(database, folder, "ratings", TableFile.Typing.DETECTED);
    database.execute(
        Sql.format(
            """
        CREATE TABLE ratings_checked AS
        SELECT r.*,
          CASE
            WHEN user_id IS NULL THEN 'userId is missing or not a whole number'
            WHEN r.item_id IS NULL THEN 'movieId is missing or not a whole number'
            WHEN m.item_id IS NULL THEN 'movieId is not in movies'
            WHEN rating IS NULL OR rating NOT BETWEEN 0.5 AND 5 THEN 'rating is not a number from 0.5 to 5'
            WHEN ts IS NULL OR ts NOT BETWEEN 0 AND %d THEN 'timestamp is missing or not unix seconds'
          END AS reason
        FROM (
          SELECT rowid AS row_number, %s AS user_id, %s AS item_id, %s AS rating, %s AS ts
          FROM %s) r
        LEFT JOIN movies m ON m.item_id = r.item_id""",
            Sql.MAX_UNIX_SECONDS,
            Sql.wholeNumber(file.require("userId")),
            Sql.wholeNumber(file.require("movieId")),
            Sql.number(file.require("rating")),
            Sql.unixSeconds(file.require("timestamp")),
            file.rawTable()));
    RepeatedRows.mark(database, "ratings_checked", file, "user_id, item_id, ts");
    rejects.addFrom("ratings", "ratings_checked", file);
    database.execute("DROP TABLE " + file.rawTable());
    database.execute(
        Sql.format(
            """
        CREATE TABLE impressions AS
        SELECT row_number() OVER (ORDER BY ts, user_id, row_number) - 1 AS position,
          user_id, item_id, ts, rating >= %s AS clicked
        FROM ratings_checked WHERE reason IS NULL ORDER BY position""",
            CLICK_RATING));
    database.execute("DROP TABLE ratings_checked");
    if (database.number("SELECT count(*) FROM impressions") == 0) {
      throw new UserError(file.path() + ": no usable rating" + rejects.firstOf("ratings"));
    }
  }
}
