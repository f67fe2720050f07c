package io.saviorrec.trainer.train;

import io.saviorrec.trainer.data.DataSet;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/// What the size of the data decides of a preset: the codebook's size and how MBA and the DNN are
/// held in check.
public final class DataSizing {
  /// Below this many training impressions MBA is kept small and the DNN is regularised by dropout.
  private static final long FEW_SAMPLES = 1_000_000;

  private static final long VERY_FEW_SAMPLES = 150_000;
  private static final int ITEMS_PER_CODE = 64;

  private DataSizing() {}

  /// The preset fitted to the data, saying what was chosen. The paper's preset stays as printed.
  public static TrainConfig apply(TrainConfig config, Preset preset, DataSet data) {
    if (preset != Preset.SMALL) {
      return config;
    }
    var log = data.log();
    long samples =
        log.pageStart[log.firstPageAt(data.cuts().validationFrom())]
            - (long) log.pageStart[log.firstPageAt(data.cuts().warmupUntil())];
    int codebookSize = 16;
    while (2L * ITEMS_PER_CODE * codebookSize <= data.items().size() && codebookSize < 2048) {
      codebookSize *= 2;
    }
    boolean few = samples < FEW_SAMPLES;
    Map<String, String> chosen = new LinkedHashMap<>();
    chosen.put("quantizer.codebookSize", Integer.toString(codebookSize));
    chosen.put("ranker.mba.eps", few ? "1" : "0.1");
    chosen.put("ranker.training.codebookRate", few ? "0.02" : "0.01");
    if (samples < VERY_FEW_SAMPLES) {
      chosen.put("ranker.dropout", "0.3");
      chosen.put("ranker.training.denseRate", "0.0005");
      chosen.put("ranker.training.tableRate", "0.02");
      // The pairs come from the very clicks that the ranker learns: z memorises them where they are
      // few, and the
      // ranker would trust z more than new clicks bear out.
      chosen.put("encoder.align.epochs", "0");
    }
    System.err.println(
        String.format(
            Locale.ROOT,
            "for %,d items and %,d training impressions: %s",
            data.items().size(),
            samples,
            chosen));
    return config.with(chosen);
  }
}
