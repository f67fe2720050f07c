package io.saviorrec.trainer.cli;

import io.saviorrec.proto.v1.StatColumn;
import io.saviorrec.proto.v1.UpdateStatsRequest;
import io.saviorrec.trainer.console.DiskFault;
import io.saviorrec.trainer.console.UserError;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/// A CSV file of statistics: a header of `item_id` and names, then a line of numbers for each item.
final class StatsFile {
  private static final String ITEM_ID = "item_id";

  private StatsFile() {}

  /// What is in a file.
  static UpdateStatsRequest.Builder read(Path file) {
    List<String> lines;
    try {
      lines = Files.readAllLines(file);
    } catch (IOException e) {
      throw DiskFault.reading(file, e);
    }
    String[] names = lines.isEmpty() ? new String[0] : fields(lines.getFirst());
    if (names.length < 2 || !names[0].equals(ITEM_ID)) {
      throw new UserError(
          "%s, line 1: must be a header, %s and the names of statistics".formatted(file, ITEM_ID));
    }
    UpdateStatsRequest.Builder request = UpdateStatsRequest.newBuilder();
    List<StatColumn.Builder> columns = new ArrayList<>();
    for (int i = 1; i < names.length; i++) {
      columns.add(StatColumn.newBuilder().setName(names[i]));
    }
    for (int line = 1; line < lines.size(); line++) {
      if (!lines.get(line).isBlank()) {
        add(lines.get(line), request, columns, file, line + 1);
      }
    }
    columns.forEach(request::addColumns);
    return request;
  }

  private static void add(
      String line,
      UpdateStatsRequest.Builder request,
      List<StatColumn.Builder> columns,
      Path file,
      int number) {
    String[] fields = fields(line);
    if (fields.length != columns.size() + 1) {
      throw new UserError(
          "%s, line %d: has %d fields, the header has %d"
              .formatted(file, number, fields.length, columns.size() + 1));
    }
    try {
      request.addItemIds(Long.parseLong(fields[0]));
      for (int i = 0; i < columns.size(); i++) {
        String field = fields[i + 1];
        columns.get(i).addValues(field.isEmpty() ? Float.NaN : Float.parseFloat(field));
      }
    } catch (NumberFormatException e) {
      throw new UserError("%s, line %d: must have numbers only".formatted(file, number));
    }
  }

  private static String[] fields(String line) {
    String[] fields = line.split(",", -1);
    for (int i = 0; i < fields.length; i++) {
      fields[i] = fields[i].strip();
    }
    return fields;
  }
}
