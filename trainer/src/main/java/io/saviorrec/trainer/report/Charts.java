package io.saviorrec.trainer.report;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Options of Apache ECharts for the charts of a report. Colours are names of the page's, such as
/// `var(--c1)`, and functions are names of those in `report.js`, such as `js:whisker`; the page
/// puts both in, so that a chart follows the reader's colour scheme.
final class Charts {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int COLOURS = 6;

  private Charts() {}

  /// Values over the names of an axis, or over numbers, with what is known of their error.
  ///
  /// @param x null: `y` stands at the places of the axis's names
  /// @param low lower ends of intervals, null: none
  /// @param high their upper ends
  @SuppressWarnings("ArrayRecordComponent") // plain columns, never compared
  record Series(
      String name,
      double @Nullable [] x,
      double[] y,
      double @Nullable [] low,
      double @Nullable [] high) {
    static Series of(String name, double[] y) {
      return new Series(name, null, y, null, null);
    }
  }

  static String colour(int series) {
    return "var(--c%d)".formatted(series % COLOURS + 1);
  }

  /// Bars at the names of an axis, with whiskers where intervals are known.
  static ObjectNode bars(List<String> names, String unit, List<Series> series) {
    ObjectNode option = frame(series.size() > 1);
    names(option.putObject("xAxis"), names);
    values(option.putObject("yAxis"), unit, true);
    ArrayNode all = option.putArray("series");
    for (int s = 0; s < series.size(); s++) {
      Series each = series.get(s);
      ObjectNode bar = all.addObject();
      bar.put("type", "bar").put("name", each.name()).put("barMaxWidth", 46);
      bar.putObject("itemStyle").put("color", colour(s));
      data(bar.putArray("data"), each.y());
      whiskers(all, each, s, series.size(), true);
    }
    return option;
  }

  /// Lines with dots and whiskers at the names of an axis.
  static ObjectNode lines(List<String> names, String unit, List<Series> series) {
    ObjectNode option = frame(true);
    names(option.putObject("xAxis"), names);
    values(option.putObject("yAxis"), unit, false);
    ArrayNode all = option.putArray("series");
    for (int s = 0; s < series.size(); s++) {
      Series each = series.get(s);
      ObjectNode line = all.addObject();
      line.put("type", "line").put("name", each.name()).put("symbolSize", 7);
      line.put("symbol", "circle").put("color", colour(s));
      line.putObject("lineStyle").put("width", 2);
      data(line.putArray("data"), each.y());
      whiskers(all, each, s, series.size(), false);
    }
    return option;
  }

  /// Dots with their whiskers, those of all series side by side above each name.
  static ObjectNode dots(List<String> names, String unit, List<Series> series) {
    ObjectNode option = frame(true);
    names(option.putObject("xAxis"), names);
    ((ObjectNode) option.get("xAxis"))
        .putObject("splitLine")
        .put("show", true)
        .putObject("lineStyle")
        .put("color", "var(--line)");
    values(option.putObject("yAxis"), unit, false);
    ArrayNode all = option.putArray("series");
    for (int s = 0; s < series.size(); s++) {
      Series each = series.get(s);
      double[] low = each.low();
      double[] high = each.high();
      ObjectNode dots = all.addObject();
      dots.put("type", "custom").put("name", each.name()).put("renderItem", "js:beside");
      dots.put("color", colour(s));
      ObjectNode encode = dots.putObject("encode").put("x", 0);
      encode.putArray("y").add(1).add(2).add(3);
      ArrayNode data = dots.putArray("data");
      for (int i = 0; i < names.size(); i++) {
        double value = each.y()[i];
        if (Double.isFinite(value)) {
          boolean known = low != null && high != null && Double.isFinite(low[i]);
          data.addArray()
              .add(i)
              .add(value)
              .add(known && low != null ? low[i] : value)
              .add(known && high != null ? high[i] : value)
              .add(s)
              .add(series.size());
        }
      }
    }
    return option;
  }

  /// Lines over numbers.
  ///
  /// @param diagonal whether the line of equal values is drawn
  static ObjectNode curves(String xName, String yName, List<Series> series, boolean diagonal) {
    ObjectNode option = frame(series.size() > 1);
    ObjectNode x = option.putObject("xAxis");
    values(x, "", false);
    x.put("name", xName).put("nameLocation", "middle").put("nameGap", 28);
    x.putObject("splitLine").put("show", false);
    ((ObjectNode) option.get("grid")).put("bottom", 34);
    values(option.putObject("yAxis"), yName, false);
    if (diagonal) {
      x.put("min", 0);
      ((ObjectNode) option.get("yAxis")).put("min", 0);
    }
    ArrayNode all = option.putArray("series");
    for (int s = 0; s < series.size(); s++) {
      Series each = series.get(s);
      ObjectNode line = all.addObject();
      line.put("type", "line").put("name", each.name()).put("color", colour(s));
      line.put("showSymbol", diagonal).put("symbol", "circle").put("symbolSize", 7);
      line.putObject("lineStyle").put("width", 2);
      pairs(line.putArray("data"), each);
      if (s == 0 && diagonal) {
        diagonal(line, each);
      }
    }
    return option;
  }

  /// As far as both axes reach.
  private static void diagonal(ObjectNode line, Series series) {
    double[] x = series.x();
    double end =
        Math.min(
            Arrays.stream(x == null ? series.y() : x).max().orElse(0),
            Arrays.stream(series.y()).max().orElse(0));
    ObjectNode mark = line.putObject("markLine");
    mark.put("silent", true).put("symbol", "none").put("animation", false);
    mark.putObject("lineStyle").put("color", "var(--quiet)").put("type", "dashed");
    mark.putObject("label").put("show", false);
    ArrayNode ends = mark.putArray("data").addArray();
    ends.addObject().putArray("coord").add(0).add(0);
    ends.addObject().putArray("coord").add(end).add(end);
  }

  /// Rows from top to bottom with a dot and its whisker each, and the paper's figure where it has
  /// one.
  @SuppressWarnings("ArrayRecordComponent") // plain columns, never compared
  record Forest(List<String> names, Series ours, double[] paper) {}

  static ObjectNode forest(Forest forest, String unit) {
    ObjectNode option = frame(true);
    ObjectNode y = option.putObject("yAxis");
    names(y, forest.names());
    y.put("inverse", true);
    ObjectNode x = option.putObject("xAxis");
    values(x, "", false);
    x.put("name", unit).put("nameLocation", "middle").put("nameGap", 28);
    ((ObjectNode) option.get("grid")).put("bottom", 46).put("top", 34);
    ArrayNode all = option.putArray("series");
    ObjectNode ours = all.addObject();
    ours.put("type", "scatter").put("name", forest.ours().name()).put("symbolSize", 11);
    ours.put("color", colour(0)).put("z", 5);
    ObjectNode zero = ours.putObject("markLine");
    zero.put("silent", true).put("symbol", "none");
    zero.putObject("lineStyle").put("color", "var(--quiet)").put("type", "dashed");
    zero.putObject("label").put("show", false);
    zero.putArray("data").addObject().put("xAxis", 0);
    ArrayNode dots = ours.putArray("data");
    ObjectNode whisker = all.addObject();
    whisker.put("type", "custom").put("name", forest.ours().name());
    whisker.put("renderItem", "js:lying").put("color", colour(0)).put("silent", true);
    whisker.putObject("tooltip").put("show", false);
    ObjectNode encode = whisker.putObject("encode").put("y", 1);
    encode.putArray("x").add(0).add(2);
    ArrayNode ends = whisker.putArray("data");
    ObjectNode paper = all.addObject();
    paper.put("type", "scatter").put("name", "paper").put("symbol", "diamond");
    paper.put("symbolSize", 12).put("color", colour(2));
    ArrayNode theirs = paper.putArray("data");
    double[] low = forest.ours().low();
    double[] high = forest.ours().high();
    for (int i = 0; i < forest.names().size(); i++) {
      dot(dots, forest.ours().y()[i], i);
      dot(theirs, forest.paper()[i], i);
      if (low != null && high != null && Double.isFinite(low[i]) && Double.isFinite(high[i])) {
        ends.addArray().add(low[i]).add(i).add(high[i]);
      }
    }
    return option;
  }

  private static void dot(ArrayNode dots, double x, int row) {
    if (Double.isFinite(x)) {
      dots.addArray().add(x).add(row);
    }
  }

  /// Items in the plane, in groups of one colour each; the last group is the rest, in grey.
  ///
  /// @param groups names by number, the last one for the rest
  /// @param groupOf of each item
  /// @param places of each item
  static ObjectNode map(List<String> groups, int[] groupOf, double[][] places) {
    ObjectNode option = JSON.createObjectNode();
    option.put("animation", false);
    option
        .putObject("textStyle")
        .put("color", "var(--quiet)")
        .put("fontFamily", "system-ui, sans-serif");
    ObjectNode legend = option.putObject("legend");
    legend.put("top", 0).put("itemGap", 8).put("itemWidth", 14);
    legend.putObject("textStyle").put("color", "var(--ink)").put("fontSize", 11);
    groups.forEach(legend.putArray("data")::add);
    ObjectNode tooltip = option.putObject("tooltip");
    style(tooltip);
    tooltip.put("formatter", "js:item");
    ObjectNode grid = option.putObject("grid");
    grid.put("left", 8).put("right", 8).put("top", 48).put("bottom", 8);
    option.putObject("xAxis").put("show", false).put("scale", true);
    option.putObject("yAxis").put("show", false).put("scale", true);
    ArrayNode all = option.putArray("series");
    // The rest lies beneath.
    for (int group = groups.size() - 1; group >= 0; group--) {
      boolean rest = group == groups.size() - 1;
      ObjectNode dots = all.addObject();
      dots.put("type", "scatter").put("name", groups.get(group));
      dots.put("symbolSize", rest ? 5 : 9).put("z", rest ? 1 : 3);
      dots.put("color", rest ? "var(--rest)" : colour(group));
      ArrayNode data = dots.putArray("data");
      for (int i = 0; i < groupOf.length; i++) {
        if (groupOf[i] == group) {
          data.addArray().add(round(places[i][0])).add(round(places[i][1])).add(i);
        }
      }
    }
    return option;
  }

  private static double round(double value) {
    return Math.rint(1000 * value) / 1000;
  }

  private static ObjectNode frame(boolean legend) {
    ObjectNode option = JSON.createObjectNode();
    option.put("animation", false);
    option
        .putObject("textStyle")
        .put("color", "var(--quiet)")
        .put("fontFamily", "system-ui, sans-serif");
    ObjectNode grid = option.putObject("grid");
    grid.put("left", 12).put("right", 24).put("bottom", 12).put("top", legend ? 58 : 34);
    grid.put("containLabel", true);
    if (legend) {
      ObjectNode node = option.putObject("legend");
      node.put("top", 0).put("type", "scroll").putObject("textStyle").put("color", "var(--ink)");
    }
    ObjectNode tooltip = option.putObject("tooltip");
    tooltip.put("formatter", "js:value");
    style(tooltip);
    return option;
  }

  private static void style(ObjectNode tooltip) {
    tooltip.put("backgroundColor", "var(--paper)").put("borderColor", "var(--line)");
    tooltip.putObject("textStyle").put("color", "var(--ink)");
  }

  private static void names(ObjectNode axis, List<String> names) {
    axis.put("type", "category");
    names.forEach(axis.putArray("data")::add);
    axis.putObject("axisTick").put("show", false);
    axis.putObject("axisLine").putObject("lineStyle").put("color", "var(--line)");
    axis.putObject("axisLabel").put("color", "var(--ink)").put("interval", 0);
  }

  private static void values(ObjectNode axis, String name, boolean fromZero) {
    axis.put("type", "value").put("scale", !fromZero).put("name", name);
    axis.putObject("nameTextStyle").put("align", "left").put("color", "var(--ink)");
    axis.putObject("axisLabel").put("color", "var(--quiet)");
    axis.putObject("splitLine").putObject("lineStyle").put("color", "var(--line)");
  }

  private static void data(ArrayNode data, double[] values) {
    for (double value : values) {
      if (Double.isFinite(value)) {
        data.add(value);
      } else {
        data.addNull();
      }
    }
  }

  private static void pairs(ArrayNode data, Series series) {
    for (int i = 0; i < series.y().length; i++) {
      double x = series.x() == null ? i : series.x()[i];
      if (Double.isFinite(series.y()[i])) {
        data.addArray().add(x).add(series.y()[i]);
      }
    }
  }

  /// Upright whiskers of a series, beside those of the others.
  private static void whiskers(ArrayNode all, Series series, int at, int of, boolean bars) {
    double[] low = series.low();
    double[] high = series.high();
    if (low == null || high == null) {
      return;
    }
    ObjectNode whisker = all.addObject();
    whisker.put("type", "custom").put("name", series.name()).put("silent", true);
    whisker.put("renderItem", "js:standing").put("z", 4);
    whisker.put("color", bars ? "var(--ink)" : colour(at));
    whisker.putObject("tooltip").put("show", false);
    ObjectNode encode = whisker.putObject("encode").put("x", 0);
    encode.putArray("y").add(1).add(2);
    ArrayNode data = whisker.putArray("data");
    for (int i = 0; i < low.length; i++) {
      if (Double.isFinite(low[i]) && Double.isFinite(high[i])) {
        data.addArray().add(i).add(low[i]).add(high[i]).add(bars ? at : 0).add(bars ? of : 1);
      }
    }
  }
}
