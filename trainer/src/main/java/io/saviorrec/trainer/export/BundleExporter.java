package io.saviorrec.trainer.export;

import io.saviorrec.bundle.Bundle;
import io.saviorrec.bundle.BundleWriter;
import io.saviorrec.bundle.FileHash;
import io.saviorrec.bundle.FloatRows;
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
import io.saviorrec.trainer.console.Phases;
import io.saviorrec.trainer.data.DataSet;
import io.saviorrec.trainer.data.log.Cuts;
import io.saviorrec.trainer.data.log.Day;
import io.saviorrec.trainer.data.log.ImpressionLog;
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
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
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
  /// @param z of the whole catalogue, an item a row
  /// @param codes i32[N*L] of the whole catalogue
  /// @param training what they measured, as JSON
  /// @param state writes what a later training goes on from
  /// @param rankerParent SHA-256 of the ranker that the training went on from; null: from scratch
  public record Stages(
      Path encoderPt,
      Path tokenizerJson,
      Path rqPt,
      FloatRows z,
      int[] codes,
      String training,
      Consumer<Path> state,
      @Nullable String rankerParent) {}

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
    try (BundleWriter writer = BundleWriter.begin(repository, model);
        Phases phases = Phases.of("writing the bundle")) {
      phases.enter("archives and items");
      copy(stages.encoderPt(), writer.path(Bundle.ENCODER));
      copy(stages.tokenizerJson(), writer.path(Bundle.TOKENIZER));
      copy(stages.rqPt(), writer.path(Bundle.RQ));
      Files.writeString(writer.path(Bundle.TRAINING), stages.training());
      ranker.mba().save(writer.path(Bundle.MBA));
      ranker.module().save(writer.path(Bundle.RANKER));
      stages.state().accept(writer.path(Bundle.STATE));
      ItemTable.write(writer.path(Bundle.ITEMS), rows(stages));
      Map<String, Double> measured = new TreeMap<>(metrics);
      Manifest.Taste taste = writeTastes(writer);
      Manifest.Fallback fallback;
      try (ItemTable table = ItemTable.open(writer.path(Bundle.ITEMS))) {
        Cuts cuts = data.cuts();
        ImpressionLog log = data.stored().sample(cuts.trainingHalfway(), cuts.testFrom());
        phases.enter("scores of items that a server does not know");
        FallbackFit fit = fit(table, stages, log);
        fit.say();
        fit.check();
        measured.putAll(fit.metrics());
        fallback = fit.shifts();
        phases.enter("golden requests");
        writeGolden(writer, stages, table, log, fallback);
      }
      phases.enter("hashes");
      return writer.finish(
          manifest(writer, stages.rankerParent(), provenance, measured, fallback, taste),
          signingKey);
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

  /// The rows of the item table, made as they are written.
  private ItemTable.Source rows(Stages stages) {
    ItemCatalogue items = data.items();
    int[] known = known();
    int levels = ranker.spec().levels();
    ItemColumns columns = new ItemColumns(data.schema().item());
    int day = Day.of(data.cuts().testFrom());
    return new ItemTable.Source() {
      @Override
      public int size() {
        return known.length;
      }

      @Override
      public void copy(int row, ItemBatch out, int at) {
        int item = known[row];
        out.itemIds()[at] = items.itemId(item);
        stages.z().copy(item, out.z(), at * stages.z().width());
        System.arraycopy(stages.codes(), item * levels, out.codes(), at * levels, levels);
        data.statistics().at(item, day, out.stats(), at * ItemStatistics.WIDTH);
        System.arraycopy(
            items.columns(item, columns), 0, out.features(), at * columns.width(), columns.width());
      }

      @Override
      public ItemBatch room(int rows) {
        return new ItemBatch(
            new long[rows],
            new float[rows * ItemStatistics.WIDTH],
            new long[rows * columns.width()],
            new float[rows * stages.z().width()],
            new int[rows * levels]);
      }

      @Override
      public long contentHash(int row) {
        return contentHashes[known[row]];
      }

      @Override
      public String title(int row) {
        return items.title(known[row]);
      }
    };
  }

  /// On the validation period, by what was known before it, and the later half of the training
  /// period.
  private FallbackFit fit(ItemTable table, Stages stages, ImpressionLog log) {
    ItemCatalogue items = data.items();
    Cuts cuts = data.cuts();
    RankerContract contract = contract();
    RankerSpec spec = ranker.spec();
    ItemFeatures features =
        new ItemFeatures(
            items, data.schema(), stages.z(), stages.codes(), spec.levels(), spec.codebookSize());
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
                log,
                data.statistics(),
                tastes),
            items,
            stages.codes(),
            log,
            new FallbackTrial.Model(table, shared, contract, data.schema()),
            cuts.trainingHalfway(),
            cuts.validationFrom(),
            cuts.testFrom()));
  }

  /// The golden requests are scored by the archive as it lies on disk, not by the module in memory.
  private void writeGolden(
      BundleWriter writer,
      Stages stages,
      ItemTable table,
      ImpressionLog log,
      Manifest.Fallback fallback)
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
          new GoldenMaker(data, log, table, scorer, historyLength, tasteWidth)
              .make(stages.z(), stages.codes())
              .toByteArray());
    }
  }

  private RankerContract contract() {
    return new RankerContract(dims(), data.schema(), tastes.width());
  }

  private Manifest manifest(
      BundleWriter writer,
      @Nullable String rankerParent,
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
        new Manifest.TextSpec(encoder.maxTokens(), data.items().textParts()),
        new Manifest.Lineage(
            data.name(),
            seed,
            data.cuts().validationFrom(),
            FileHash.sha256(writer.path(Bundle.ENCODER)),
            FileHash.sha256(writer.path(Bundle.RQ)),
            rankerParent),
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
