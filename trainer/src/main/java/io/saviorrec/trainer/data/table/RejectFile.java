package io.saviorrec.trainer.data.table;

import io.saviorrec.trainer.console.DiskFault;
import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalLong;

/// A CSV file of every row that could not be used: its table, file, line and row, the reason, and
/// its values as JSON.
public final class RejectFile implements AutoCloseable {
  private final Path path;
  private final BufferedWriter out;

  private RejectFile(Path path, BufferedWriter out) {
    this.path = path;
    this.out = out;
  }

  /// Makes the file anew.
  public static RejectFile create(Path path) {
    try {
      BufferedWriter out = Files.newBufferedWriter(path);
      out.write("table,file,line,row,reason,values\n");
      return new RejectFile(path, out);
    } catch (IOException e) {
      throw DiskFault.writing(path, e);
    }
  }

  /// Adds a row.
  ///
  /// @param line where it begins, if its file has lines
  /// @param row counted from 1, without a header
  void add(String table, Path file, OptionalLong line, long row, String reason, String values) {
    try {
      out.write(quoted(table));
      out.write(',');
      out.write(quoted(String.valueOf(file.getFileName())));
      out.write(',');
      out.write(line.isPresent() ? Long.toString(line.getAsLong()) : "");
      out.write(',');
      out.write(Long.toString(row));
      out.write(',');
      out.write(quoted(reason));
      out.write(',');
      out.write(quoted(values));
      out.write('\n');
    } catch (IOException e) {
      throw DiskFault.writing(path, e);
    }
  }

  private static String quoted(String value) {
    return '"' + value.replace("\"", "\"\"") + '"';
  }

  @Override
  public void close() {
    try {
      out.close();
    } catch (IOException e) {
      throw DiskFault.writing(path, e);
    }
  }
}
