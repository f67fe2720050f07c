package io.saviorrec.server.admin;

import io.saviorrec.server.admin.ServerStatus.LaneStatus;
import io.saviorrec.server.admin.ServerStatus.ModelStatus;
import io.saviorrec.server.health.Readiness;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// The page at `/`: what is served and how it goes, for people.
final class StatusPage {
  private static final String STYLE =
      """
      :root{color-scheme:light dark;--ink:#1d2430;--soft:#5c6675;--paper:#f6f7f9;--card:#fff;--line:#dfe3e9;--good:#16794a;--bad:#b3261e;--warn:#8a5a00}
      @media(prefers-color-scheme:dark){:root{--ink:#e6e9ee;--soft:#9aa5b4;--paper:#12161c;--card:#1a2028;--line:#2d3642;--good:#5fd39a;--bad:#ff8a80;--warn:#f2c063}}
      *{box-sizing:border-box}
      body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.5 system-ui,sans-serif}
      main{max-width:66rem;margin:0 auto;padding:2rem 1rem 3rem}
      h1{font-size:1.5rem;margin:0 .75rem 0 0;display:inline-block}
      h2{font-size:1rem;margin:2rem 0 .5rem;color:var(--soft);font-weight:600}
      .state{display:inline-block;padding:.1rem .7rem;border:1px solid;border-radius:1rem;font-weight:600}
      .good{color:var(--good)}.bad{color:var(--bad)}.warn{color:var(--warn)}
      .soft{color:var(--soft)}
      ul.notes{list-style:none;margin:1rem 0 0;padding:0}
      ul.notes li{background:var(--card);border:1px solid var(--line);border-left:4px solid;border-radius:.4rem;padding:.4rem .8rem;margin:.4rem 0;overflow-wrap:anywhere}
      ul.notes li span{color:var(--ink)}
      .scroll{overflow-x:auto;background:var(--card);border:1px solid var(--line);border-radius:.5rem}
      table{border-collapse:collapse;width:100%}
      th,td{text-align:left;padding:.45rem .8rem;border-top:1px solid var(--line);vertical-align:top}
      thead th{border-top:0;color:var(--soft);font-weight:600;font-size:.85rem;white-space:nowrap}
      td.number,th.number{text-align:right;font-variant-numeric:tabular-nums}
      code{font-size:.92em}
      a{color:inherit}
      nav{margin-top:2rem;color:var(--soft)}
      """;

  /// What a browser may load for a page: nothing but this style.
  static final String POLICY =
      "default-src 'none'; style-src '"
          + hash(STYLE)
          + "'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

  private static final String MODEL_COLUMNS =
      "<th>model</th><th class=\"number\">version</th><th>variant</th><th>labels</th>"
          + "<th>routes</th><th>data set</th><th>created</th><th class=\"number\">items</th>"
          + "<th class=\"number\">states</th>";
  private static final String LANE_COLUMNS =
      "<th>queue</th><th class=\"number\">waiting</th><th class=\"number\">running</th>"
          + "<th class=\"number\">threads</th>";

  private StatusPage() {}

  /// @param section the path of further pages; null: there are none
  static String html(Readiness readiness, ServerStatus status, @Nullable String section) {
    String state = readiness.phase().name().toLowerCase(Locale.ROOT);
    StringBuilder page = new StringBuilder(8192);
    page.append("<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">")
        .append("<meta name=\"viewport\" content=\"width=device-width\">")
        .append("<title>SaviorRec</title><style>")
        .append(STYLE)
        .append("</style></head><body><main>\n<h1>SaviorRec</h1><span class=\"state ")
        .append(readiness.ready() ? "good\">" : "bad\">")
        .append(state)
        .append(readiness.ready() ? ", ready" : ", not ready")
        .append("</span>\n<p class=\"soft\">gRPC at <code>")
        .append(escape(status.grpcAddress()))
        .append("</code>, up ")
        .append(words(status.uptime()))
        .append(".</p>\n");
    notes(page, readiness.reasons(), "bad", "not ready");
    notes(page, readiness.degraded(), "warn", "degraded");
    notes(page, refused(status.versions()), "warn", "refused");
    page.append("<h2>Models</h2>\n");
    if (status.versions().live().isEmpty()) {
      page.append("<p class=\"soft\">None is live yet.</p>\n");
    } else {
      table(page, MODEL_COLUMNS, status.versions().live(), StatusPage::row);
    }
    page.append("<h2>Queues</h2>\n");
    table(page, LANE_COLUMNS, status.lanes(), StatusPage::row);
    page.append("<nav>");
    if (section != null) {
      page.append("<a href=\"").append(section).append("\">explorer</a> · ");
    }
    return page.append("<a href=\"/metrics\">metrics</a> · <a href=\"/models\">models</a> · ")
        .append("<a href=\"/config\">settings</a> · <a href=\"/readyz\">readiness</a> · ")
        .append("<a href=\"/healthz\">liveness</a></nav>\n</main></body></html>\n")
        .toString();
  }

  private static List<String> refused(ServerStatus.Versions versions) {
    List<String> lines = new ArrayList<>();
    if (!versions.problem().isEmpty()) {
      lines.add(versions.problem());
    }
    versions
        .refused()
        .forEach(bad -> lines.add(bad.model() + "/" + bad.version() + ": " + bad.reason()));
    return lines;
  }

  private static void notes(StringBuilder page, List<String> lines, String kind, String what) {
    if (lines.isEmpty()) {
      return;
    }
    page.append("<ul class=\"notes\">");
    for (String line : lines) {
      page.append("<li class=\"").append(kind).append("\"><b>").append(what).append("</b> <span>");
      page.append(escape(line)).append("</span></li>");
    }
    page.append("</ul>\n");
  }

  /// Writes the cells of one row.
  private interface Row<T> {
    void write(StringBuilder page, T value);
  }

  private static <T> void table(StringBuilder page, String columns, List<T> rows, Row<T> row) {
    page.append("<div class=\"scroll\"><table><thead><tr>")
        .append(columns)
        .append("</tr></thead><tbody>\n");
    for (T each : rows) {
      page.append("<tr>");
      row.write(page, each);
      page.append("</tr>\n");
    }
    page.append("</tbody></table></div>\n");
  }

  private static void row(StringBuilder page, ModelStatus model) {
    text(page, model.model());
    number(page, model.version());
    text(page, model.variant());
    text(page, String.join(", ", model.labels()));
    text(page, String.join(", ", model.routes()));
    text(page, model.dataSet());
    text(page, model.created());
    number(page, model.items());
    number(page, model.states());
  }

  private static void row(StringBuilder page, LaneStatus lane) {
    text(page, lane.name());
    number(page, lane.queued());
    number(page, lane.running());
    number(page, lane.threads());
  }

  private static void text(StringBuilder page, String text) {
    page.append("<td>").append(escape(text)).append("</td>");
  }

  private static void number(StringBuilder page, long number) {
    page.append("<td class=\"number\">").append(number).append("</td>");
  }

  private static String words(Duration time) {
    if (time.toMinutes() == 0) {
      return time.toSeconds() + " s";
    }
    if (time.toHours() == 0) {
      return time.toMinutes() + " min";
    }
    return time.toDays() == 0
        ? time.toHours() + " h " + time.toMinutesPart() + " min"
        : time.toDays() + " d " + time.toHoursPart() + " h";
  }

  /// Names come from bundles, so they are data and not markup.
  private static String escape(String text) {
    return text.replace("&", "&amp;")
        .replace("<", "&lt;")
        .replace(">", "&gt;")
        .replace("\"", "&quot;");
  }

  private static String hash(String style) {
    try {
      return "sha256-"
          + Base64.getEncoder()
              .encodeToString(
                  MessageDigest.getInstance("SHA-256")
                      .digest(style.getBytes(StandardCharsets.UTF_8)));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }
}
