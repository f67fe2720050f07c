package io.saviorrec.trainer.train;

import io.saviorrec.trainer.data.DataSet;
import io.saviorrec.trainer.data.log.ItemCatalogue;
import io.saviorrec.trainer.encoder.TextLength;
import java.util.ArrayList;
import java.util.List;

/// What of a data set decides how it is trained on.
///
/// @param items items that are trained on, those shown before the validation period
/// @param samples training impressions
/// @param withBase how many of them have a `pctr_base`
/// @param pictured training items with a picture
/// @param worded training items with words
/// @param complete training items with both
/// @param newShare share of the impressions of the training period's later half whose items had not
///   been shown before that day
/// @param tokens what nearly all training items' words need, `[CLS]` and `[SEP]` included; 0
///   without words
public record DataShape(
    int items,
    long samples,
    long withBase,
    int pictured,
    int worded,
    int complete,
    double newShare,
    int tokens) {

  /// Texts that are enough to tell how long texts are.
  private static final int SAMPLE = 20_000;

  private static final int VOCABULARY = 8192;

  /// Of the texts, this share is read whole.
  private static final double WHOLE = 0.99;

  public static DataShape of(DataSet data, TrainingItems items) {
    ItemCatalogue catalogue = data.items();
    int pictured = 0;
    int worded = 0;
    int complete = 0;
    int stride = Math.max(1, items.size() / SAMPLE);
    List<String> texts = new ArrayList<>();
    for (int i = 0; i < items.size(); i++) {
      int item = items.indices()[i];
      String words = catalogue.words(item);
      boolean picture = catalogue.image(item) != null;
      pictured += picture ? 1 : 0;
      worded += words.isEmpty() ? 0 : 1;
      complete += picture && !words.isEmpty() ? 1 : 0;
      if (i % stride == 0 && !words.isEmpty()) {
        texts.add(words);
      }
    }
    return new DataShape(
        items.size(),
        TrainingItems.samples(data),
        withBase(data),
        pictured,
        worded,
        complete,
        newShare(data),
        TextLength.quantile(texts, VOCABULARY, WHOLE));
  }

  private static long withBase(DataSet data) {
    return data.stored().withBase(data.cuts().warmupUntil(), data.cuts().validationFrom());
  }

  private static double newShare(DataSet data) {
    ItemCatalogue items = data.items();
    long from = data.cuts().trainingHalfway();
    long until = data.cuts().validationFrom();
    long ofNew = 0;
    for (int i = 0; i < items.size(); i++) {
      if (items.firstImpression(i) >= from && items.firstImpression(i) < until) {
        ofNew += data.statistics().firstDayViews(i);
      }
    }
    return ofNew / (double) Math.max(1, data.stored().impressions(from, until));
  }

  /// Whether training starts from a base model's predictions: whether most impressions have one.
  public boolean hasBase() {
    return 2 * withBase > samples;
  }
}
