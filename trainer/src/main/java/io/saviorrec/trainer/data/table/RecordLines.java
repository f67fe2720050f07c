package io.saviorrec.trainer.data.table;

import io.saviorrec.trainer.console.DiskFault;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalLong;

/// The lines in which the records of a table file begin, told in the order of the file.
///
/// A record of CSV may have line feeds inside quotes, so lines and records are not counted alike;
/// empty lines are no records. Parquet has no lines.
final class RecordLines implements AutoCloseable {
  private static final int END = -1;

  private final Path path;
  private final InputStream in;
  private final boolean lines;
  private final boolean quotes;

  /// The record that is read next, the header of CSV being −1, and the line that is.
  private long record;

  private long line = 1;

  /// Where the record that was found last begins.
  private long last = END;

  private RecordLines(Path path, InputStream in) {
    String name = path.toString();
    this.path = path;
    this.in = in;
    this.lines = !name.endsWith(".parquet");
    this.quotes = name.endsWith(".csv");
    this.record = quotes ? -1 : 0;
  }

  static RecordLines of(Path path) {
    try {
      return new RecordLines(path, new BufferedInputStream(Files.newInputStream(path), 1 << 16));
    } catch (IOException e) {
      throw DiskFault.reading(path, e);
    }
  }

  /// The line of a record, counted from 1; nothing where the file has no lines.
  ///
  /// @param wanted counted from 0, not below one that was asked for before
  OptionalLong of(long wanted) {
    if (!lines) {
      return OptionalLong.empty();
    }
    try {
      while (record <= wanted) {
        long start = next();
        if (start == END) {
          return OptionalLong.empty();
        }
        if (record++ == wanted) {
          last = start;
        }
      }
      return OptionalLong.of(last);
    } catch (IOException e) {
      throw DiskFault.reading(path, e);
    }
  }

  /// Reads one record and returns the line in which it begins, or `END`.
  private long next() throws IOException {
    int c = in.read();
    while (c == '\n' || c == '\r') {
      line += c == '\n' ? 1 : 0;
      c = in.read();
    }
    if (c < 0) {
      return END;
    }
    long start = line;
    boolean quoted = false;
    while (c >= 0 && (quoted || c != '\n')) {
      quoted ^= quotes && c == '"';
      line += c == '\n' ? 1 : 0;
      c = in.read();
    }
    line++;
    return start;
  }

  @Override
  public void close() {
    try {
      in.close();
    } catch (IOException e) {
      throw DiskFault.reading(path, e);
    }
  }
}
