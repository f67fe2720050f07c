package io.saviorrec.trainer.export;

import io.saviorrec.bundle.Bundle;
import io.saviorrec.bundle.BundleWriter;
import io.saviorrec.bundle.FileHash;
import io.saviorrec.bundle.ItemBatch;
import io.saviorrec.bundle.ItemTable;
import io.saviorrec.bundle.Manifest;
import io.saviorrec.bundle.Provenance;
import io.saviorrec.bundle.SigningKey;
import io.saviorrec.bundle.TasteTable;
import io.saviorrec.contract.RankerContract;
import io.saviorrec.contract.RequestEncoder;
import io.saviorrec.contract.SharedItems;
import io.saviorrec.contract.UserTastes;
import io.saviorrec.feature.ItemColumns;
import io.saviorrec.trainer.data.DataSet;
import io.saviorrec.trainer.data.log.Cuts;
import io.saviorrec.trainer.data.log.Day;
import io.saviorrec.trainer.data.log.ItemCatalogue;
import io.saviorrec.trainer.data.log.ItemStatistics;
import io.saviorrec.trainer.data.log.Tastes;
import io.saviorrec.trainer.encoder.EncoderConfig;
import io.saviorrec.trainer.fallback.FallbackFit;
import io.saviorrec.trainer.fallback.FallbackTrial;
import io.saviorrec.trainer.ranker.ItemFeatures;
import io.saviorrec.trainer.ranker.Predictor;
import io.saviorrec.trainer.ranker.Ranker;
import io.saviorrec.trainer.ranker.RankerConfig;
import io.saviorrec.trainer.ranker.RankerSpec;
import io.saviorrec.trainer.torch.ScriptModule;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/// Writes a trained model as a bundle.
///
/// The item table holds the catalogue as it stands at the test cut: items first shown later are
/// left out, as a server meets them when they arrive, and statistics are those of the cut's day.
///
/// A bundle is not written whose scores of items that it does not know are off on average.
public final class BundleExporter {
  private static final double GOLDEN_TOLERANCE = 1e-5;

  private final DataSet data;
  private final EncoderConfig encoder;
  private final Ranker ranker;
  private final Tastes tastes;
  private final long[] contentHashes;
  private final long seed;

  /// What the earlier stages made.
  ///
  /// @param z f32[N*D] of the whole catalogue
  /// @param codes i32[N*L] of the whole catalogue
  public record Stages(Path encoderPt, Path tokenizerJson, Path rqPt, float[] z, int[] codes) {}

  /// @param tastes what the ranker was trained with
  public BundleExporter(
      DataSet data,
      EncoderConfig encoder,
      Ranker ranker,
      Tastes tastes,
      long[] contentHashes,
      long seed) {
    this.data = data;
    this.encoder = encoder;
    this.ranker = ranker;
    this.tastes = tastes;
    this.contentHashes = contentHashes;
    this.seed = seed;
  }

  /// Writes the model's next version.
  ///
  /// @param signingKey null: it is not signed
  public Bundle export(
      Path repository,
      String model,
      Stages stages,
      Provenance provenance,
      Map<String, Double> metrics,
      @Nullable SigningKey signingKey) {
    try (BundleWriter writer = BundleWriter.begin(repository, model)) {
      copy(stages.encoderPt(), writer.path(Bundle.ENCODER));
      copy(stages.tokenizerJson(), writer.path(Bundle.TOKENIZER));
      copy(stages.rqPt(), writer.path(Bundle.RQ));
      ranker.mba().save(writer.path(Bundle.MBA));
      ranker.module().save(writer.path(Bundle.RANKER));
      ItemTable.write(writer.path(Bundle.ITEMS), rows(stages));
      Map<String, Double> measured = new TreeMap<>(metrics);
      Manifest.Taste taste = writeTastes(writer);
      Manifest.Fallback fallback;
      try (ItemTable table = ItemTable.open(writer.path(Bundle.ITEMS))) {
        FallbackFit fit = fit(table, stages);
        fit.say();
        fit.check();
        measured.putAll(fit.metrics());
        fallback = fit.shifts();
        writeGolden(writer, stages, table, fallback);
      }
      return writer.finish(manifest(writer, provenance, measured, fallback, taste), signingKey);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /// Writes the taste profiles where the ranker takes them.
  private Manifest.@Nullable Taste writeTastes(BundleWriter writer) {
    return tastes.width() == 0
        ? null
        : TasteExport.write(
            writer.path(Bundle.TASTES),
            tastes,
            ranker.config().taste().rule(ranker.spec().clickRate()),
            data);
  }

  /// Everything but the items that are first shown at or after the test cut.
  private int[] known() {
    ItemCatalogue items = data.items();
    long cut = data.cuts().testFrom();
    return IntStream.range(0, items.size())
        .filter(i -> items.firstImpression(i) < cut || items.firstImpression(i) == Long.MAX_VALUE)
        .toArray();
  }

  private ItemTable.Rows rows(Stages stages) {
    ItemCatalogue items = data.items();
    int[] known = known();
    int zDim = ranker.spec().zDim();
    int levels = ranker.spec().levels();
    long[] ids = new long[known.length];
    float[] z = new float[known.length * zDim];
    int[] codes = new int[known.length * levels];
    float[] stats = new float[known.length * ItemStatistics.WIDTH];
    ItemColumns columns = new ItemColumns(data.schema().item());
    long[] features = new long[known.length * columns.width()];
    long[] hashes = new long[known.length];
    List<String> titles = new ArrayList<>();
    int day = Day.of(data.cuts().testFrom());
    for (int row = 0; row < known.length; row++) {
      int item = known[row];
      ids[row] = items.itemId(item);
      System.arraycopy(stages.z(), item * zDim, z, row * zDim, zDim);
      System.arraycopy(stages.codes(), item * levels, codes, row * levels, levels);
      data.statistics().at(item, day, stats, row * ItemStatistics.WIDTH);
      System.arraycopy(
          items.columns(item, columns), 0, features, row * columns.width(), columns.width());
      hashes[row] = contentHashes[item];
      titles.add(items.title(item));
    }
    return new ItemTable.Rows(new ItemBatch(ids, stats, features, z, codes), hashes, titles);
  }

  /// On the validation period, by what was known before it.
  private FallbackFit fit(ItemTable table, Stages stages) {
    ItemCatalogue items = data.items();
    Cuts cuts = data.cuts();
    RankerContract contract = contract();
    RankerSpec spec = ranker.spec();
    ItemFeatures features =
        new ItemFeatures(
            items,
            data.schema(),
            stages.z(),
            spec.zDim(),
            stages.codes(),
            spec.levels(),
            spec.codebookSize());
    SharedItems shared =
        SharedItems.of(
            table,
            contract,
            data.schema(),
            row -> items.firstImpression(items.indexOf(table.itemId(row))) < cuts.validationFrom());
    return FallbackFit.of(
        new FallbackTrial(
            new Predictor(
                ranker.module(),
                ranker.config().historyLength(),
                features,
                data.log(),
                data.statistics(),
                tastes),
            items,
            stages.codes(),
            data.log(),
            new FallbackTrial.Model(table, shared, contract, data.schema()),
            cuts.validationFrom(),
            cuts.testFrom()));
  }

  /// The golden requests are scored by the archive as it lies on disk, not by the module in memory.
  private void writeGolden(
      BundleWriter writer, Stages stages, ItemTable table, Manifest.Fallback fallback)
      throws IOException {
    int historyLength = ranker.config().historyLength();
    RankerContract contract = contract();
    SharedItems shared = SharedItems.of(table, contract, data.schema());
    RankerSpec spec = ranker.spec();
    int tasteWidth = tastes.width();
    try (UserTastes users =
        tasteWidth == 0
            ? UserTastes.none()
            : UserTastes.of(TasteTable.open(writer.path(Bundle.TASTES)))) {
      ArchiveScorer scorer =
          new ArchiveScorer(
              ScriptModule.load(writer.path(Bundle.RANKER)),
              contract,
              new RequestEncoder(
                  data.schema(), historyLength, spec.levels(), spec.codebookSize(), tasteWidth),
              table,
              shared,
              fallback,
              users);
      Files.write(
          writer.path(Bundle.GOLDEN),
          new GoldenMaker(data, table, scorer, historyLength, tasteWidth)
              .make(stages.z(), stages.codes())
              .toByteArray());
    }
  }

  private RankerContract contract() {
    return new RankerContract(dims(), data.schema(), tastes.width());
  }

  private Manifest manifest(
      BundleWriter writer,
      Provenance provenance,
      Map<String, Double> metrics,
      Manifest.Fallback fallback,
      Manifest.@Nullable Taste taste)
      throws IOException {
    TreeMap<String, Double> finite = new TreeMap<>(metrics);
    finite.values().removeIf(value -> !Double.isFinite(value));
    return new Manifest(
        Manifest.FORMAT_VERSION,
        "",
        writer.version(),
        ranker.config().variant().label(),
        Instant.now().truncatedTo(ChronoUnit.SECONDS).toString(),
        dims(),
        data.schema(),
        new Manifest.ImageSpec(encoder.imageSize()),
        new Manifest.TextSpec(encoder.maxTokens()),
        new Manifest.Lineage(
            data.name(),
            seed,
            data.cuts().validationFrom(),
            FileHash.sha256(writer.path(Bundle.ENCODER)),
            FileHash.sha256(writer.path(Bundle.RQ)),
            null),
        provenance,
        finite,
        fallback,
        GOLDEN_TOLERANCE,
        taste,
        new TreeMap<>());
  }

  private Manifest.Dims dims() {
    RankerConfig config = ranker.config();
    RankerSpec spec = ranker.spec();
    return new Manifest.Dims(
        spec.zDim(),
        spec.levels(),
        spec.codebookSize(),
        config.mba().width(),
        config.heads(),
        config.historyLength(),
        ranker.stateWidth(),
        ranker.userWidth(),
        ranker.stateHoldsHistory());
  }

  private static void copy(Path from, Path to) throws IOException {
    Files.copy(from, to);
  }
}
