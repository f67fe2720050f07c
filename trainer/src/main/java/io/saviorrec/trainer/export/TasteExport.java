package io.saviorrec.trainer.export;

import io.saviorrec.bundle.Manifest;
import io.saviorrec.bundle.TasteTable;
import io.saviorrec.trainer.data.DataSet;
import io.saviorrec.trainer.data.log.Day;
import io.saviorrec.trainer.data.log.TasteRule;
import io.saviorrec.trainer.data.log.Tastes;
import java.nio.file.Path;

/// Writes the taste profiles of a bundle as they are at the start of the test cut's day, when a
/// server would get them.
final class TasteExport {
  private TasteExport() {}

  /// Writes the table.
  ///
  /// @return what the manifest says of it
  static Manifest.Taste write(Path file, Tastes tastes, TasteRule rule, DataSet data) {
    int day = Day.of(data.cuts().testFrom());
    long[] users = tastes.usersBefore(day);
    TasteTable.write(
        file, users, tastes.width(), (user, profile) -> tastes.at(user, day, profile, 0));
    return new Manifest.Taste(
        tastes.width(),
        rule.halfLife(),
        rule.clickRate(),
        users.length,
        day * Day.SECONDS,
        data.name(),
        null);
  }
}
