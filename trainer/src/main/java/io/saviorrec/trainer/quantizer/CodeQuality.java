package io.saviorrec.trainer.quantizer;

import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;

/// How well semantic IDs stand for the vectors that they were made from.
///
/// @param noCollisionRate distinct semantic IDs divided by items
/// @param perplexity of each level: exp of the entropy of its codes, K when all are used alike
/// @param deadCodes of each level: codes that no item has
/// @param residualNorm mean length of what is left before the first level and after each level
/// @param cosine mean cosine of z and ẑ
public record CodeQuality(
    double noCollisionRate,
    List<Double> perplexity,
    List<Integer> deadCodes,
    List<Double> residualNorm,
    double cosine) {

  /// @param codes `[items, levels]`
  static CodeQuality of(
      int[] codes, int levels, int codebookSize, List<Double> residualNorm, double cosine) {
    int items = codes.length / levels;
    Set<List<Integer>> identifiers = new HashSet<>();
    for (int i = 0; i < items; i++) {
      identifiers.add(Arrays.stream(codes, i * levels, (i + 1) * levels).boxed().toList());
    }
    Double[] perplexity = new Double[levels];
    Integer[] dead = new Integer[levels];
    for (int level = 0; level < levels; level++) {
      int[] uses = new int[codebookSize];
      for (int i = 0; i < items; i++) {
        uses[codes[i * levels + level]]++;
      }
      dead[level] = (int) Arrays.stream(uses).filter(count -> count == 0).count();
      perplexity[level] = perplexity(uses, items);
    }
    return new CodeQuality(
        (double) identifiers.size() / items,
        List.of(perplexity),
        List.of(dead),
        List.copyOf(residualNorm),
        cosine);
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

  /// One line for people.
  @Override
  public String toString() {
    return String.format(
        Locale.ROOT,
        "distinct IDs %.1f %%, cos(z, z-hat) %.3f, residual norms %s, perplexity %s, dead codes %s",
        100 * noCollisionRate,
        cosine,
        rounded(residualNorm, "%.3f"),
        rounded(perplexity, "%.0f"),
        deadCodes);
  }

  private static String rounded(List<Double> values, String format) {
    return values.stream()
        .map(value -> String.format(Locale.ROOT, format, value))
        .collect(Collectors.joining(" "));
  }
}
