package io.saviorrec.trainer.data.table;

import java.util.Set;

/// A column of a table file with the type that DuckDB gives it.
public record Column(String name, String type) {
  private static final Set<String> INTEGERS =
      Set.of(
          "TINYINT",
          "SMALLINT",
          "INTEGER",
          "BIGINT",
          "HUGEINT",
          "UTINYINT",
          "USMALLINT",
          "UINTEGER",
          "UBIGINT",
          "UHUGEINT");

  boolean isInteger() {
    return INTEGERS.contains(type);
  }

  boolean isFloat() {
    return type.equals("FLOAT") || type.equals("DOUBLE");
  }

  public boolean isNumber() {
    return isInteger() || isFloat() || type.startsWith("DECIMAL");
  }

  boolean isBoolean() {
    return type.equals("BOOLEAN");
  }

  /// Whether the values are JSON, as where a JSONL file has texts and numbers under one key.
  boolean isJson() {
    return type.equals("JSON");
  }

  boolean isTime() {
    return type.startsWith("TIMESTAMP") || type.equals("DATE");
  }

  /// Whether the value is a list, a struct, a map or bytes.
  boolean isNested() {
    return type.contains("[")
        || (type.contains("(") && !type.startsWith("DECIMAL") && !type.startsWith("ENUM"))
        || type.equals("BLOB");
  }
}
