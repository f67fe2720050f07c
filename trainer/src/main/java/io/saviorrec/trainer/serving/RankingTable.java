package io.saviorrec.trainer.serving;

import io.saviorrec.proto.v1.ScoreResponse;
import io.saviorrec.proto.v1.Timings;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.LongFunction;

/// Shows a ranking as a table of text or as values for JSON.
public final class RankingTable {
  /// Columns of a terminal.
  private static final int MAX_TITLE = 48;

  private static final String ABSENT = "-";

  private RankingTable() {}

  /// The lines of the table; `note` adds to the line of an item, empty for none.
  public static List<String> lines(List<RankedItem> ranking, LongFunction<String> note) {
    int idWidth = "item".length();
    int titleWidth = "title".length();
    for (RankedItem item : ranking) {
      idWidth = Math.max(idWidth, Long.toString(item.itemId()).length());
      titleWidth = Math.max(titleWidth, DisplayWidth.of(shown(item.title())));
    }
    String format = "%4s  %" + idWidth + "s  %s  %6s  %9s  %s";
    List<String> lines = new ArrayList<>();
    lines.add(
        String.format(
            Locale.ROOT,
            format,
            "rank",
            "item",
            DisplayWidth.pad("title", titleWidth),
            "pCTR",
            "pctr_base",
            "source"));
    for (RankedItem item : ranking) {
      String more = note.apply(item.itemId());
      lines.add(
          String.format(
              Locale.ROOT,
              format,
              item.rank(),
              item.itemId(),
              DisplayWidth.pad(shown(item.title()), titleWidth),
              String.format(Locale.ROOT, "%.4f", item.pctr()),
              item.pctrBase() == null
                  ? ABSENT
                  : String.format(Locale.ROOT, "%.4f", item.pctrBase()),
              item.source() + (more.isEmpty() ? "" : "  " + more)));
    }
    return lines;
  }

  /// One line that says which model answered and how long it took.
  public static String summary(ScoreResponse response) {
    Timings timings = response.getTimings();
    return String.format(
        Locale.ROOT,
        "model %s version %d (%s)%s%s; %.1f ms in the server: queue %.1f, items %.1f, model %.1f%s",
        response.getModel(),
        response.getVersion(),
        response.getVariant(),
        response.getBucket().isEmpty() ? "" : ", bucket " + response.getBucket(),
        response.getLabel().isEmpty() ? "" : ", label " + response.getLabel(),
        timings.getTotalUs() / 1e3,
        timings.getQueueUs() / 1e3,
        timings.getItemsUs() / 1e3,
        timings.getModelUs() / 1e3,
        response.getUnknownHistoryItems() == 0
            ? ""
            : "; history items that the server does not know: "
                + response.getUnknownHistoryItems());
  }

  /// The same as a value that becomes JSON.
  public static Map<String, Object> json(ScoreResponse response, List<RankedItem> ranking) {
    Map<String, Object> timings = new LinkedHashMap<>();
    timings.put("queue_us", response.getTimings().getQueueUs());
    timings.put("items_us", response.getTimings().getItemsUs());
    timings.put("model_us", response.getTimings().getModelUs());
    timings.put("total_us", response.getTimings().getTotalUs());
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("model", response.getModel());
    json.put("version", response.getVersion());
    json.put("variant", response.getVariant());
    json.put("bucket", response.getBucket());
    json.put("label", response.getLabel());
    json.put("unknown_history_items", response.getUnknownHistoryItems());
    json.put("timings", timings);
    json.put("ranking", ranking.stream().map(RankingTable::json).toList());
    return json;
  }

  private static Map<String, Object> json(RankedItem item) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("rank", item.rank());
    json.put("item_id", item.itemId());
    json.put("title", item.title());
    json.put("pctr", item.pctr());
    if (item.pctrBase() != null) {
      json.put("pctr_base", item.pctrBase());
    }
    json.put("source", item.source().name());
    return json;
  }

  private static String shown(String title) {
    if (title.isBlank()) {
      return ABSENT;
    }
    return DisplayWidth.cut(title.replaceAll("[\\s\\p{Cc}]+", " ").strip(), MAX_TITLE);
  }
}
