package io.saviorrec.trainer.data.table;

import io.saviorrec.trainer.console.DiskFault;
import io.saviorrec.trainer.console.UserError;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import org.duckdb.DuckDBAppender;
import org.duckdb.DuckDBConnection;
import org.jspecify.annotations.Nullable;

/// An embedded DuckDB in a scratch file, with bounded memory, whose failures become one-line errors
/// that name the file.
///
/// Concurrency: one thread at a time; another takes a [#branch] of its own.
public final class Database implements AutoCloseable {
  private final Connection connection;

  /// Null in a branch.
  private final @Nullable ScratchFolder scratch;

  private final Path folder;

  private Database(Connection connection, @Nullable ScratchFolder scratch, Path folder) {
    this.connection = connection;
    this.scratch = scratch;
    this.folder = folder;
  }

  /// With what the machine can spare.
  public static Database open() {
    return open(DatabaseLimits.ofMachine());
  }

  public static Database open(DatabaseLimits limits) {
    ScratchFolder scratch = ScratchFolder.in(limits.scratch());
    try {
      Database database =
          new Database(
              DriverManager.getConnection("jdbc:duckdb:" + scratch.path().resolve("tables.duckdb")),
              scratch,
              scratch.path());
      for (String setting :
          List.of(
              "autoinstall_known_extensions = false",
              "memory_limit = '" + limits.memoryBytes() + "B'",
              "threads = " + limits.threads(),
              "temp_directory = " + Sql.text(scratch.path().resolve("spilled").toString()),
              "preserve_insertion_order = true")) {
        database.execute("SET " + setting);
      }
      database.prepareConnection();
      return database;
    } catch (SQLException e) {
      scratch.close();
      throw new IllegalStateException("Cannot open the embedded database", e);
    }
  }

  /// The same tables for another thread, or for a statement while a query is being read.
  public Database branch() {
    try {
      Database branch =
          new Database(
              connection.unwrap(DuckDBConnection.class).duplicate(), /* scratch= */ null, folder);
      branch.prepareConnection();
      return branch;
    } catch (SQLException e) {
      throw new IllegalStateException("Cannot connect to the embedded database", e);
    }
  }

  /// What each connection has of its own.
  private void prepareConnection() {
    execute("SET TimeZone = 'UTC'");
    // A result is handed on as it comes, and never held whole.
    execute("SET jdbc_stream_results = true");
  }

  /// A folder that is removed with the database, for files beside it.
  public Path folder() {
    return folder;
  }

  /// Runs a statement of ours; a failure is a defect.
  public void execute(String sql) {
    try (Statement statement = connection.createStatement()) {
      statement.execute(sql);
    } catch (SQLException e) {
      throw failure(sql, e);
    }
  }

  /// Runs a statement that reads the file; a failure is its user's to repair.
  public void read(Path file, String sql) {
    try (Statement statement = connection.createStatement()) {
      statement.execute(sql);
    } catch (SQLException e) {
      throw isShortOfRoom(e) ? shortOfRoom(e) : FileFault.of(file, e);
    }
  }

  /// Writes what a query yields into a Parquet file.
  ///
  /// @throws IOException if the disk does not take it
  public void writeParquet(Path file, String query) throws IOException {
    copy(
        "COPY ("
            + query
            + ") TO "
            + Sql.text(file.toString())
            + " (FORMAT parquet, COMPRESSION zstd)");
  }

  /// Writes what a query yields into Parquet files, those of each value of a column in a folder
  /// `column=value` of their own; the column is not in the files.
  ///
  /// @throws IOException if the disk does not take it
  public void writeParquet(Path folder, String query, String column) throws IOException {
    copy(
        "COPY ("
            + query
            + ") TO "
            + Sql.text(folder.toString())
            + " (FORMAT parquet, COMPRESSION zstd, PARTITION_BY ("
            + column
            + "))");
  }

  private void copy(String sql) throws IOException {
    try (Statement statement = connection.createStatement()) {
      statement.execute(sql);
    } catch (SQLException e) {
      String text = String.valueOf(e.getMessage()).lines().findFirst().orElse("");
      if (!text.startsWith("IO Error")) {
        throw failure(sql, e);
      }
      // After the last colon stands what the operating system says.
      throw new IOException(text.substring(text.lastIndexOf(": ") + 2), e);
    }
  }

  /// Hands each row of the result to the reader, in order.
  ///
  /// The reader runs no statement of this database: the result would end. It may of a branch.
  public void query(String sql, RowReader reader) {
    try (Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery(sql)) {
      while (rows.next()) {
        reader.row(rows);
      }
    } catch (SQLException e) {
      throw failure(sql, e);
    }
  }

  /// Appends rows to a table, each written by the writer.
  public void append(String table, int rows, RowWriter writer) {
    appending(
        table,
        appender -> {
          for (int row = 0; row < rows; row++) {
            appender.beginRow();
            writer.write(appender, row);
            appender.endRow();
          }
        });
  }

  /// Appends to a table whatever the writer does.
  public void appending(String table, Appending writer) {
    try (DuckDBAppender appender =
        connection.unwrap(DuckDBConnection.class).createAppender("main", table)) {
      writer.write(appender);
    } catch (SQLException e) {
      throw failure("append to " + table, e);
    }
  }

  /// The one number that the query yields.
  public long number(String sql) {
    long[] result = new long[1];
    query(sql, row -> result[0] = row.getLong(1));
    return result[0];
  }

  /// A statement of ours that fails is a defect, unless memory or disk did not suffice.
  private RuntimeException failure(String sql, SQLException e) {
    return isShortOfRoom(e) ? shortOfRoom(e) : new IllegalStateException("Failed: " + sql, e);
  }

  private static boolean isShortOfRoom(SQLException e) {
    String text = String.valueOf(e.getMessage());
    return text.contains("Out of Memory Error") || DiskFault.isFull(text);
  }

  private UserError shortOfRoom(SQLException e) {
    return new UserError(
        "the data does not fit into memory and the room for temporary files in "
            + folder.getParent()
            + "; free some, or take a larger machine",
        e);
  }

  @Override
  public void close() {
    try {
      connection.close();
    } catch (SQLException e) {
      throw new IllegalStateException("Cannot close the embedded database", e);
    } finally {
      if (scratch != null) {
        scratch.close();
      }
    }
  }

  /// Reads the row that a result stands at.
  @FunctionalInterface
  public interface RowReader {
    void row(ResultSet row) throws SQLException;
  }

  /// Appends the values of one row.
  @FunctionalInterface
  public interface RowWriter {
    void write(DuckDBAppender row, int number) throws SQLException;
  }

  /// Appends rows, each between `beginRow` and `endRow`.
  @FunctionalInterface
  public interface Appending {
    void write(DuckDBAppender rows) throws SQLException;
  }
}
