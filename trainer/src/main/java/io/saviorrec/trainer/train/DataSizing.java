package io.saviorrec.trainer.train;

import io.saviorrec.config.Settings;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SequencedMap;

/// What the size of the data decides of a preset: the codebook's size and how MBA and the DNN are
/// held in check.
public final class DataSizing {
  /// Below this many training impressions MBA is kept small and the DNN is regularised by dropout.
  private static final long FEW_SAMPLES = 1_000_000;

  private static final long VERY_FEW_SAMPLES = 150_000;
  private static final int ITEMS_PER_CODE = 64;
  private static final int SMALLEST_CODEBOOK = 16;
  private static final int LARGEST_CODEBOOK = 2048;

  private DataSizing() {}

  /// Fits the preset to the data, beneath what the user set.
  ///
  /// @param items items that are trained on, those shown before the validation period
  /// @param samples training impressions
  /// @return what was chosen, by key; nothing for a preset that stays as printed
  public static SequencedMap<String, String> apply(
      Settings<TrainConfig> settings, Preset preset, int items, long samples) {
    if (preset != Preset.SMALL) {
      return Collections.emptyNavigableMap();
    }
    boolean few = samples < FEW_SAMPLES;
    SequencedMap<String, String> chosen = new LinkedHashMap<>();
    chosen.put("quantizer.codebookSize", Integer.toString(codebookSize(items)));
    chosen.put("ranker.mba.eps", few ? "1" : "0.1");
    chosen.put("ranker.training.codebookRate", few ? "0.02" : "0.01");
    if (samples < VERY_FEW_SAMPLES) {
      chosen.put("ranker.dropout", "0.3");
      chosen.put("ranker.training.denseRate", "0.0005");
      chosen.put("ranker.training.tableRate", "0.02");
    }
    for (Map.Entry<String, String> choice : chosen.entrySet()) {
      settings.suggest(choice.getKey(), choice.getValue());
    }
    return chosen;
  }

  /// A power of two that leaves enough items for each code, and never more codes than items.
  private static int codebookSize(int items) {
    int size = SMALLEST_CODEBOOK;
    while (2L * ITEMS_PER_CODE * size <= items && size < LARGEST_CODEBOOK) {
      size *= 2;
    }
    while (size > items && size > 2) {
      size /= 2;
    }
    return size;
  }
}
