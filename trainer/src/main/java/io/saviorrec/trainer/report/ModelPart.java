package io.saviorrec.trainer.report;

import com.fasterxml.jackson.databind.JsonNode;
import io.saviorrec.bundle.Manifest;
import io.saviorrec.loadtest.report.Page;
import io.saviorrec.trainer.evaluate.ItemSample;
import io.saviorrec.trainer.evaluate.LatentProbes;
import io.saviorrec.trainer.evaluate.LayerImportance;
import io.saviorrec.trainer.metric.Calibration;
import io.saviorrec.trainer.metric.ClickMetrics;
import io.saviorrec.trainer.metric.Interval;
import io.saviorrec.trainer.report.Charts.Series;
import io.saviorrec.trainer.report.ReportHtml.Tile;
import io.saviorrec.trainer.tables.Period;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.ToDoubleFunction;
import java.util.function.ToLongFunction;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/// The part of a page that shows one trained model.
final class ModelPart {
  /// Groups that a map names; the rest is grey.
  private static final int GROUPS = 6;

  /// Of each group.
  private static final int PICTURES = 8;

  private final ModelStudy study;
  private final ReportHtml page;

  ModelPart(ModelStudy study, ReportHtml page) {
    this.study = study;
    this.page = page;
  }

  /// @param title whether the model is what the whole page is about
  void add(boolean title) {
    Manifest manifest = study.bundle().manifest();
    String name = "%s, version %d".formatted(manifest.model(), manifest.version());
    if (title) {
      page.add("<h1>%s</h1>\n".formatted(Page.text(name)));
    } else {
      page.heading("One model in detail: " + name);
    }
    page.note(
        "%s on %s, seed %d; test period of %s impressions"
            .formatted(
                manifest.variant(),
                study.data(),
                manifest.lineage().seed(),
                Figures.count(study.period().samples())));
    tiles();
    ranking();
    losses();
    log();
    layers();
    maps();
    probes();
  }

  private void tiles() {
    ClickMetrics metrics = study.metrics();
    List<Tile> tiles = new ArrayList<>();
    tiles.add(new Tile("AUC", Figures.percent(metrics.auc()), "%, ties half"));
    tiles.add(
        new Tile(
            "GAUC",
            Figures.percent(metrics.gauc()),
            "%%, users alike %s".formatted(Figures.percent(metrics.gaucUnweighted()))));
    tiles.add(
        new Tile(
            "LogLoss",
            Figures.digits(metrics.logLoss(), 4),
            "normalised entropy %s".formatted(Figures.digits(metrics.normalizedEntropy(), 4))));
    tiles.add(
        new Tile(
            "PCOC",
            Figures.digits(metrics.pcoc(), 3),
            "predicted over observed clicks; ECE %s".formatted(Figures.digits(metrics.ece(), 4))));
    page.tiles(tiles);
  }

  private List<String> buckets() {
    return study.period().buckets().stream().map(Period.Bucket::name).toList();
  }

  private void ranking() {
    List<Series> series = new ArrayList<>();
    List<Interval> auc = study.auc();
    series.add(
        new Series(
            study.bundle().manifest().model(),
            null,
            percent(auc, Interval::value),
            percent(auc, Interval::low),
            percent(auc, Interval::high)));
    study
        .plain()
        .forEach(
            (name, values) ->
                series.add(
                    Series.of(name, Arrays.stream(values).map(value -> 100 * value).toArray())));
    List<Calibration.Bin> bins = study.reliability();
    Series reliability =
        new Series(
            "observed click rate",
            bins.stream().mapToDouble(Calibration.Bin::predicted).toArray(),
            bins.stream().mapToDouble(Calibration.Bin::observed).toArray(),
            null,
            null);
    page.heading("Ranking and calibration");
    page.pair(
        page.figure(
            "AUC by page views of the item before the test period",
            "%; whiskers are 95 % intervals by users"
                + (study.plain().containsKey("oracle")
                    ? "; oracle is the true click probability"
                    : ""),
            Charts.lines(buckets(), "AUC %", series),
            340),
        page.figure(
            "Reliability",
            "bins of as many impressions each; on the dashed line a prediction is right",
            Charts.curves("predicted click rate", "observed", List.of(reliability), true),
            340));
  }

  private static double[] percent(List<Interval> values, ToDoubleFunction<Interval> of) {
    return values.stream().mapToDouble(each -> 100 * of.applyAsDouble(each)).toArray();
  }

  private void losses() {
    List<String> figures = new ArrayList<>();
    for (JsonNode stage : study.training()) {
      stage
          .path("losses")
          .properties()
          .forEach(
              loop -> {
                List<double[]> points = new ArrayList<>();
                loop.getValue()
                    .forEach(
                        point ->
                            points.add(
                                new double[] {
                                  point.path("step").asDouble(), point.path("loss").asDouble()
                                }));
                if (points.size() > 1) {
                  Series series =
                      new Series(
                          "loss",
                          points.stream().mapToDouble(each -> each[0]).toArray(),
                          points.stream().mapToDouble(each -> each[1]).toArray(),
                          null,
                          null);
                  figures.add(
                      page.figure(
                          "Loss: " + loop.getKey(),
                          "",
                          Charts.curves("step", "", List.of(series), false),
                          230));
                }
              });
    }
    if (!figures.isEmpty()) {
      page.heading("Training");
      page.pair(figures.toArray(String[]::new));
    }
  }

  private void log() {
    page.heading("The log");
    List<Period.Bucket> buckets = study.period().buckets();
    double[] items = shares(buckets, Period.Bucket::items);
    double[] samples = shares(buckets, Period.Bucket::samples);
    double[] clicks = shares(buckets, Period.Bucket::clicks);
    double[] rates =
        buckets.stream()
            .mapToDouble(each -> 100.0 * each.clicks() / Math.max(1, each.samples()))
            .toArray();
    page.pair(
        page.figure(
            "Items, impressions and clicks by page views of the item",
            "% of each; page views before the test period",
            Charts.bars(
                buckets(),
                "%",
                List.of(
                    Series.of("items", items),
                    Series.of("impressions", samples),
                    Series.of("clicks", clicks))),
            320),
        page.figure(
            "The same in the paper (Table 1)",
            "% of each; Taobao's homepage feed",
            Charts.bars(
                PaperFigures.BUCKETS,
                "%",
                List.of(
                    Series.of("items", PaperFigures.ITEMS),
                    Series.of("impressions", PaperFigures.SAMPLES),
                    Series.of("clicks", PaperFigures.CLICKS))),
            320));
    page.pair(
        page.figure(
            "Click rate by page views",
            "%",
            Charts.bars(buckets(), "%", List.of(Series.of("click rate", rates))),
            260),
        page.figure(
            "Predicted over observed clicks by page views",
            "1 is right",
            Charts.bars(buckets(), "", List.of(Series.of("PCOC", study.pcoc()))),
            260));
  }

  private static double[] shares(List<Period.Bucket> buckets, ToLongFunction<Period.Bucket> of) {
    double sum = Math.max(1, buckets.stream().mapToLong(of).sum());
    return buckets.stream().mapToDouble(each -> 100 * of.applyAsLong(each) / sum).toArray();
  }

  private void layers() {
    List<String> figures = new ArrayList<>();
    LayerImportance importance = study.importance();
    if (importance != null) {
      figures.add(
          page.figure(
              "Importance of MBA's residual layers",
              "mean lengths of code vectors and of the fusion layer's columns, each as % of all layers'",
              Charts.bars(
                  layerNames(importance.codebook().length),
                  "%",
                  List.of(
                      Series.of("codebook", hundredfold(importance.codebook())),
                      Series.of("fusion layer", hundredfold(importance.fusion())))),
              300));
    }
    JsonNode quality = study.training().path("quantizer").path("measured").path("quality");
    if (!quality.isMissingNode()) {
      figures.add(codebook(quality));
    }
    if (!figures.isEmpty()) {
      page.heading("Semantic IDs");
      page.pair(figures.toArray(String[]::new));
    }
    if (!quality.isMissingNode()) {
      page.note(
          "%s of %s items have an ID of their own; the cosine of z and what the codes say of it is %s on average."
              .formatted(
                  Figures.count(quality.path("distinctIds").asLong()),
                  Figures.count(quality.path("items").asLong()),
                  Figures.digits(quality.path("cosine").asDouble(), 3)));
    }
  }

  private String codebook(JsonNode quality) {
    JsonNode levels = quality.path("levels");
    double size = quality.path("codebookSize").asDouble();
    double norm = quality.path("encodedNorm").asDouble();
    double[] used = new double[levels.size()];
    double[] perplexity = new double[used.length];
    double[] left = new double[used.length];
    for (int level = 0; level < used.length; level++) {
      JsonNode each = levels.path(level);
      used[level] = 100 * (1 - each.path("deadCodes").asDouble() / size);
      perplexity[level] = 100 * each.path("perplexity").asDouble() / size;
      left[level] = 100 * each.path("residualNorm").asDouble() / norm;
    }
    return page.figure(
        "Use of the codebook",
        "%% of %s codes a layer that items have, and their perplexity; and what length a layer leaves over"
            .formatted(Figures.count((long) size)),
        Charts.bars(
            layerNames(used.length),
            "%",
            List.of(
                Series.of("codes in use", used),
                Series.of("perplexity", perplexity),
                Series.of("length left over", left))),
        300);
  }

  private static List<String> layerNames(int layers) {
    return IntStream.rangeClosed(1, layers).mapToObj(layer -> "layer " + layer).toList();
  }

  private static double[] hundredfold(double[] shares) {
    return Arrays.stream(shares).map(share -> 100 * share).toArray();
  }

  private void maps() {
    ItemSample sample = study.sample();
    int[] places = new int[sample.items().length];
    for (int i = 0; i < places.length; i++) {
      places[i] = page.item(study.titles().get(i), sample.category()[i], study.pictures().get(i));
    }
    page.heading("Items as the model sees them");
    page.note(
        "t-SNE of %s items; point at one to see its picture. Neighbours in the plane are neighbours in z; distances between groups mean little."
            .formatted(Figures.count(places.length)));
    int[] theme = sample.theme();
    if (theme != null) {
      maps(
          "themes",
          Grouped.of(
              Arrays.stream(theme).mapToObj(each -> "theme " + each).toArray(String[]::new)));
    }
    if (Arrays.stream(sample.category()).anyMatch(category -> !category.isEmpty())
        || theme == null) {
      maps("categories", Grouped.of(sample.category()));
    }
  }

  /// z and, with MBA, z_align, with the most frequent groups of one kind in colour.
  private void maps(String kind, Grouped groups) {
    gallery(groups);
    String z =
        page.figure(
            "z, from picture and title, by " + kind,
            "",
            Charts.map(groups.names(), groups.of(), study.places()),
            460);
    double[][] aligned = study.alignedPlaces();
    if (aligned == null) {
      page.add(z);
    } else {
      page.pair(
          z,
          page.figure(
              "z_align, after modal-behaviour alignment, by " + kind,
              "",
              Charts.map(groups.names(), groups.of(), aligned),
              460));
    }
  }

  /// Some pictures of each group that is in colour.
  private void gallery(Grouped groups) {
    if (study.pictures().stream().allMatch(String::isEmpty)) {
      return;
    }
    StringBuilder html = new StringBuilder("<div class=\"gallery\">\n");
    for (int g = 0; g + 1 < groups.names().size(); g++) {
      int group = g;
      html.append(
          "<div><i class=\"c%d\"></i> %s<br>"
              .formatted(g % 6 + 1, Page.text(groups.names().get(g))));
      IntStream.range(0, groups.of().length)
          .filter(i -> groups.of()[i] == group && !study.pictures().get(i).isEmpty())
          .limit(PICTURES)
          .forEach(
              i ->
                  html.append(
                      "<img src=\"%s\" title=\"%s\" alt=\"\">"
                          .formatted(study.pictures().get(i), Page.text(study.titles().get(i)))));
      html.append("</div>\n");
    }
    page.add(html.append("</div>\n").toString());
  }

  /// Items in the most frequent groups and the rest.
  @SuppressWarnings("ArrayRecordComponent") // a plain column, never compared
  private record Grouped(List<String> names, int[] of) {
    static Grouped of(String[] group) {
      Map<String, Integer> counts = new TreeMap<>();
      for (String each : group) {
        counts.merge(each, 1, Integer::sum);
      }
      List<String> names =
          new ArrayList<>(
              counts.entrySet().stream()
                  .filter(each -> !each.getKey().isEmpty())
                  .sorted((a, b) -> b.getValue() - a.getValue())
                  .limit(GROUPS)
                  .map(Map.Entry::getKey)
                  .toList());
      int[] of = new int[group.length];
      for (int i = 0; i < of.length; i++) {
        int at = names.indexOf(group[i]);
        of[i] = at < 0 ? names.size() : at;
      }
      names.add("others");
      return new Grouped(List.copyOf(names), of);
    }
  }

  private void probes() {
    LatentProbes probes = study.probes();
    page.heading("What z tells");
    page.note(
        "z uses %s of its %d directions."
            .formatted(Figures.digits(probes.effectiveRank(), 0), probes.zDim()));
    LatentProbes.Figures held = probes.heldOut();
    LatentProbes.Figures fresh = probes.newItems();
    if (held == null && fresh == null) {
      return;
    }
    List<String> names = new ArrayList<>(List.of("category", "theme"));
    LatentProbes.Figures some = held == null ? fresh : held;
    for (int s = 0; some != null && s < some.style().size(); s++) {
      names.add("style " + s);
    }
    names.add("visible appeal");
    List<Series> series = new ArrayList<>();
    add(series, "items of the training period, held out", held);
    add(series, "items first shown in the test period", fresh);
    page.add(
        page.figure(
            "What a linear map of z finds of what generated items truly show",
            "accuracy of category and theme, R² of the rest; %",
            Charts.bars(names, "%", series),
            300));
  }

  private static void add(
      List<Series> series, String name, LatentProbes.@Nullable Figures figures) {
    if (figures == null) {
      return;
    }
    List<Double> values = new ArrayList<>(List.of(figures.category(), figures.theme()));
    values.addAll(figures.style());
    values.add(figures.visibleAppeal());
    series.add(
        Series.of(
            "%s (%s)".formatted(name, Figures.count(figures.items())),
            values.stream().mapToDouble(value -> 100 * value).toArray()));
  }
}
