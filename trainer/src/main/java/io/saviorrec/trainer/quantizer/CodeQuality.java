package io.saviorrec.trainer.quantizer;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/// How well semantic IDs stand for the vectors that they were made from.
///
/// @param items items with an ID
/// @param codebookSize codes of a level
/// @param distinctIds different IDs
/// @param levels of each level, the first one first
/// @param encodedNorm mean length of what the first level quantises
/// @param cosine mean cosine of z and ẑ
public record CodeQuality(
    int items,
    int codebookSize,
    int distinctIds,
    List<Level> levels,
    double encodedNorm,
    double cosine) {

  /// Figures of one level.
  ///
  /// @param deadCodes codes that no item has
  /// @param perplexity exp of the entropy of the codes, K when all are used alike
  /// @param sharing share of the items whose codes up to this level another item has as well
  /// @param residualNorm mean length of what this level leaves over
  public record Level(int deadCodes, double perplexity, double sharing, double residualNorm) {}

  /// @param codes `[items, levels]`
  /// @param norms mean length before the first level and after each level
  static CodeQuality of(
      int[] codes, int levels, int codebookSize, List<Double> norms, double cosine) {
    int items = codes.length / levels;
    List<Level> figures = new ArrayList<>();
    int distinct = 0;
    for (int level = 0; level < levels; level++) {
      int[] uses = new int[codebookSize];
      Map<List<Integer>, Integer> prefixes = new HashMap<>();
      for (int i = 0; i < items; i++) {
        uses[codes[i * levels + level]]++;
        prefixes.merge(
            Arrays.stream(codes, i * levels, i * levels + level + 1).boxed().toList(),
            1,
            Integer::sum);
      }
      distinct = prefixes.size();
      long alone = prefixes.values().stream().filter(count -> count == 1).count();
      figures.add(
          new Level(
              (int) Arrays.stream(uses).filter(count -> count == 0).count(),
              perplexity(uses, items),
              1 - (double) alone / items,
              norms.get(level + 1)));
    }
    return new CodeQuality(
        items, codebookSize, distinct, List.copyOf(figures), norms.getFirst(), cosine);
  }

  static double perplexity(int[] uses, int total) {
    double entropy = 0;
    for (int count : uses) {
      if (count > 0) {
        double share = (double) count / total;
        entropy -= share * Math.log(share);
      }
    }
    return Math.exp(entropy);
  }

  /// A line on the whole, and a table by levels.
  @Override
  public String toString() {
    StringBuilder text = new StringBuilder();
    text.append(
        String.format(
            Locale.ROOT,
            "distinct IDs %.1f %%, cos(z, z-hat) %.3f%n%-12s %10s %10s %10s %13s%n%-12s %46.3f",
            100.0 * distinctIds / items,
            cosine,
            "codes",
            "in use",
            "perplexity",
            "sharing %",
            "residual norm",
            "  before",
            encodedNorm));
    for (int i = 0; i < levels.size(); i++) {
      Level level = levels.get(i);
      text.append(
          String.format(
              Locale.ROOT,
              "%n%-12s %10s %10.1f %10.1f %13.3f",
              "  level " + (i + 1),
              "%d/%d".formatted(codebookSize - level.deadCodes(), codebookSize),
              level.perplexity(),
              100 * level.sharing(),
              level.residualNorm()));
    }
    return text.toString();
  }
}
