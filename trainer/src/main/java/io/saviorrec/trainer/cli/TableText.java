package io.saviorrec.trainer.cli;

import io.saviorrec.trainer.cli.AbReportText.Style;
import io.saviorrec.trainer.evaluate.Retrieval;
import io.saviorrec.trainer.metric.DeLong;
import io.saviorrec.trainer.metric.Difference;
import io.saviorrec.trainer.tables.Mean;
import io.saviorrec.trainer.tables.PaperTable.Measure;
import io.saviorrec.trainer.tables.Period;
import io.saviorrec.trainer.tables.TableResult;
import io.saviorrec.trainer.tables.TableResult.Row;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// A table of the paper, made here, as lines for people.
final class TableText {
  private static final Mean NONE = new Mean(Double.NaN, Double.NaN, Double.NaN);

  private TableText() {}

  static List<String> lines(TableResult table, Style style) {
    List<String> lines = new ArrayList<>();
    lines.add(
        "%s%s, %s: %s, seeds %s"
            .formatted(
                style == Style.MARKDOWN ? "## " : "",
                table.printed(),
                table.title(),
                table.data(),
                table.seeds().stream().map(String::valueOf).collect(Collectors.joining(", "))));
    lines.add("");
    if (table.measure() == Measure.CLICKS) {
      AbReportText.table(figures(table), style, lines);
      lines.add("");
      lines.add(
          "Against %s on the same impressions; intervals of 95 %%; users are drawn %,d times; DeLong takes impressions for independent."
              .formatted(table.reference(), table.resamples()));
      lines.add("");
      AbReportText.table(differences(table), style, lines);
      lines.add("");
      lines.add("AUC % by page views of the item before the period, and the difference:");
      lines.add("");
      AbReportText.table(buckets(table), style, lines);
    } else {
      AbReportText.table(hits(table), style, lines);
    }
    table.failed().forEach((cell, why) -> lines.add("Failed: " + cell + ": " + why));
    table
        .missing()
        .forEach((row, lacks) -> lines.add("Left out: " + row + ": this program lacks " + lacks));
    return lines;
  }

  private static List<String[]> figures(TableResult table) {
    List<String[]> rows = new ArrayList<>();
    rows.add(
        new String[] {
          "row",
          "seeds",
          "AUC %",
          "by seeds",
          "GAUC %",
          "alike",
          "LogLoss",
          "NE",
          "PCOC",
          "ECE",
          "paper"
        });
    for (Row row : table.rows()) {
      rows.add(
          new String[] {
            row.label(),
            Integer.toString(row.seeds().size()),
            percent(mean(row, "auc").mean()),
            interval(mean(row, "auc"), "%.2f"),
            percent(mean(row, "gauc").mean()),
            percent(mean(row, "gauc_unweighted").mean()),
            figure("%.4f", mean(row, "logloss").mean()),
            figure("%.4f", mean(row, "normalized_entropy").mean()),
            figure("%.3f", mean(row, "pcoc").mean()),
            figure("%.4f", mean(row, "ece").mean()),
            row.paper() == null ? "-" : figure("%.2f", row.paper())
          });
    }
    return rows;
  }

  private static List<String[]> differences(TableResult table) {
    List<String[]> rows = new ArrayList<>();
    rows.add(
        new String[] {
          "row",
          "seeds",
          "AUC",
          "by users",
          "p",
          "by seeds",
          "p DeLong",
          "GAUC",
          "by users",
          "p",
          "paper"
        });
    Row reference = table.row(table.reference());
    for (Row row : table.rows()) {
      TableResult.Against against = row.against();
      if (against == null) {
        continue;
      }
      Difference auc = Objects.requireNonNull(against.auc());
      Difference gauc = Objects.requireNonNull(against.gauc());
      DeLong.Result deLong = Objects.requireNonNull(against.deLong());
      rows.add(
          new String[] {
            row.label(),
            Integer.toString(against.seeds()),
            figure("%+.2f", 100 * auc.difference()),
            interval(100 * auc.low(), 100 * auc.high(), "%+.2f"),
            p(auc.pValue()),
            interval(100 * against.bySeed().low(), 100 * against.bySeed().high(), "%+.2f"),
            p(deLong.pValue()),
            figure("%+.2f", 100 * gauc.difference()),
            interval(100 * gauc.low(), 100 * gauc.high(), "%+.2f"),
            p(gauc.pValue()),
            paper(row, reference)
          });
    }
    return rows;
  }

  private static String paper(Row row, @Nullable Row reference) {
    Double own = row.paper();
    Double other = reference == null ? null : reference.paper();
    return own == null || other == null ? "-" : figure("%+.2f", own - other);
  }

  private static List<String[]> buckets(TableResult table) {
    List<String[]> rows = new ArrayList<>();
    List<String> head = new ArrayList<>();
    head.add("row");
    table.buckets().stream().map(Period.Bucket::name).forEach(head::add);
    rows.add(head.toArray(String[]::new));
    for (Row row : table.rows()) {
      List<String> cells = new ArrayList<>();
      cells.add(row.label());
      for (TableResult.BucketRow bucket : row.buckets()) {
        String auc = percent(bucket.metrics().getOrDefault("auc", NONE).mean());
        Difference difference = bucket.difference();
        cells.add(
            difference == null
                ? auc
                : auc + " (" + figure("%+.2f", 100 * difference.difference()) + ")");
      }
      rows.add(cells.toArray(String[]::new));
    }
    return rows;
  }

  private static List<String[]> hits(TableResult table) {
    List<String[]> rows = new ArrayList<>();
    rows.add(
        new String[] {
          "row",
          "seeds",
          "Hit@30 %",
          "by seeds",
          "times the first",
          "Hit@30 of later clicks %",
          "by seeds",
          "paper"
        });
    double first =
        table.rows().isEmpty() ? Double.NaN : mean(table.rows().getFirst(), Retrieval.NEXT).mean();
    for (Row row : table.rows()) {
      Mean next = mean(row, Retrieval.NEXT);
      Mean later = mean(row, Retrieval.LATER);
      rows.add(
          new String[] {
            row.label(),
            Integer.toString(row.seeds().size()),
            percent(next.mean()),
            interval(next, "%.2f"),
            figure("%.2f", next.mean() / first),
            percent(later.mean()),
            interval(later, "%.2f"),
            row.paper() == null ? "-" : figure("%.2f", row.paper())
          });
    }
    return rows;
  }

  private static Mean mean(Row row, String name) {
    return row.metrics().getOrDefault(name, NONE);
  }

  private static String interval(Mean mean, String format) {
    return interval(100 * mean.low(), 100 * mean.high(), format);
  }

  private static String interval(double low, double high, String format) {
    return Double.isFinite(low) && Double.isFinite(high)
        ? figure(format, low) + " to " + figure(format, high)
        : "-";
  }

  private static String percent(double share) {
    return figure("%.2f", 100 * share);
  }

  private static String p(double value) {
    return value < 0.001 ? "<.001" : figure("%.3f", value);
  }

  @SuppressWarnings("AnnotateFormatMethod") // its annotation is in a library that only tools use
  private static String figure(String format, double value) {
    return Double.isFinite(value) ? String.format(Locale.ROOT, format, value) : "-";
  }
}
