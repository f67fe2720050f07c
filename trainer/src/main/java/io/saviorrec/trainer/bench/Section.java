package io.saviorrec.trainer.bench;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/// One table of a benchmark.
///
/// @param number of the part
/// @param title what was measured
/// @param note what the reader must know of how
/// @param rows in the order in which they are printed
public record Section(int number, String title, String note, List<Row> rows) {

  /// One line of a table.
  ///
  /// @param labels what the figures are of, by the heading of their columns
  /// @param figures what was measured
  record Row(Map<String, String> labels, List<Figure> figures) {
    Row {
      labels = Collections.unmodifiableMap(new LinkedHashMap<>(labels));
      figures = List.copyOf(figures);
    }
  }

  public Section {
    rows = List.copyOf(rows);
  }

  /// How many figures have a target, and how many of those met it.
  long targets(boolean metOnly) {
    return rows.stream()
        .flatMap(row -> row.figures().stream())
        .filter(
            figure -> figure.target() != null && (!metOnly || figure.target().met(figure.value())))
        .count();
  }

  /// The table with its headings, cells by column.
  private List<List<String>> table() {
    Set<String> headings = new LinkedHashSet<>();
    rows.forEach(row -> headings.addAll(row.labels().keySet()));
    rows.forEach(row -> row.figures().forEach(figure -> headings.add(figure.heading())));
    List<List<String>> lines = new ArrayList<>();
    lines.add(List.copyOf(headings));
    for (Row row : rows) {
      Map<String, String> cells = new LinkedHashMap<>(row.labels());
      row.figures().forEach(figure -> cells.put(figure.heading(), figure.text()));
      lines.add(headings.stream().map(heading -> cells.getOrDefault(heading, "")).toList());
    }
    return lines;
  }

  /// For a terminal: title, note, and columns under each other.
  List<String> text() {
    List<List<String>> table = table();
    int columns = table.getFirst().size();
    int[] widths = new int[columns];
    table.forEach(
        line -> {
          for (int i = 0; i < columns; i++) {
            widths[i] = Math.max(widths[i], line.get(i).length());
          }
        });
    List<String> lines = new ArrayList<>(List.of("(" + number + ") " + title, "    " + note));
    for (List<String> cells : table) {
      StringBuilder line = new StringBuilder("    ");
      for (int i = 0; i < columns; i++) {
        line.append(cells.get(i)).repeat(' ', widths[i] + 2 - cells.get(i).length());
      }
      lines.add(line.toString().stripTrailing());
    }
    return lines;
  }

  /// For a document.
  List<String> markdown() {
    List<List<String>> table = table();
    List<String> lines = new ArrayList<>(List.of("### (" + number + ") " + title, "", note, ""));
    for (int i = 0; i < table.size(); i++) {
      lines.add("| " + String.join(" | ", table.get(i)) + " |");
      if (i == 0) {
        lines.add("|" + "---|".repeat(table.get(i).size()));
      }
    }
    return lines;
  }

  /// As JSON has it.
  Map<String, Object> fields() {
    List<Map<String, Object>> all = new ArrayList<>();
    for (Row row : rows) {
      Map<String, Object> fields = new LinkedHashMap<>();
      row.labels().forEach((name, value) -> fields.put(key(name), label(value)));
      row.figures().forEach(figure -> fields.put(key(figure.name()), figure.fields()));
      all.add(fields);
    }
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("part", number);
    fields.put("title", title);
    fields.put("note", note);
    fields.put("rows", all);
    return fields;
  }

  private static Object label(String value) {
    return value.matches("\\d+") ? Long.valueOf(value) : value;
  }

  private static String key(String name) {
    return name.toLowerCase(Locale.ROOT).replace("÷", "over").replaceAll("[^a-z0-9.]+", "_");
  }
}
