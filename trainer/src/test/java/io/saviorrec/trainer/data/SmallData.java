package io.saviorrec.trainer.data;

import io.saviorrec.trainer.data.log.Day;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/// Writes small data sets for tests.
final class SmallData {
  static final long DAY = Day.SECONDS;

  private final Path folder;
  private final StringBuilder items = new StringBuilder("item_id,title,image,category\n");
  private final StringBuilder impressions = new StringBuilder();

  private SmallData(Path folder, String header) {
    this.folder = folder;
    impressions.append(header).append('\n');
  }

  static SmallData in(Path folder) {
    return new SmallData(folder, "user_id,item_id,timestamp,clicked");
  }

  static SmallData in(Path folder, String impressionHeader) {
    return new SmallData(folder, impressionHeader);
  }

  SmallData items(long... ids) {
    for (long id : ids) {
      items.append(id + ",Title " + id + ",,cat\n");
    }
    return this;
  }

  SmallData item(String row) {
    items.append(row).append('\n');
    return this;
  }

  SmallData row(String row) {
    impressions.append(row).append('\n');
    return this;
  }

  SmallData shown(long user, long item, long time, int clicked) {
    return row(user + "," + item + "," + time + "," + clicked);
  }

  SmallData write(String file, String text) {
    try {
      Files.writeString(folder.resolve(file), text);
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
    return this;
  }

  /// Cuts that leave everything before day 1000 to training.
  SmallData lateCuts() {
    return cuts(1000 * DAY, 1001 * DAY);
  }

  SmallData cuts(long validationFrom, long testFrom) {
    return write(
        "dataset.json",
        "{\"name\": \"small\", \"validation_from\": "
            + validationFrom
            + ", \"test_from\": "
            + testFrom
            + "}");
  }

  Path write() {
    write("items.csv", items.toString());
    write("impressions.csv", impressions.toString());
    return folder;
  }

  DataSet open() {
    return DataSet.open(write());
  }
}
