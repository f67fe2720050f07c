package io.saviorrec.trainer.data.table;

import io.saviorrec.trainer.console.DiskFault;
import io.saviorrec.trainer.console.UserError;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// What is wrong with a file of a data set, and in which line, in words for its user.
///
/// Looks at the file itself: what the database says of it is about SQL and options of readers.
public final class FileFault {
  private static final byte[] PARQUET = "PAR1".getBytes(StandardCharsets.US_ASCII);

  private FileFault() {}

  /// Refuses what no data set can be read from.
  public static void requireFolder(Path folder) {
    require(Files.exists(folder, LinkOption.NOFOLLOW_LINKS), folder, "no such folder");
    require(Files.exists(folder), folder, "a link that leads nowhere");
    require(Files.isDirectory(folder), folder, "a file where a folder is expected");
    require(
        Files.isReadable(folder) && Files.isExecutable(folder),
        folder,
        "may not be read; see its permissions");
  }

  /// Whether something has this name; refuses what stands there but cannot be read as a file.
  static boolean exists(Path path) {
    if (!Files.exists(path, LinkOption.NOFOLLOW_LINKS)) {
      return false;
    }
    require(Files.exists(path), path, "a link that leads nowhere");
    require(!Files.isDirectory(path), path, "a folder where a file is expected");
    require(Files.isRegularFile(path), path, "not a plain file");
    require(Files.isReadable(path), path, "may not be read; see its permissions");
    return true;
  }

  private static void require(boolean holds, Path path, String fault) {
    if (!holds) {
      throw new UserError(path + ": " + fault);
    }
  }

  /// Refuses an empty file, and a CSV file whose columns have no names of their own.
  static void requireContent(Path path) {
    try {
      require(Files.size(path) > 0, path, "the file is empty");
      Fault fault = isCsv(path) ? faultIn(path, new CsvLines(true)) : null;
      if (fault != null) {
        throw new UserError(fault.of(path));
      }
    } catch (IOException e) {
      throw DiskFault.reading(path, e);
    }
  }

  /// Why the database could not read the file.
  static UserError of(Path path, Throwable cause) {
    try {
      if (path.toString().endsWith(".parquet")) {
        return new UserError(path + ": " + parquetFault(path), cause);
      }
      boolean csv = isCsv(path);
      Fault fault = faultIn(path, csv ? new CsvLines(false) : new JsonLines());
      return new UserError(
          fault == null
              ? path + ": cannot be read as " + (csv ? "CSV; look at its quotes" : "JSONL")
              : fault.of(path),
          cause);
    } catch (IOException e) {
      return DiskFault.reading(path, e);
    }
  }

  private static boolean isCsv(Path path) {
    return path.toString().endsWith(".csv");
  }

  private static String parquetFault(Path path) throws IOException {
    try (RandomAccessFile file = new RandomAccessFile(path.toFile(), "r")) {
      if (!isMark(file, 0)) {
        return "not a Parquet file";
      }
      return isMark(file, file.length() - PARQUET.length)
          ? "a damaged Parquet file, or of a kind that cannot be read"
          : "a Parquet file that is cut off; it lacks its end";
    }
  }

  private static boolean isMark(RandomAccessFile file, long at) throws IOException {
    byte[] mark = new byte[PARQUET.length];
    if (at < 0 || at + mark.length > file.length()) {
      return false;
    }
    file.seek(at);
    file.readFully(mark);
    return Arrays.equals(mark, PARQUET);
  }

  /// The first line with a fault, counted from 1, or null.
  private static @Nullable Fault faultIn(Path path, Lines lines) throws IOException {
    try (InputStream in = new BufferedInputStream(Files.newInputStream(path), 1 << 16)) {
      ByteArrayOutputStream line = new ByteArrayOutputStream();
      for (long number = 1; lines.wantsMore(); number++) {
        line.reset();
        int last = readLine(in, line, lines);
        if (last < 0 && line.size() == 0) {
          return lines.faultAtEnd();
        }
        Fault fault =
            line.size() > lines.maxBytes()
                ? new Fault(number, "longer than " + lines.maxBytes() + " bytes")
                : faultOf(line.toByteArray(), number, lines);
        if (fault != null) {
          return fault;
        }
      }
      return null;
    }
  }

  /// Reads up to a line feed or somewhat beyond the longest line; returns the last byte, or -1.
  private static int readLine(InputStream in, ByteArrayOutputStream line, Lines lines)
      throws IOException {
    int next = in.read();
    while (next >= 0 && !lines.isEnd(next) && line.size() <= lines.maxBytes()) {
      line.write(next);
      next = in.read();
    }
    return next;
  }

  private static @Nullable Fault faultOf(byte[] bytes, long number, Lines lines) {
    try {
      // A decoder of its own reports what a String would replace.
      String text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
      return lines.fault(
          number == 1 && text.startsWith("\ufeff") ? text.substring(1) : text, number);
    } catch (CharacterCodingException e) {
      return new Fault(number, "not UTF-8");
    }
  }

  /// What is wrong, and where.
  record Fault(long line, String what) {
    private String of(Path path) {
      return path + ", line " + line + ": " + what;
    }
  }

  /// Reads the lines of a text format one after the other, looking for faults.
  interface Lines {
    /// The longest line that the database takes.
    int maxBytes();

    /// Whether the byte, or -1, ends a line.
    boolean isEnd(int next);

    /// The fault that shows in this line.
    @Nullable Fault fault(String line, long number);

    /// The fault that only the end of the file shows.
    @Nullable Fault faultAtEnd();

    /// Whether the next line matters.
    boolean wantsMore();
  }
}
