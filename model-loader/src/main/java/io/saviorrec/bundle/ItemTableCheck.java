package io.saviorrec.bundle;

import io.saviorrec.feature.FeatureColumn;
import io.saviorrec.feature.FeatureEncoder;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// Whether the values of an item table are such as its manifest allows. A wrong one would be found
/// by the first request that names its item, as a failure of the model.
final class ItemTableCheck {
  private final ItemTable items;
  private final int codebookSize;
  private final List<FeatureColumn> columns;
  private final long[] firstRows;
  private final List<Finding> findings = new ArrayList<>();

  /// What is wrong in one tensor: where first, and how often.
  private static final class Finding {
    private final String tensor;
    private final String must;
    private @Nullable String first;
    private int items;

    Finding(String tensor, String must) {
      this.tensor = tensor;
      this.must = must;
    }

    void add(long itemId, Object value) {
      if (items++ == 0) {
        first = "item %d has %s".formatted(itemId, value);
      }
    }

    String text() {
      return String.format(
          Locale.ROOT,
          "tensor '%s' must %s, but %s%s",
          tensor,
          must,
          Objects.requireNonNull(first),
          items == 1 ? "" : " (and so on: %d items)".formatted(items));
    }
  }

  ItemTableCheck(ItemTable items, Manifest manifest) {
    this.items = items;
    this.codebookSize = manifest.dims().codebookSize();
    this.columns = manifest.features().item();
    FeatureEncoder encoder = new FeatureEncoder(columns);
    this.firstRows = new long[columns.size()];
    for (int c = 0; c < firstRows.length; c++) {
      firstRows[c] = encoder.missing(c);
    }
  }

  /// What is wrong, a line for each tensor; empty when nothing is.
  List<String> problems() {
    Finding z = finding("z", "be finite numbers");
    Finding codes = finding("codes", "be in [0, %d], where %1$d is none".formatted(codebookSize));
    Finding stats = finding("stats", "be finite numbers of at least 0");
    List<Finding> features = new ArrayList<>();
    for (int c = 0; c < firstRows.length; c++) {
      features.add(
          finding(
              "features",
              "be in [%d, %d) for the column '%s'"
                  .formatted(
                      firstRows[c],
                      firstRows[c] + columns.get(c).buckets(),
                      columns.get(c).name())));
    }
    float[] zRow = new float[items.zDim()];
    int[] codeRow = new int[items.levels()];
    float[] statRow = new float[items.statCount()];
    for (int row = 0; row < items.size(); row++) {
      items.z(row, zRow, 0);
      checkFloats(row, zRow, Float.NEGATIVE_INFINITY, z);
      items.codes(row, codeRow, 0);
      checkCodes(row, codeRow, codes);
      items.stats(row, statRow, 0);
      checkFloats(row, statRow, 0, stats);
      for (int c = 0; c < firstRows.length; c++) {
        long value = items.feature(row, c);
        if (value < firstRows[c] || value >= firstRows[c] + columns.get(c).buckets()) {
          features.get(c).add(items.itemId(row), value);
        }
      }
    }
    return findings.stream().filter(each -> each.items > 0).map(Finding::text).toList();
  }

  private Finding finding(String tensor, String must) {
    Finding finding = new Finding(tensor, must);
    findings.add(finding);
    return finding;
  }

  private void checkFloats(int row, float[] values, float least, Finding finding) {
    for (float value : values) {
      // Also false for NaN.
      if (!(value >= least && Math.abs(value) <= Float.MAX_VALUE)) {
        finding.add(items.itemId(row), value);
        return;
      }
    }
  }

  private void checkCodes(int row, int[] values, Finding finding) {
    for (int value : values) {
      if (value < 0 || value > codebookSize) {
        finding.add(items.itemId(row), value);
        return;
      }
    }
  }
}
