package io.saviorrec.trainer.report;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.MissingNode;
import io.saviorrec.bundle.Bundle;
import io.saviorrec.trainer.console.DiskFault;
import io.saviorrec.trainer.console.Progress;
import io.saviorrec.trainer.data.DataSet;
import io.saviorrec.trainer.evaluate.BundleItems;
import io.saviorrec.trainer.evaluate.Evaluation;
import io.saviorrec.trainer.evaluate.ItemSample;
import io.saviorrec.trainer.evaluate.LatentProbes;
import io.saviorrec.trainer.evaluate.LayerImportance;
import io.saviorrec.trainer.evaluate.Split;
import io.saviorrec.trainer.metric.Calibration;
import io.saviorrec.trainer.metric.ClickMetrics;
import io.saviorrec.trainer.metric.Interval;
import io.saviorrec.trainer.metric.UserBootstrap;
import io.saviorrec.trainer.tables.Period;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// All that a page tells of one trained model.
///
/// @param training what its stages measured and how their losses fell; a missing node in bundles
///   that do not have it
/// @param auc by bucket of page views, with intervals by users
/// @param pcoc by bucket
/// @param plain AUC of scores that need no model, by name and bucket
/// @param places of the sample's z in the plane
/// @param alignedPlaces of its z_align, null without MBA
/// @param pictures of the sample as data URIs, empty strings where there are none
@SuppressWarnings("ArrayRecordComponent") // plain columns, never compared
record ModelStudy(
    Bundle bundle,
    String data,
    JsonNode training,
    Period period,
    ClickMetrics metrics,
    List<Interval> auc,
    double[] pcoc,
    Map<String, double[]> plain,
    List<Calibration.Bin> reliability,
    @Nullable LayerImportance importance,
    LatentProbes probes,
    ItemSample sample,
    double[][] places,
    double @Nullable [][] alignedPlaces,
    List<String> titles,
    List<String> pictures) {
  private static final int RESAMPLES = 1_000;
  private static final int ITEMS = 1_200;
  private static final int BINS = 20;

  static ModelStudy of(Bundle bundle, DataSet data, Period period) {
    try (Progress progress = Progress.start("studying the model", 5)) {
      BundleItems items = BundleItems.of(bundle, data.items());
      float[] scores = Evaluation.predictions(bundle, data, items, Split.TEST);
      progress.step(Double.NaN);
      List<Interval> auc = new ArrayList<>();
      double[] pcoc = new double[period.buckets().size()];
      UserBootstrap bootstrap =
          new UserBootstrap(
              List.of(scores), List.of(scores), period.clicked(), period.users(), RESAMPLES, 1);
      for (int b = 0; b < pcoc.length; b++) {
        int bucket = b;
        auc.add(bootstrap.sampleAuc(i -> period.bucketOf()[i] == bucket).first());
        pcoc[b] = period.in(b, scores, Calibration::pcoc);
      }
      progress.step(Double.NaN);
      ItemSample sample = ItemSample.of(bundle, items, data, ITEMS);
      progress.step(Double.NaN);
      double[][] places = TSne.of(sample.z(), sample.width());
      float[] aligned = sample.aligned();
      double[][] alignedPlaces = aligned == null ? null : TSne.of(aligned, sample.width());
      progress.step(Double.NaN);
      List<String> titles = new ArrayList<>();
      List<String> pictures = new ArrayList<>();
      for (int item : sample.items()) {
        titles.add(data.items().title(item));
        pictures.add(Thumbnails.uri(data.items().image(item)));
      }
      LatentProbes probes = LatentProbes.of(items, data, Split.TEST);
      progress.step(Double.NaN);
      return new ModelStudy(
          bundle,
          data.name(),
          training(bundle),
          period,
          ClickMetrics.of(scores, period.clicked(), period.users()),
          auc,
          pcoc,
          period.aucByBucket(Evaluation.plainScores(data, Split.TEST)),
          Calibration.bins(scores, period.clicked(), BINS),
          LayerImportance.of(bundle).orElse(null),
          probes,
          sample,
          places,
          alignedPlaces,
          titles,
          pictures);
    }
  }

  private static JsonNode training(Bundle bundle) {
    Path file = bundle.path(Bundle.TRAINING);
    if (!Files.isRegularFile(file)) {
      return MissingNode.getInstance();
    }
    try {
      return new ObjectMapper().readTree(file.toFile());
    } catch (IOException e) {
      throw DiskFault.reading(file, e);
    }
  }
}
