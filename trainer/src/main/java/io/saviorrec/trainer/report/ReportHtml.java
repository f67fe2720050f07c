package io.saviorrec.trainer.report;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.saviorrec.loadtest.report.Page;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;

/// A page in the making: its parts, its charts and the pictures that they show. It stands alone:
/// the charts' library is inside of it.
final class ReportHtml {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String VERSION = "META-INF/maven/org.webjars.npm/echarts/pom.properties";

  private static final String STYLE =
      """
      :root { --rest: #c3ccd5; }
      @media (prefers-color-scheme: dark) { :root { --rest: #46515d; } }
      :root.printed { color-scheme: light; --ink: #1d232b; --quiet: #5b6673; --paper: #ffffff; --card: #ffffff;
        --line: #d9dfe5; --good: #17763b; --bad: #b3261e; --c1: #1f6feb; --c2: #0b8a7d; --c3: #b35900;
        --c4: #c2255c; --c5: #6f42c1; --c6: #57606a; --rest: #c3ccd5; }
      h1 + p { margin-top: 0; }
      h2 { margin-top: 40px; border-top: 1px solid var(--line); padding-top: 24px; }
      figcaption + p { margin: -4px 0 8px; }
      .pair { display: grid; grid-template-columns: repeat(auto-fit, minmax(430px, 1fr)); gap: 0 16px; }
      .tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(150px, 1fr)); gap: 12px; margin: 20px 0; }
      .tile { background: var(--card); border-radius: 8px; padding: 12px 16px; }
      .tile b { display: block; font-size: 26px; line-height: 1.25; font-variant-numeric: tabular-nums; }
      .tile small { color: var(--quiet); font-size: 13px; }
      .best td { font-weight: 600; }
      .chart { width: 100%; }
      .gallery { display: grid; grid-template-columns: repeat(auto-fit, minmax(340px, 1fr)); gap: 10px 16px; }
      .gallery i { display: inline-block; width: 11px; height: 11px; border-radius: 6px; }
      .gallery img { width: 36px; height: 36px; border-radius: 4px; margin: 4px 4px 0 0; }
      @media print {
        body { max-width: none; padding: 0; font-size: 12px; }
        figure, table, .tiles { break-inside: avoid; border: 1px solid var(--line); }
        figure { padding: 8px 10px; }
        .pair { display: block; }
        h2 { break-after: avoid; }
        table { font-size: 10px; } th, td { padding: 3px 4px; white-space: normal; }
        .tiles { border: 0; } .tile { border: 1px solid var(--line); }
      }
      """;

  private final List<String> parts = new ArrayList<>();
  private final ArrayNode charts = JsonNodeFactory.instance.arrayNode();
  private final ArrayNode items = JsonNodeFactory.instance.arrayNode();

  void add(String html) {
    parts.add(html);
  }

  void heading(String text) {
    parts.add(Page.heading(text));
  }

  /// A paragraph in a quiet colour.
  void note(String text) {
    parts.add("<p class=\"quiet\">%s</p>\n".formatted(Page.text(text)));
  }

  /// A few figures that say most.
  void tiles(List<Tile> tiles) {
    StringBuilder html = new StringBuilder("<div class=\"tiles\">\n");
    for (Tile tile : tiles) {
      html.append(
          "<div class=\"tile\"><b>%s</b>%s<br><small>%s</small></div>\n"
              .formatted(Page.text(tile.value()), Page.text(tile.name()), Page.text(tile.note())));
    }
    parts.add(html.append("</div>\n").toString());
  }

  /// @param note what stands beneath the name, may be empty
  record Tile(String name, String value, String note) {}

  /// Figures that stand side by side where there is room.
  void pair(String... figures) {
    parts.add("<div class=\"pair\">\n" + String.join("", figures) + "</div>\n");
  }

  /// A chart with its caption.
  ///
  /// @param note beneath the caption, may be empty
  String figure(String caption, String note, ObjectNode option, int height) {
    charts.add(option);
    String beneath = note.isEmpty() ? "" : "<p class=\"quiet\">%s</p>".formatted(Page.text(note));
    return "<figure><figcaption>%s</figcaption>%s<div class=\"chart\" data-chart=\"%d\" style=\"height:%dpx\"></div></figure>\n"
        .formatted(Page.text(caption), beneath, charts.size() - 1, height);
  }

  /// An item that maps name by its number.
  ///
  /// @param picture a data URI, empty without one
  /// @return the number
  int item(String title, String category, String picture) {
    items.addObject().put("title", title).put("category", category).put("picture", picture);
    return items.size() - 1;
  }

  String html(String title) {
    List<String> all = new ArrayList<>(parts);
    all.add("<script>%s</script>\n".formatted(echarts()));
    all.add(
        "<script>\nconst charts = %s;\nconst items = %s;\n%s</script>\n"
            .formatted(json(charts), json(items), resource("report/report.js")));
    return Page.of(title, STYLE, all);
  }

  /// As it may stand in a script.
  private static String json(ArrayNode values) {
    try {
      return JSON.writeValueAsString(values).replace("</", "<\\/").replace("<!--", "<\\!--");
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a tree can always be written", e);
    }
  }

  private static String echarts() {
    Properties library = new Properties();
    try (InputStream in = open(VERSION)) {
      library.load(in);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return resource(
        "META-INF/resources/webjars/echarts/%s/dist/echarts.min.js"
            .formatted(library.getProperty("version")));
  }

  private static String resource(String name) {
    try (InputStream in = open(name)) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static InputStream open(String name) {
    InputStream in = ReportHtml.class.getClassLoader().getResourceAsStream(name);
    if (in == null) {
      throw new IllegalStateException("no " + name + " on the class path");
    }
    return in;
  }
}
