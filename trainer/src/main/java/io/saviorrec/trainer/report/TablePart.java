package io.saviorrec.trainer.report;

import io.saviorrec.loadtest.report.Page;
import io.saviorrec.trainer.evaluate.Retrieval;
import io.saviorrec.trainer.metric.DeLong;
import io.saviorrec.trainer.metric.Difference;
import io.saviorrec.trainer.report.Charts.Forest;
import io.saviorrec.trainer.report.Charts.Series;
import io.saviorrec.trainer.tables.Mean;
import io.saviorrec.trainer.tables.PaperTable.Measure;
import io.saviorrec.trainer.tables.Period;
import io.saviorrec.trainer.tables.TableResult;
import io.saviorrec.trainer.tables.TableResult.Against;
import io.saviorrec.trainer.tables.TableResult.BucketRow;
import io.saviorrec.trainer.tables.TableResult.Row;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.ToDoubleFunction;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// The part of a page that shows a table beside the paper's.
final class TablePart {
  private static final Mean NONE = new Mean(Double.NaN, Double.NaN, Double.NaN);
  private static final double SURE = 0.01;
  private static final int ROW_HEIGHT = 34;

  private final TableResult table;
  private final ReportHtml page;

  TablePart(TableResult table, ReportHtml page) {
    this.table = table;
    this.page = page;
  }

  void add() {
    String seeds = table.seeds().stream().map(String::valueOf).collect(Collectors.joining(", "));
    page.add("<h1>%s: %s</h1>\n".formatted(Page.text(table.printed()), Page.text(table.title())));
    long samples = table.buckets().stream().mapToLong(Period.Bucket::samples).sum();
    page.note(
        "%s, test period of %s impressions; seeds %s"
            .formatted(table.data(), Figures.count(samples), seeds));
    table
        .failed()
        .forEach(
            (cell, why) ->
                page.add(
                    "<p class=\"bad\">%s failed: %s</p>\n"
                        .formatted(Page.text(cell), Page.text(why))));
    if (table.rows().isEmpty()) {
      page.note("No row has a finished cell yet.");
      return;
    }
    if (table.measure() == Measure.RETRIEVAL) {
      retrieval();
    } else {
      clicks();
    }
    table
        .missing()
        .forEach(
            (row, lacks) ->
                page.note("Left out: %s; this program lacks %s.".formatted(row, lacks)));
  }

  private void clicks() {
    Row reference = table.row(table.reference());
    if (reference != null) {
      page.add("<p class=\"verdict\">%s</p>\n".formatted(Page.text(verdict(reference))));
    }
    page.add(clickTable(reference));
    page.note(
        "AUC, GAUC and their differences × 100. Intervals of 95 %%: those by seeds are Student's t over seeds; those by users come from drawing users with replacement %s times, the same draws for both rows and all seeds. DeLong's p takes impressions for independent, which those of one user are not."
            .formatted(Figures.count(table.resamples())));
    List<Row> others = table.rows().stream().filter(row -> row.against() != null).toList();
    if (reference != null && !others.isEmpty()) {
      page.add(differences(reference, others));
    }
    List<String> names = bucketNames();
    String ours =
        page.figure(
            "AUC by page views of the item before the test period",
            "AUC × 100; whiskers are 95 % intervals by users",
            Charts.dots(names, "AUC %", bucketAuc()),
            380);
    page.add(ours);
    if (!others.isEmpty()) {
      page.add(
          page.figure(
              "Difference to %s by page views".formatted(label(reference)),
              "AUC × 100; whiskers are 95 % intervals by users of the paired difference",
              Charts.bars(names, "difference", bucketDifferences(others)),
              360));
    }
    page.add(heights());
    Map<String, double[]> paper = PaperFigures.buckets(table.table());
    if (!paper.isEmpty()) {
      List<Series> series = new ArrayList<>();
      paper.forEach((row, auc) -> series.add(Series.of(row, auc)));
      page.add(
          page.figure(
              "The paper's own figures by page views",
              "Taobao's homepage feed, %s; AUC × 100; other buckets, and other items, than ours"
                  .formatted(table.printed()),
              Charts.lines(PaperFigures.BUCKETS, "AUC %", series),
              360));
    }
  }

  /// Whether the reference is ahead, in a sentence.
  private String verdict(Row reference) {
    List<Row> others = table.rows().stream().filter(row -> row.against() != null).toList();
    double auc = metric(reference, "auc").mean();
    if (others.isEmpty()) {
      return "%s: AUC %s %%".formatted(reference.label(), Figures.percent(auc));
    }
    List<String> behind = named(others, difference -> difference.high() < 0);
    List<String> ahead = named(others, difference -> difference.low() > 0);
    List<String> open =
        named(others, difference -> difference.low() <= 0 && difference.high() >= 0);
    List<String> sentences = new ArrayList<>();
    sentences.add("%s has an AUC of %s %%".formatted(reference.label(), Figures.percent(auc)));
    if (!behind.isEmpty()) {
      sentences.add("it is ahead of " + String.join(", ", behind));
    }
    if (!ahead.isEmpty()) {
      sentences.add("behind " + String.join(", ", ahead));
    }
    if (!open.isEmpty()) {
      sentences.add("not to be told apart from " + String.join(", ", open));
    }
    return String.join("; ", sentences) + ".";
  }

  private static List<String> named(List<Row> rows, Predicate<Difference> is) {
    return rows.stream()
        .filter(row -> row.against() != null && row.against().auc() != null)
        .filter(row -> is.test(auc(row)))
        .map(Row::label)
        .toList();
  }

  private static Difference auc(Row row) {
    Against against = row.against();
    Difference auc = against == null ? null : against.auc();
    return auc == null
        ? new Difference(Double.NaN, Double.NaN, Double.NaN, Double.NaN, Double.NaN, Double.NaN)
        : auc;
  }

  private String clickTable(@Nullable Row reference) {
    StringBuilder html =
        new StringBuilder(
            """
            <div class="wide"><table>
            <tr><th>row</th><th>AUC %</th><th>by seeds</th><th>difference</th><th>by users</th><th>p</th><th>p DeLong</th><th>GAUC %</th><th>difference</th><th>paper AUC %</th><th>difference</th></tr>
            """);
    double best =
        table.rows().stream()
            .mapToDouble(row -> metric(row, "auc").mean())
            .max()
            .orElse(Double.NaN);
    for (Row row : table.rows()) {
      Mean auc = metric(row, "auc");
      Against against = row.against();
      Difference users = auc(row);
      DeLong.Result deLong = against == null ? null : against.deLong();
      Difference gauc = against == null ? null : against.gauc();
      String colour =
          !(users.pValue() < SURE)
              ? ""
              : users.difference() < 0 ? " class=\"bad\"" : " class=\"good\"";
      html.append(auc.mean() == best ? "<tr class=\"best\">" : "<tr>");
      cell(html, "", row.label());
      cell(html, "", Figures.percent(auc.mean()));
      cell(html, "", Figures.interval(auc.low(), auc.high()));
      cell(html, colour, Figures.signed(users.difference()));
      cell(html, "", Figures.signedInterval(users.low(), users.high()));
      cell(html, "", Figures.p(users.pValue()));
      cell(html, "", Figures.p(deLong == null ? Double.NaN : deLong.pValue()));
      cell(html, "", Figures.percent(metric(row, "gauc").mean()));
      cell(html, "", Figures.signed(gauc == null ? Double.NaN : gauc.difference()));
      cell(html, "", Figures.digits(paper(row), 2));
      double difference =
          reference == null || row.name().equals(reference.name())
              ? Double.NaN
              : paper(row) - paper(reference);
      cell(html, "", Figures.signed(difference / 100));
      html.append("</tr>\n");
    }
    return html.append("</table></div>\n").toString();
  }

  /// What is not about the order.
  private String heights() {
    List<List<String>> rows = new ArrayList<>();
    rows.add(
        List.of(
            "row",
            "seeds",
            "GAUC %, users alike",
            "LogLoss",
            "normalised entropy",
            "PCOC",
            "ECE",
            "minutes"));
    for (Row row : table.rows()) {
      rows.add(
          List.of(
              row.label(),
              Integer.toString(row.seeds().size()),
              Figures.percent(metric(row, "gauc_unweighted").mean()),
              Figures.digits(metric(row, "logloss").mean(), 4),
              Figures.digits(metric(row, "normalized_entropy").mean(), 4),
              Figures.digits(metric(row, "pcoc").mean(), 3),
              Figures.digits(metric(row, "ece").mean(), 4),
              Figures.digits(row.seconds() / 60, 1)));
    }
    return Page.table(rows);
  }

  private static void cell(StringBuilder html, String attributes, String text) {
    html.append("<td").append(attributes).append('>').append(Page.text(text)).append("</td>");
  }

  private String label(@Nullable Row reference) {
    return reference == null ? table.reference() : reference.label();
  }

  private static double paper(Row row) {
    Double paper = row.paper();
    return paper == null ? Double.NaN : paper;
  }

  private static Mean metric(Row row, String name) {
    return row.metrics().getOrDefault(name, NONE);
  }

  private String differences(Row reference, List<Row> others) {
    Series ours =
        new Series(
            "here, with the 95 % interval by users",
            null,
            of(others, row -> 100 * auc(row).difference()),
            of(others, row -> 100 * auc(row).low()),
            of(others, row -> 100 * auc(row).high()));
    double[] paper = of(others, row -> paper(row) - paper(reference));
    return page.figure(
        "Difference to %s in AUC, here and in the paper".formatted(reference.label()),
        "AUC × 100; left of the line is worse",
        Charts.forest(
            new Forest(others.stream().map(Row::label).toList(), ours, paper), "AUC × 100"),
        90 + ROW_HEIGHT * others.size());
  }

  private static double[] of(List<Row> rows, ToDoubleFunction<Row> figure) {
    return rows.stream().mapToDouble(figure).toArray();
  }

  private List<String> bucketNames() {
    return table.buckets().stream().map(Period.Bucket::name).toList();
  }

  private List<Series> bucketAuc() {
    List<Series> series = new ArrayList<>();
    for (Row row : table.rows()) {
      series.add(
          series(
              row,
              bucket -> bucket.auc().value(),
              bucket -> bucket.auc().low(),
              bucket -> bucket.auc().high()));
    }
    return series;
  }

  private static List<Series> bucketDifferences(List<Row> others) {
    Function<BucketRow, Difference> of =
        bucket -> {
          Difference difference = bucket.difference();
          return difference == null
              ? new Difference(
                  Double.NaN, Double.NaN, Double.NaN, Double.NaN, Double.NaN, Double.NaN)
              : difference;
        };
    return others.stream()
        .map(
            row ->
                series(
                    row,
                    bucket -> of.apply(bucket).difference(),
                    bucket -> of.apply(bucket).low(),
                    bucket -> of.apply(bucket).high()))
        .toList();
  }

  private static Series series(
      Row row,
      ToDoubleFunction<BucketRow> value,
      ToDoubleFunction<BucketRow> low,
      ToDoubleFunction<BucketRow> high) {
    return new Series(row.label(), null, each(row, value), each(row, low), each(row, high));
  }

  private static double[] each(Row row, ToDoubleFunction<BucketRow> figure) {
    return row.buckets().stream()
        .mapToDouble(bucket -> 100 * figure.applyAsDouble(bucket))
        .toArray();
  }

  private void retrieval() {
    List<List<String>> rows = new ArrayList<>();
    rows.add(
        List.of(
            "row",
            "seeds",
            "Hit@30 %",
            "by seeds",
            "times the first",
            "Hit@30 of later clicks %",
            "by seeds",
            "paper %",
            "times the first"));
    double first = metric(table.rows().getFirst(), Retrieval.NEXT).mean();
    double paperFirst = paper(table.rows().getFirst());
    for (Row row : table.rows()) {
      Mean next = metric(row, Retrieval.NEXT);
      Mean later = metric(row, Retrieval.LATER);
      rows.add(
          List.of(
              row.label(),
              Integer.toString(row.seeds().size()),
              Figures.percent(next.mean()),
              Figures.interval(next.low(), next.high()),
              Figures.digits(next.mean() / first, 2),
              Figures.percent(later.mean()),
              Figures.interval(later.low(), later.high()),
              Figures.digits(paper(row), 2),
              Figures.digits(paper(row) / paperFirst, 2)));
    }
    page.add(Page.table(rows));
    page.note(
        "Each click asks for its nearest items by cosine of z among the whole corpus, itself left out. Hit@30: the user's next click is among the first thirty. The other reading counts all later clicks.");
    List<String> names = table.rows().stream().map(Row::label).toList();
    page.pair(
        hits("Hit@30, here", names, Retrieval.NEXT),
        page.figure(
            "Hit@30, the paper",
            "Taobao; %",
            Charts.bars(
                names, "%", List.of(Series.of("paper", of(table.rows(), TablePart::paper)))),
            300));
  }

  private String hits(String caption, List<String> names, String metric) {
    return page.figure(
        caption,
        "%; whiskers are 95 % intervals over seeds",
        Charts.bars(
            names,
            "%",
            List.of(
                new Series(
                    "here",
                    null,
                    of(table.rows(), row -> 100 * metric(row, metric).mean()),
                    of(table.rows(), row -> 100 * metric(row, metric).low()),
                    of(table.rows(), row -> 100 * metric(row, metric).high())))),
        300);
  }
}
