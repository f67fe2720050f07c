package io.saviorrec.trainer.train;

import io.saviorrec.config.Settings;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SequencedMap;

/// What the size of the data decides of a preset: the codebook's size and how MBA and the DNN are
/// held in check, and whether new items must be made up.
public final class DataSizing {
  /// Below this many training impressions MBA is kept small and the DNN is regularised by dropout.
  private static final long FEW_SAMPLES = 1_000_000;

  private static final long VERY_FEW_SAMPLES = 150_000;

  /// Where less of the log shows new items than this share, some candidates are trained as if they
  /// were new: an item's age then says what day it is, and the ranker's answer to a young item late
  /// in the log is anything.
  private static final double FEW_NEW = 0.002;

  private static final String COLD_DROPOUT = "0.02";
  private static final int ITEMS_PER_CODE = 64;
  private static final int SMALLEST_CODEBOOK = 16;
  private static final int LARGEST_CODEBOOK = 2048;
  private static final int TOKEN_STEP = 8;
  private static final int FEWEST_TOKENS = 16;
  private static final int MOST_TOKENS = 64;

  private DataSizing() {}

  /// Fits the preset to the data, beneath what the user set.
  ///
  /// @return what was chosen, by key; nothing for a preset that stays as printed
  public static SequencedMap<String, String> apply(
      Settings<TrainConfig> settings, Preset preset, DataShape data) {
    if (preset != Preset.SMALL) {
      return Collections.emptyNavigableMap();
    }
    boolean few = data.samples() < FEW_SAMPLES;
    SequencedMap<String, String> chosen = new LinkedHashMap<>();
    // A checkpoint's tokenizer cuts words into more tokens than were counted.
    if (CheckpointSizing.given(settings).isEmpty()) {
      chosen.put("encoder.maxTokens", Integer.toString(maxTokens(data.tokens())));
    }
    chosen.put("quantizer.codebookSize", Integer.toString(codebookSize(data.items())));
    chosen.put("ranker.mba.eps", few ? "1" : "0.1");
    chosen.put("ranker.training.codebookRate", few ? "0.02" : "0.01");
    if (data.newShare() < FEW_NEW) {
      chosen.put("ranker.training.coldDropout", COLD_DROPOUT);
    }
    if (data.samples() < VERY_FEW_SAMPLES) {
      // A base model's predictions are soon made worse, click rates of items soon better.
      boolean base = data.hasBase();
      chosen.put("ranker.dropout", base ? "0.3" : "0.1");
      chosen.put("ranker.training.denseRate", base ? "0.001" : "0.002");
      chosen.put("ranker.training.tableRate", base ? "0.02" : "0.1");
      if (!base) {
        chosen.put("ranker.training.batchSize", "200");
      }
    }
    for (Map.Entry<String, String> choice : chosen.entrySet()) {
      settings.suggest(choice.getKey(), choice.getValue());
    }
    return chosen;
  }

  /// A multiple of eight in which nearly all texts are whole, within what two cores can bear.
  private static int maxTokens(int needed) {
    return Math.clamp(
        (needed + TOKEN_STEP - 1L) / TOKEN_STEP * TOKEN_STEP, FEWEST_TOKENS, MOST_TOKENS);
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
