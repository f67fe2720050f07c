package io.saviorrec.trainer.report;

import io.saviorrec.bundle.Bundle;
import io.saviorrec.bundle.Manifest;
import io.saviorrec.trainer.console.UserError;
import io.saviorrec.trainer.data.DataSet;
import io.saviorrec.trainer.data.table.DatabaseLimits;
import io.saviorrec.trainer.evaluate.PvBuckets;
import io.saviorrec.trainer.tables.ExperimentFolder;
import io.saviorrec.trainer.tables.Period;
import io.saviorrec.trainer.tables.TableResult;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/// The page of a run: of an experiment's table with the reference row's model in detail, or of one
/// bundle.
public final class RunReport {
  private RunReport() {}

  /// Whether a run's folder says itself which data set it is of.
  public static boolean knowsData(Path run) {
    return ExperimentFolder.is(run);
  }

  /// The page.
  ///
  /// @param run an experiment's folder or a bundle's
  /// @param data the data set's folder; null: the one that an experiment was made on
  public static String html(
      Path run, @Nullable Path data, PvBuckets buckets, DatabaseLimits limits) {
    if (ExperimentFolder.is(run)) {
      return experiment(run, data, limits);
    }
    if (!Files.isRegularFile(run.resolve(Bundle.MANIFEST))) {
      throw new UserError(
          run
              + " is neither an experiment's folder nor a bundle; name OUT of savior experiment, or REPOSITORY/MODEL/VERSION");
    }
    if (data == null) {
      throw new UserError("a bundle does not say where its data set is; give --data FOLDER");
    }
    Bundle bundle = Bundle.open(run);
    ReportHtml page = new ReportHtml();
    try (DataSet dataSet = DataSet.open(data, bundle.manifest().features(), limits)) {
      Period period = Period.of(dataSet, buckets);
      new ModelPart(ModelStudy.of(bundle, dataSet, period), page).add(true);
    }
    Manifest manifest = bundle.manifest();
    return page.html("%s version %d".formatted(manifest.model(), manifest.version()));
  }

  private static String experiment(Path run, @Nullable Path given, DatabaseLimits limits) {
    TableResult table = ExperimentFolder.table(run);
    ReportHtml page = new ReportHtml();
    new TablePart(table, page).add();
    TableResult.Row row = table.row(table.reference());
    if (row == null && !table.rows().isEmpty()) {
      row = table.rows().getLast();
    }
    String model = row == null ? null : row.bundle();
    Path data = given == null ? Path.of(ExperimentFolder.plan(run).data()) : given;
    if (model != null && Files.isDirectory(data)) {
      Bundle bundle = Bundle.open(run.resolve(model));
      try (DataSet dataSet = DataSet.open(data, bundle.manifest().features(), limits)) {
        new ModelPart(ModelStudy.of(bundle, dataSet, Period.read(run)), page).add(false);
      }
    } else if (model != null) {
      page.note(
          "%s is not there, so no model is shown in detail; name its new place by --data."
              .formatted(data));
    }
    return page.html("%s: %s".formatted(table.printed(), table.title()));
  }
}
