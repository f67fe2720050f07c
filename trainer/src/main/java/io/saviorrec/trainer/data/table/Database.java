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
import org.duckdb.DuckDBAppender;
import org.duckdb.DuckDBConnection;

/// An embedded DuckDB in memory, whose failures become one-line errors that name the file.
public final class Database implements AutoCloseable {
  private final Connection connection;

  private Database(Connection connection) {
    this.connection = connection;
  }

  public static Database open() {
    try {
      Database database = new Database(DriverManager.getConnection("jdbc:duckdb:"));
      database.execute("SET autoinstall_known_extensions = false");
      database.execute("SET TimeZone = 'UTC'");
      // Not the folder where the program happens to run. Names of spilled files are the same in
      // every
      // database, so each needs a folder of its own; it is made when needed and removed after.
      database.execute(
          "SET temp_directory = " + Sql.text(spillFolder(ProcessHandle.current().pid())));
      return database;
    } catch (SQLException e) {
      throw new IllegalStateException("Cannot open the embedded database", e);
    }
  }

  /// A process's own: another user's could not be written to. DuckDB makes and deletes it.
  static String spillFolder(long process) {
    return System.getProperty("java.io.tmpdir") + "/saviorrec-spill-" + process;
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
    String sql =
        "COPY ("
            + query
            + ") TO "
            + Sql.text(file.toString())
            + " (FORMAT parquet, COMPRESSION zstd)";
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
    try (DuckDBAppender appender =
        connection.unwrap(DuckDBConnection.class).createAppender("main", table)) {
      for (int row = 0; row < rows; row++) {
        appender.beginRow();
        writer.write(appender, row);
        appender.endRow();
      }
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
  private static RuntimeException failure(String sql, SQLException e) {
    return isShortOfRoom(e) ? shortOfRoom(e) : new IllegalStateException("Failed: " + sql, e);
  }

  private static boolean isShortOfRoom(SQLException e) {
    String text = String.valueOf(e.getMessage());
    return text.contains("Out of Memory Error") || DiskFault.isFull(text);
  }

  private static UserError shortOfRoom(SQLException e) {
    return new UserError(
        "the data does not fit into memory and the room for temporary files in "
            + System.getProperty("java.io.tmpdir")
            + "; free some, or take a larger machine",
        e);
  }

  @Override
  public void close() {
    try {
      connection.close();
    } catch (SQLException e) {
      throw new IllegalStateException("Cannot close the embedded database", e);
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
}
