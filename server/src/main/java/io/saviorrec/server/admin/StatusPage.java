package io.saviorrec.server.admin;

/// The page at `/`: what is served, for people.
final class StatusPage {
  private StatusPage() {}

  static String html(AdminServer.Status status) {
    StringBuilder rows = new StringBuilder();
    for (ModelStatus model : status.models()) {
      rows.append("<tr>");
      cell(rows, model.model());
      cell(rows, Long.toString(model.version()));
      cell(rows, model.variant());
      cell(rows, model.dataSet());
      cell(rows, model.createdAt());
      cell(rows, Long.toString(model.trainedItems()));
      cell(rows, Long.toString(model.cachedStates()));
      rows.append("</tr>\n");
    }
    return """
        <!doctype html>
        <html lang="en"><head><meta charset="utf-8"><title>SaviorRec</title>
        <style>
        body{font:16px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:60rem;padding:0 1rem}
        table{border-collapse:collapse;width:100%%}
        th,td{text-align:left;padding:.3rem .6rem;border-bottom:1px solid #8884}
        code{font-size:.95em}
        </style></head><body>
        <h1>SaviorRec</h1>
        <p>State: <b>%s</b>. gRPC at <code>%s</code>.</p>
        <table><thead><tr><th>model</th><th>version</th><th>variant</th><th>data set</th>
        <th>made</th><th>trained items</th><th>cached item states</th></tr></thead>
        <tbody>
        %s</tbody></table>
        <p><a href="/metrics">metrics</a> · <a href="/health/ready">readiness</a> ·
        <a href="/health/live">liveness</a></p>
        </body></html>
        """
        .formatted(escape(status.phase()), escape(status.grpcAddress()), rows);
  }

  private static void cell(StringBuilder out, String text) {
    out.append("<td>").append(escape(text)).append("</td>");
  }

  /// Names come from bundles, so they are data and not markup.
  private static String escape(String text) {
    return text.replace("&", "&amp;")
        .replace("<", "&lt;")
        .replace(">", "&gt;")
        .replace("\"", "&quot;");
  }
}
