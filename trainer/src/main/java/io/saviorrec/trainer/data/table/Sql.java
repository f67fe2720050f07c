package io.saviorrec.trainer.data.table;

import java.util.Locale;

/// Pieces of DuckDB SQL, made from names and values that come from outside.
public final class Sql {
  /// The last second of the year 9999: later ones are most likely not seconds.
  public static final long MAX_UNIX_SECONDS = 253_402_300_799L;

  private Sql() {}

  /// A statement with its values filled in, the same wherever the program runs: by the machine's
  /// own locale a number may have other digits.
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

  /// The column as BIGINT, null where its value is no whole number.
  public static String wholeNumber(Column column) {
    String name = name(column.name());
    if (column.isInteger()) {
      return "TRY_CAST(" + name + " AS BIGINT)";
    }
    if (column.isNumber()) {
      return format(
          "CASE WHEN isfinite(CAST(%1$s AS DOUBLE)) AND CAST(%1$s AS DOUBLE) = floor(CAST(%1$s AS DOUBLE)) THEN TRY_CAST(%1$s AS BIGINT) END",
          name);
    }
    return format(
        "CASE WHEN regexp_full_match(trim(CAST(%1$s AS VARCHAR)), '[+-]?[0-9]+') THEN TRY_CAST(trim(CAST(%1$s AS VARCHAR)) AS BIGINT) END",
        name);
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
    return format(
        "coalesce(TRY_CAST(floor(TRY_CAST(%1$s AS DOUBLE)) AS BIGINT), TRY_CAST(floor(epoch(TRY_CAST(%1$s AS TIMESTAMP))) AS BIGINT))",
        "CAST(" + name + " AS VARCHAR)");
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
        "CASE lower(trim(CAST(%s AS VARCHAR))) WHEN '1' THEN true WHEN 'true' THEN true WHEN '0' THEN false WHEN 'false' THEN false END",
        name);
  }

  /// The column as DOUBLE, null where it is no number.
  public static String number(Column column) {
    return "TRY_CAST(" + name(column.name()) + " AS DOUBLE)";
  }

  /// The column as VARCHAR, exactly as it stands.
  public static String verbatim(Column column) {
    return "CAST(" + name(column.name()) + " AS VARCHAR)";
  }

  /// The column as VARCHAR without outer blanks, null where nothing is left.
  public static String string(Column column) {
    return "nullif(trim(CAST(" + name(column.name()) + " AS VARCHAR)), '')";
  }
}
