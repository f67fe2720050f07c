package io.saviorrec.trainer.tables;

import io.saviorrec.bundle.BundleException;
import io.saviorrec.config.ConfigException;
import io.saviorrec.trainer.console.Interruption;
import io.saviorrec.trainer.console.UserError;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/// Makes the cells of a table one after the other, all rows of a seed before the next seed, so that
/// a table that is not finished has whole columns. Cells that are there are taken; one that fails
/// is told and left out, and tried again by the next run.
public final class TableRun {
  private final PaperTable table;
  private final List<TableRow> rows;
  private final List<Long> seeds;
  private final CellMaker maker;
  private final CellStore store;
  private final LongSupplier nanoClock;
  private final Consumer<String> say;

  /// What a run ends with.
  ///
  /// @param failed what went wrong, by cell
  record Ended(List<TableStatistics.Finished> finished, Map<String, String> failed) {}

  /// @param rows of the table, those that this program lacks left out
  public TableRun(
      PaperTable table,
      List<TableRow> rows,
      List<Long> seeds,
      CellMaker maker,
      CellStore store,
      LongSupplier nanoClock,
      Consumer<String> say) {
    this.table = table;
    this.rows = List.copyOf(rows);
    this.seeds = seeds.stream().distinct().toList();
    this.maker = maker;
    this.store = store;
    this.nanoClock = nanoClock;
    this.say = say;
  }

  /// Makes what is missing, and reads the table off the cells.
  ///
  /// @param data the data set's name
  public TableResult run(String data, Period period) {
    Ended ended = cells();
    return new TableResult(
        table.label(),
        table.printed(),
        table.title(),
        table.measure(),
        data,
        seeds,
        table.reference(),
        TableStatistics.RESAMPLES,
        period.buckets(),
        new TableStatistics(table, period, TableStatistics.RESAMPLES).rows(ended.finished()),
        ended.failed(),
        table.missing());
  }

  Ended cells() {
    List<Cell> cells = new ArrayList<>();
    for (long seed : seeds) {
      rows.forEach(row -> cells.add(new Cell(row, seed)));
    }
    table
        .missing()
        .forEach((row, lacks) -> say.accept(row + " is left out: this program lacks " + lacks));
    List<TableStatistics.Finished> finished = new ArrayList<>();
    Map<String, String> failed = new LinkedHashMap<>();
    List<Double> seconds = new ArrayList<>();
    for (int i = 0; i < cells.size(); i++) {
      Interruption.check();
      Cell cell = cells.get(i);
      String failure = null;
      CellResult result = null;
      try {
        String key = maker.key(cell);
        Optional<CellResult> before = store.find(cell, key);
        result = before.isPresent() ? before.get() : make(cell, key);
      } catch (RuntimeException e) {
        // What ends the process is no failure of the cell.
        Interruption.check();
        failure = message(e);
      }
      if (result == null) {
        failed.put(cell.toString(), String.valueOf(failure));
        say.accept("%s failed: %s".formatted(cell, failure));
      } else {
        seconds.add(result.seconds());
        finished.add(new TableStatistics.Finished(cell, result, scores(cell, result)));
      }
      say.accept(progress(i + 1, cells.size(), cell, seconds));
    }
    return new Ended(finished, failed);
  }

  private CellResult make(Cell cell, String key) {
    long start = nanoClock.getAsLong();
    say.accept("%s begins".formatted(cell));
    CellMaker.Made made = maker.make(cell);
    CellResult result =
        new CellResult(
            cell.row().name(),
            cell.seed(),
            key,
            (nanoClock.getAsLong() - start) / 1e9,
            made.retrieval(),
            made.bundle());
    store.put(cell, result, made.scores());
    return result;
  }

  private float @Nullable [] scores(Cell cell, CellResult result) {
    return result.bundle() == null ? null : store.scores(cell);
  }

  private String progress(int done, int of, Cell cell, List<Double> seconds) {
    String left = "";
    if (done < of && !seconds.isEmpty()) {
      // The first cell trained the encoder for all; the median does not care.
      List<Double> sorted = seconds.stream().sorted().toList();
      double each = sorted.get(sorted.size() / 2);
      left = ", about %s left".formatted(time(Duration.ofSeconds(Math.round(each * (of - done)))));
    }
    return String.format(
        Locale.ROOT, "%s: %d of %d cells (%s)%s", table.label(), done, of, cell, left);
  }

  private static String time(Duration left) {
    return left.toMinutes() < 2 ? left.toSeconds() + " s" : left.toMinutes() + " min";
  }

  /// In one line.
  private static String message(RuntimeException e) {
    String text =
        switch (e) {
          case ConfigException problems -> String.join("; ", problems.problems());
          case UserError _, BundleException _ -> String.valueOf(e.getMessage());
          // Native libraries add their whole call stack to the first line.
          default -> "unexpected " + e.toString().lines().findFirst().orElse("error");
        };
    return String.join(" ", text.lines().map(String::strip).toList());
  }
}
