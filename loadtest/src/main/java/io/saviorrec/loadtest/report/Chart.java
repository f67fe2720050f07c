package io.saviorrec.loadtest.report;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.DoubleStream;
import org.jspecify.annotations.Nullable;

/// Lines over an axis, as a picture inside of a page. Its colours are the page's, so that it is
/// readable on a light and on a dark one.
///
/// @param xName with its unit, as `yName`
/// @param limit a value of y at which a line is drawn; NaN: none
record Chart(
    String title,
    String xName,
    String yName,
    Scale x,
    List<Line> lines,
    double limit,
    @Nullable String limitName) {
  private static final int WIDTH = 760;
  private static final int HEIGHT = 280;
  private static final int LEFT = 64;
  private static final int RIGHT = 16;
  private static final int TOP = 12;
  private static final int BOTTOM = 44;

  /// With more points only the line is drawn.
  private static final int MOST_DOTS = 130;

  /// Values further apart than that are drawn by their factors.
  private static final double SPREAD = 40;

  Chart {
    lines = List.copyOf(lines);
  }

  /// @param colour 1 to 6, as the page defines them
  /// @param notes what is said of each point; may be shorter than the points
  /// @param dotsOnly whether its points are not connected
  record Line(
      String name, int colour, double[] x, double[] y, List<String> notes, boolean dotsOnly) {
    Line {
      notes = List.copyOf(notes);
    }
  }

  String html() {
    StringBuilder html = new StringBuilder("<figure><figcaption>");
    html.append(Page.text(title)).append("<span class=\"legend\">");
    for (Line line : lines) {
      html.append("<span><i class=\"c").append(line.colour).append("\"></i>");
      html.append(Page.text(line.name)).append("</span>");
    }
    html.append("</span></figcaption>");
    svg(html);
    return html.append("</figure>\n").toString();
  }

  private void svg(StringBuilder svg) {
    Scale y = yScale();
    svg.append(
        "<svg viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"%s\">"
            .formatted(WIDTH, HEIGHT, Page.text(title)));
    for (Scale.Mark mark : y.marks()) {
      svg.append(
          String.format(
              Locale.ROOT,
              "<line class=\"grid\" x1=\"%d\" x2=\"%d\" y1=\"%.1f\" y2=\"%.1f\"/>",
              LEFT,
              WIDTH - RIGHT,
              down(mark.at()),
              down(mark.at())));
      svg.append(
          String.format(
              Locale.ROOT,
              "<text x=\"%d\" y=\"%.1f\" text-anchor=\"end\">%s</text>",
              LEFT - 8,
              down(mark.at()) + 4,
              mark.text()));
    }
    for (Scale.Mark mark : x.marks()) {
      svg.append(
          String.format(
              Locale.ROOT,
              "<text x=\"%.1f\" y=\"%d\" text-anchor=\"middle\">%s</text>",
              across(mark.at()),
              HEIGHT - BOTTOM + 18,
              mark.text()));
    }
    svg.append(
        String.format(
            Locale.ROOT,
            "<text class=\"axis\" x=\"%d\" y=\"%d\" text-anchor=\"middle\">%s</text>",
            (LEFT + WIDTH - RIGHT) / 2,
            HEIGHT - 6,
            Page.text(xName)));
    svg.append(
        String.format(
            Locale.ROOT,
            "<text class=\"axis\" transform=\"translate(14 %d) rotate(-90)\" text-anchor=\"middle\">%s</text>",
            (TOP + HEIGHT - BOTTOM) / 2,
            Page.text(yName)));
    if (!Double.isNaN(limit)) {
      svg.append(
          String.format(
              Locale.ROOT,
              "<line class=\"limit\" x1=\"%d\" x2=\"%d\" y1=\"%.1f\" y2=\"%.1f\"/><text x=\"%d\" y=\"%.1f\" text-anchor=\"end\">%s</text>",
              LEFT,
              WIDTH - RIGHT,
              down(y.at(limit)),
              down(y.at(limit)),
              WIDTH - RIGHT,
              down(y.at(limit)) - 5,
              Page.text(limitName == null ? "" : limitName)));
    }
    lines.forEach(line -> draw(line, y, svg));
    svg.append("</svg>");
  }

  private Scale yScale() {
    DoubleStream all = lines.stream().flatMapToDouble(line -> Arrays.stream(line.y));
    double[] values =
        DoubleStream.concat(all, DoubleStream.of(limit)).filter(Double::isFinite).toArray();
    double high = Arrays.stream(values).max().orElse(1);
    double low = Arrays.stream(values).filter(value -> value > 0).min().orElse(1);
    boolean zeros = Arrays.stream(values).anyMatch(value -> value <= 0);
    return !zeros && high > SPREAD * low
        ? Scale.logarithmic(low, high)
        : Scale.linear(0, Math.max(high, 1e-3));
  }

  private void draw(Line line, Scale y, StringBuilder svg) {
    StringBuilder path = new StringBuilder();
    List<String> dots = new ArrayList<>();
    boolean pen = false;
    for (int i = 0; i < line.x.length; i++) {
      if (!Double.isFinite(line.y[i])) {
        pen = false;
        continue;
      }
      double right = across(x.at(line.x[i]));
      double down = down(y.at(line.y[i]));
      path.append(String.format(Locale.ROOT, "%s%.1f %.1f", pen ? "L" : "M", right, down));
      pen = true;
      String note = i < line.notes.size() ? line.notes.get(i) : "";
      dots.add(
          String.format(
              Locale.ROOT,
              "<circle class=\"c%d\" cx=\"%.1f\" cy=\"%.1f\" r=\"%s\"><title>%s</title></circle>",
              line.colour,
              right,
              down,
              line.dotsOnly ? "5" : "2.5",
              Page.text(note)));
    }
    if (!line.dotsOnly) {
      svg.append("<path class=\"c%d\" d=\"%s\"/>".formatted(line.colour, path));
    }
    if (line.dotsOnly || dots.size() <= MOST_DOTS) {
      dots.forEach(svg::append);
    }
  }

  private static double across(double share) {
    return LEFT + share * (WIDTH - LEFT - RIGHT);
  }

  private static double down(double share) {
    return HEIGHT - BOTTOM - share * (HEIGHT - TOP - BOTTOM);
  }
}
