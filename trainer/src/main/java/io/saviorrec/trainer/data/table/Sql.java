package io.saviorrec.trainer.data.table;

import java.nio.file.Path;
import java.util.Locale;

/// Pieces of DuckDB SQL, made from names and values that come from outside.
public final class Sql {
  /// The last second of the year 9999: later ones are most likely not seconds.
  public static final long MAX_UNIX_SECONDS = 253_402_300_799L;

  /// The largest whole number that no other one becomes as DOUBLE.
  private static final long MAX_EXACT = (1L << 53) - 1;

  /// A time that ends in an offset from UTC.
  private static final String OFFSET = ":[0-9.]+ *([+-][0-9]{2}(:?[0-9]{2})?|[Zz]) *$";

  private Sql() {}

  /// A statement with its values filled in, the same wherever the program runs: by the machine's
  /// own locale a number may have other digits.
  @SuppressWarnings("AnnotateFormatMethod") // its annotation is in a library that only tools use
  public static String format(String sql, Object... values) {
    return String.format(Locale.ROOT, sql, values);
  }

  /// A quoted identifier.
  public static String name(String identifier) {
    return '"' + identifier.replace("\"", "\"\"") + '"';
  }

  /// A quoted text literal.
  public static String text(String value) {
    return "'" + value.replace("'", "''") + "'";
  }

  /// A quoted path of one file, whose name may hold what is a wildcard to the database.
  public static String file(Path path) {
    return text(path.toString().replaceAll("[\\[*?]", "[$0]"));
  }

  /// The column as BIGINT, null where its value is no whole number, or one that its type may have
  /// rounded.
  public static String wholeNumber(Column column) {
    String name = name(column.name());
    if (column.isInteger()) {
      return "TRY_CAST(" + name + " AS BIGINT)";
    }
    if (column.isFloat()) {
      return format(
          "CASE WHEN isfinite(%1$s) AND %1$s = floor(%1$s) AND abs(%1$s) <= %2$d THEN TRY_CAST(%1$s AS BIGINT) END",
          name, MAX_EXACT);
    }
    if (column.isNumber()) {
      return format("CASE WHEN %1$s = floor(%1$s) THEN TRY_CAST(%1$s AS BIGINT) END", name);
    }
    return format(
        "CASE WHEN regexp_full_match(trim(%1$s), '[+-]?[0-9]+') THEN TRY_CAST(trim(%1$s) AS BIGINT) END",
        verbatim(column));
  }

  /// The column's texts as BIGINT by the rule of `StringId`, null where there is none: the first
  /// eight bytes of the SHA-256 without the sign.
  static String textId(Column column) {
    return format(
        "CAST(CAST('0x' || substr(sha256(%s), 1, 16) AS UBIGINT) & CAST(%d AS UBIGINT) AS BIGINT)",
        string(column), Long.MAX_VALUE);
  }

  /// The column as unix seconds, null where it is no time; a time without a zone is in UTC.
  public static String unixSeconds(Column column) {
    String name = name(column.name());
    if (column.isTime()) {
      return format("TRY_CAST(floor(epoch(%s)) AS BIGINT)", name);
    }
    if (column.isInteger()) {
      return "TRY_CAST(" + name + " AS BIGINT)";
    }
    if (column.isNumber()) {
      return format("TRY_CAST(floor(CAST(%s AS DOUBLE)) AS BIGINT)", name);
    }
    // TIMESTAMP ignores an offset, and TIMESTAMPTZ takes the zone of an earlier row where a value
    // has
    // none, so each gets what it reads right.
    return format(
        """
        coalesce(
          TRY_CAST(floor(TRY_CAST(%1$s AS DOUBLE)) AS BIGINT),
          TRY_CAST(floor(epoch(CASE WHEN regexp_matches(%1$s, '%2$s')
            THEN TRY_CAST(%1$s AS TIMESTAMPTZ) END)) AS BIGINT),
          TRY_CAST(floor(epoch(CASE WHEN NOT regexp_matches(%1$s, '%2$s')
            THEN TRY_CAST(%1$s AS TIMESTAMP) END)) AS BIGINT))""",
        verbatim(column), OFFSET);
  }

  /// The column as BOOLEAN, null where it is none of true, false, 1 and 0.
  public static String flag(Column column) {
    String name = name(column.name());
    if (column.isBoolean()) {
      return name;
    }
    if (column.isNumber()) {
      return format("CASE WHEN %1$s = 1 THEN true WHEN %1$s = 0 THEN false END", name);
    }
    return format(
        "CASE lower(trim(%s)) WHEN '1' THEN true WHEN 'true' THEN true WHEN '0' THEN false WHEN 'false' THEN false END",
        verbatim(column));
  }

  /// The column as DOUBLE, null where it is no number.
  public static String number(Column column) {
    return "TRY_CAST(" + verbatim(column) + " AS DOUBLE)";
  }

  /// The column as VARCHAR, exactly as it stands.
  public static String verbatim(Column column) {
    // A column of numbers and texts in a JSONL file; a cast would keep the quotes of its texts.
    return column.isJson()
        ? "(" + name(column.name()) + " ->> '$')"
        : "CAST(" + name(column.name()) + " AS VARCHAR)";
  }

  /// The column as VARCHAR without outer blanks, null where nothing is left.
  public static String string(Column column) {
    return "nullif(trim(" + verbatim(column) + "), '')";
  }
}
