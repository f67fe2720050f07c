package io.saviorrec.loadtest.report;

import java.util.List;

/// The frame of a page that stands alone: no script, no font, no picture from elsewhere.
public final class Page {
  private static final String STYLE =
      """
      :root { color-scheme: light dark; --ink: #1d232b; --quiet: #5b6673; --paper: #ffffff; --card: #f5f7f9;
        --line: #d9dfe5; --good: #17763b; --bad: #b3261e; --c1: #1f6feb; --c2: #0b8a7d; --c3: #b35900;
        --c4: #c2255c; --c5: #6f42c1; --c6: #57606a; }
      @media (prefers-color-scheme: dark) {
        :root { --ink: #e6eaef; --quiet: #9aa6b2; --paper: #14181d; --card: #1d232a; --line: #343d47;
          --good: #56d07d; --bad: #ff8a80; --c1: #6ea8ff; --c2: #4fd1c0; --c3: #f2a65a; --c4: #ff7fab;
          --c5: #b79cf5; --c6: #a3adb8; } }
      * { box-sizing: border-box; }
      body { margin: 0 auto; padding: 24px; max-width: 1160px; background: var(--paper); color: var(--ink);
        font: 15px/1.5 system-ui, sans-serif; }
      h1 { font-size: 24px; margin: 0 0 4px; } h2 { font-size: 18px; margin: 32px 0 8px; }
      .verdict { font-size: 18px; font-weight: 600; margin: 12px 0; }
      .good { color: var(--good); } .bad { color: var(--bad); } .quiet { color: var(--quiet); }
      table { border-collapse: collapse; width: 100%; font-size: 14px; font-variant-numeric: tabular-nums; }
      .wide { overflow-x: auto; }
      th, td { padding: 5px 7px; text-align: right; border-bottom: 1px solid var(--line); white-space: nowrap; }
      th { color: var(--quiet); font-weight: 500; } th:first-child, td:first-child { text-align: left; }
      dl { display: grid; grid-template-columns: max-content 1fr; gap: 2px 16px; margin: 8px 0; }
      dt { color: var(--quiet); } dd { margin: 0; overflow-wrap: anywhere; }
      figure { margin: 16px 0; padding: 12px 16px; background: var(--card); border-radius: 8px; }
      figcaption { font-weight: 600; margin-bottom: 6px; }
      .legend { float: right; font-weight: 400; color: var(--quiet); }
      .legend span { margin-left: 14px; white-space: nowrap; }
      .legend i { display: inline-block; width: 11px; height: 11px; border-radius: 2px; margin-right: 5px; }
      figure > svg { width: 100%; height: auto; display: block; }
      figure > svg text { fill: var(--quiet); font-size: 12px; } figure > svg .axis { fill: var(--ink); }
      .grid { stroke: var(--line); stroke-width: 1; }
      .limit { stroke: var(--bad); stroke-width: 1.5; stroke-dasharray: 6 4; }
      figure > svg path { fill: none; stroke-width: 1.8; stroke-linejoin: round; }
      """;

  private Page() {}

  static String of(String title, List<String> parts) {
    return of(title, "", parts);
  }

  /// A whole page.
  ///
  /// @param style of this page, beside that of all
  public static String of(String title, String style, List<String> parts) {
    StringBuilder colours = new StringBuilder();
    for (int i = 1; i <= 6; i++) {
      colours.append(
          "i.c%d { background: var(--c%d); } path.c%d { stroke: var(--c%d); } circle.c%d { fill: var(--c%d); }\n"
              .formatted(i, i, i, i, i, i));
    }
    return """
        <!doctype html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <title>%s</title>
        <style>
        %s%s%s</style>
        </head>
        <body>
        %s</body>
        </html>
        """
        .formatted(text(title), STYLE, colours, style, String.join("", parts));
  }

  /// A table, as wide as it needs.
  ///
  /// @param rows the first is the head
  public static String table(List<List<String>> rows) {
    StringBuilder html = new StringBuilder("<div class=\"wide\"><table>\n");
    for (int i = 0; i < rows.size(); i++) {
      String cell = i == 0 ? "th" : "td";
      html.append("<tr>");
      for (String value : rows.get(i)) {
        html.append("<%s>%s</%s>".formatted(cell, text(value), cell));
      }
      html.append("</tr>\n");
    }
    return html.append("</table></div>\n").toString();
  }

  public static String heading(String text) {
    return "<h2>" + text(text) + "</h2>\n";
  }

  /// Text as it may stand in a page.
  public static String text(String plain) {
    return plain
        .replace("&", "&amp;")
        .replace("<", "&lt;")
        .replace(">", "&gt;")
        .replace("\"", "&quot;");
  }
}
