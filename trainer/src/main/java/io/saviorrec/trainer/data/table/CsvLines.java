package io.saviorrec.trainer.data.table;

import io.saviorrec.trainer.data.table.FileFault.Fault;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Finds the row of a CSV file that has not as many fields as the header, and columns without a
/// name of their own.
final class CsvLines implements FileFault.Lines {
  private static final int MAX_BYTES = 2_000_000;

  private enum At {
    FIELD_START,
    PLAIN,
    QUOTED,
    /// After a quote inside quotes: the end of the field, or the first half of `""`.
    QUOTE
  }

  private final boolean headerOnly;
  private final StringBuilder field = new StringBuilder();
  private final List<String> fields = new ArrayList<>();
  private At at = At.FIELD_START;
  private int columns = -1;

  /// The ends of lines, which the database wants to be all alike.
  private boolean firstIsCrLf;

  private long oddLine;
  private long mixedLine;

  /// Where the row starts: quoted text may hold line feeds.
  private long rowLine;

  /// @param headerOnly whether to stop after the header
  CsvLines(boolean headerOnly) {
    this.headerOnly = headerOnly;
  }

  @Override
  public int maxBytes() {
    return MAX_BYTES;
  }

  /// A header ends at a carriage return, too: some files have no line feeds.
  @Override
  public boolean isEnd(int next) {
    return next == '\n' || (headerOnly && next == '\r');
  }

  @Override
  public boolean wantsMore() {
    return !headerOnly || columns < 0;
  }

  @Override
  public @Nullable Fault fault(String line, long number) {
    boolean crLf = line.endsWith("\r");
    String text = crLf ? line.substring(0, line.length() - 1) : line;
    // The last line may have no end at all, so that only a line after another one tells.
    mixedLine = oddLine;
    if (at == At.FIELD_START && fields.isEmpty()) {
      rowLine = number;
      if (text.isEmpty() && columns >= 0) {
        return null;
      }
    }
    for (int i = 0; i < text.length(); i++) {
      if (!accept(text.charAt(i))) {
        return new Fault(number, "text after the closing quote of field " + (fields.size() + 1));
      }
    }
    if (at == At.QUOTED) {
      field.append('\n');
      return null;
    }
    endField();
    if (columns < 0) {
      firstIsCrLf = crLf;
    } else if (crLf != firstIsCrLf && oddLine == 0) {
      oddLine = number;
    }
    Fault fault = columns < 0 ? headerFault() : rowFault();
    fields.clear();
    return fault;
  }

  /// Whether the character may stand there.
  private boolean accept(char c) {
    switch (at) {
      case QUOTED -> {
        if (c == '"') {
          at = At.QUOTE;
        } else {
          field.append(c);
        }
      }
      case QUOTE -> {
        if (c == '"') {
          field.append(c);
          at = At.QUOTED;
        } else if (c == ',') {
          endField();
        } else {
          return false;
        }
      }
      case FIELD_START, PLAIN -> {
        if (c == ',') {
          endField();
        } else if (c == '"' && at == At.FIELD_START) {
          at = At.QUOTED;
        } else {
          field.append(c);
          at = At.PLAIN;
        }
      }
    }
    return true;
  }

  private void endField() {
    fields.add(field.toString());
    field.setLength(0);
    at = At.FIELD_START;
  }

  private @Nullable Fault headerFault() {
    columns = fields.size();
    Set<String> seen = new HashSet<>();
    for (int i = 0; i < columns; i++) {
      String name = fields.get(i).strip();
      if (name.isEmpty()) {
        return new Fault(rowLine, "column " + (i + 1) + " has no name in the header");
      }
      // The database would give the second one another name, as it heeds no case.
      if (!seen.add(name.toLowerCase(Locale.ROOT))) {
        return new Fault(rowLine, "column '" + name + "' occurs twice in the header");
      }
    }
    return null;
  }

  private @Nullable Fault rowFault() {
    return fields.size() == columns
        ? null
        : new Fault(
            rowLine,
            fields.size()
                + (fields.size() == 1 ? " field" : " fields")
                + " where the header has "
                + columns);
  }

  @Override
  public @Nullable Fault faultAtEnd() {
    if (at == At.QUOTED) {
      return new Fault(rowLine, "a quote that is never closed");
    }
    return mixedLine == 0
        ? null
        : new Fault(
            mixedLine, "ends in " + (firstIsCrLf ? "LF" : "CR LF") + " unlike the lines before");
  }
}
