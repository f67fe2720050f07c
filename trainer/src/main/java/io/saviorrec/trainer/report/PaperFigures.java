package io.saviorrec.trainer.report;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// What the paper prints beside its tables' totals.
final class PaperFigures {
  /// Buckets of items by page views of Tables 1 and 2.
  static final List<String> BUCKETS =
      List.of("0–99", "100–499", "500–999", "1k–5k", "5k–10k", "10k–20k", "20k+");

  /// Table 1: shares of items, samples and clicks in per cent.
  static final double[] ITEMS = {31.07, 33.98, 24.27, 8.74, .87, .68, .39};

  static final double[] SAMPLES = {2.24, 17.09, 32.29, 24.90, 8.66, 14.15, .67};
  static final double[] CLICKS = {2.16, 17.74, 31.01, 22.39, 8.79, 16.75, 1.16};

  private PaperFigures() {}

  /// AUC in per cent by bucket, by the row's label; nothing for a table that has none.
  static Map<String, double[]> buckets(String table) {
    Map<String, double[]> rows = new LinkedHashMap<>();
    if (table.equals("table2")) {
      rows.put("Base", new double[] {70.34, 70.16, 70.67, 71.12, 73.47, 72.01, 71.93});
      rows.put("BBQRec", new double[] {71.08, 70.65, 71.05, 71.41, 73.62, 72.16, 71.93});
      rows.put("CHIME", new double[] {70.27, 70.07, 70.60, 71.06, 73.41, 71.97, 71.87});
      rows.put("MIM", new double[] {71.71, 71.20, 71.50, 71.82, 73.92, 72.48, 72.02});
      rows.put("SimTier", new double[] {70.28, 70.23, 70.76, 71.22, 73.52, 72.03, 71.79});
      rows.put("SaviorRec", new double[] {71.87, 71.32, 71.61, 71.89, 73.95, 72.50, 72.04});
    }
    return rows;
  }
}
