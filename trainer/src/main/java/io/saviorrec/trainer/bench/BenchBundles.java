package io.saviorrec.trainer.bench;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.saviorrec.bundle.Bundle;
import io.saviorrec.bundle.BundleWriter;
import io.saviorrec.bundle.FileHash;
import io.saviorrec.bundle.ItemBatch;
import io.saviorrec.bundle.ItemTable;
import io.saviorrec.bundle.Manifest;
import io.saviorrec.bundle.Provenance;
import io.saviorrec.content.TextPart;
import io.saviorrec.proto.v1.Golden;
import io.saviorrec.proto.v1.GoldenScore;
import io.saviorrec.proto.v1.ScoreRequest;
import io.saviorrec.trainer.console.Progress;
import io.saviorrec.trainer.encoder.EncoderNetwork;
import io.saviorrec.trainer.encoder.TokenizerBuilder;
import io.saviorrec.trainer.export.ArchiveScorer;
import io.saviorrec.trainer.quantizer.RqNetwork;
import io.saviorrec.trainer.ranker.AttentionNorm;
import io.saviorrec.trainer.ranker.Ranker;
import io.saviorrec.trainer.torch.ScriptModule;
import io.saviorrec.trainer.train.Toolchain;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Arrays;
import java.util.List;
import java.util.TreeMap;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/// Makes what a benchmark runs: bundles with random weights that a server takes like any other,
/// golden scores included, and the plain exports beside them.
final class BenchBundles {
  /// What the models are called in their repository and their archives after them.
  static final String LINEAR = "linear";

  static final String SOFTMAX = "softmax";
  static final String ONCE = "once";
  static final String PRODUCT = "product";

  private static final int GOLDEN_ITEMS = 200;
  private static final int GOLDEN_REQUESTS = 4;
  private static final int GOLDEN_HISTORY = 30;
  private static final double TOLERANCE = 1e-5;
  private static final int SEED = 5;

  private final BenchFiles files;
  private final int items;

  /// @param items of both models and of the plain exports
  BenchBundles(BenchFiles files, int items) {
    this.files = files;
    this.items = items;
  }

  /// The archive that repeats a model's history for every candidate.
  static String tiled(String model) {
    return "tiled-" + model;
  }

  /// Makes everything.
  ///
  /// @param largeItems items of the bundle that a start is timed with
  void make(int largeItems) {
    try (Progress progress = Progress.start("bench bundles", 6)) {
      BenchNetwork linear = BenchNetwork.of(AttentionNorm.LINEAR_MEAN, items);
      torch.manual_seed(SEED);
      writeCommon(linear);
      progress.step(Double.NaN);
      ItemTable.Rows rows = BenchItems.rows(linear, items);
      model(LINEAR, linear, rows, true);
      progress.step(Double.NaN);
      model(SOFTMAX, BenchNetwork.of(AttentionNorm.SOFTMAX, items), rows, false);
      progress.step(Double.NaN);
      large(linear, largeItems);
      progress.advance(3, Double.NaN);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /// The archives that all bundles share.
  private void writeCommon(BenchNetwork network) {
    try (var _ = new PointerScope()) {
      int words =
          new TokenizerBuilder()
              .add("a robot scarf for winter and for summer, premium, in seven colours")
              .write(files.folder().resolve(Bundle.TOKENIZER), 8192);
      EncoderNetwork.create(network.config().encoder(), words)
          .save(files.folder().resolve(Bundle.ENCODER));
      ScriptModule quantizer = RqNetwork.create(network.config().quantizer(), network.zDim());
      Tensor codebook = quantizer.parameter("codebook").detach();
      codebook.copy_(torch.randn(codebook.shape()));
      quantizer.save(files.folder().resolve(Bundle.RQ));
      PlainExport.product().save(files.archive(PRODUCT));
    }
  }

  private void model(String name, BenchNetwork network, ItemTable.Rows rows, boolean reference)
      throws IOException {
    try (var _ = new PointerScope()) {
      Ranker ranker = new Ranker(network.config().ranker(), network.spec(), null);
      write(files.repository(), name, network, ranker, rows);
      PlainExport.sameNetwork(ranker, rows.items()).save(files.archive(tiled(name)));
      if (reference) {
        PlainExport.reference(ranker, rows.items()).save(files.archive(ONCE));
      }
    }
  }

  /// More items than have an ID embedding of their own, as in a shop with many new ones.
  private void large(BenchNetwork network, int count) throws IOException {
    try (var _ = new PointerScope()) {
      Ranker ranker = new Ranker(network.config().ranker(), network.spec(), null);
      write(files.largeRepository(), LINEAR, network, ranker, BenchItems.rows(network, count));
    }
  }

  private void write(
      Path repository, String name, BenchNetwork network, Ranker ranker, ItemTable.Rows rows)
      throws IOException {
    try (BundleWriter writer = BundleWriter.begin(repository, name)) {
      for (String file : List.of(Bundle.ENCODER, Bundle.RQ, Bundle.TOKENIZER)) {
        Files.copy(files.folder().resolve(file), writer.path(file));
      }
      ranker.mba().save(writer.path(Bundle.MBA));
      ranker.module().save(writer.path(Bundle.RANKER));
      ItemTable.write(writer.path(Bundle.ITEMS), rows);
      Manifest manifest = manifest(writer, network, ranker);
      Path small = files.folder().resolve("golden-items.safetensors");
      ItemTable.write(small, first(rows, Math.min(GOLDEN_ITEMS, rows.items().size())));
      try (ItemTable table = ItemTable.open(small)) {
        Files.write(
            writer.path(Bundle.GOLDEN),
            golden(manifest, ScriptModule.load(writer.path(Bundle.RANKER)), table).toByteArray());
      }
      writer.finish(manifest);
    }
  }

  private static ItemTable.Rows first(ItemTable.Rows rows, int count) {
    ItemBatch all = rows.items();
    int n = all.size();
    return new ItemTable.Rows(
        new ItemBatch(
            Arrays.copyOf(all.itemIds(), count),
            Arrays.copyOf(all.stats(), all.stats().length / n * count),
            Arrays.copyOf(all.features(), all.features().length / n * count),
            Arrays.copyOf(all.z(), all.z().length / n * count),
            Arrays.copyOf(all.codes(), all.codes().length / n * count)),
        Arrays.copyOf(rows.contentHashes(), count),
        rows.titles().subList(0, count));
  }

  /// Scored by the archive as it lies on disk, as an export does it.
  private static Golden golden(Manifest manifest, ScriptModule archive, ItemTable table) {
    ArchiveScorer scorer = ArchiveScorer.of(archive, manifest, table);
    Golden.Builder golden = Golden.newBuilder();
    ScoreRequests requests =
        new ScoreRequests("", table.size(), 20, Math.min(GOLDEN_HISTORY, table.size()), SEED);
    for (int i = 0; i < GOLDEN_REQUESTS; i++) {
      ScoreRequest request = requests.message(i);
      GoldenScore.Builder score = GoldenScore.newBuilder().setRequest(request);
      for (float pctr : scorer.score(request)) {
        score.addPctr(pctr);
      }
      golden.addScores(score);
    }
    return golden.build();
  }

  private static Manifest manifest(BundleWriter writer, BenchNetwork network, Ranker ranker)
      throws IOException {
    return new Manifest(
        Manifest.FORMAT_VERSION,
        "",
        writer.version(),
        ranker.config().variant().label(),
        Instant.now().truncatedTo(ChronoUnit.SECONDS).toString(),
        new Manifest.Dims(
            network.zDim(),
            network.levels(),
            network.codebookSize(),
            ranker.config().mba().width(),
            ranker.config().heads(),
            ranker.config().historyLength(),
            ranker.stateWidth(),
            ranker.userWidth(),
            ranker.stateHoldsHistory()),
        BenchNetwork.schema(),
        new Manifest.ImageSpec(network.config().encoder().imageSize()),
        new Manifest.TextSpec(network.config().encoder().maxTokens(), TextPart.ALL),
        new Manifest.Lineage(
            "random weights",
            SEED,
            0,
            FileHash.sha256(writer.path(Bundle.ENCODER)),
            FileHash.sha256(writer.path(Bundle.RQ)),
            null),
        new Provenance(
            List.of("bench"),
            "",
            1,
            JsonNodeFactory.instance.objectNode(),
            new TreeMap<>(),
            Toolchain.current().versions()),
        new TreeMap<>(),
        Manifest.Fallback.NONE,
        TOLERANCE,
        new TreeMap<>());
  }
}
