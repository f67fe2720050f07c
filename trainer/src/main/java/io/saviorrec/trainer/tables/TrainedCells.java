package io.saviorrec.trainer.tables;

import io.saviorrec.bundle.Bundle;
import io.saviorrec.bundle.Manifest;
import io.saviorrec.config.Settings;
import io.saviorrec.trainer.data.DataSet;
import io.saviorrec.trainer.evaluate.BundleItems;
import io.saviorrec.trainer.evaluate.Evaluation;
import io.saviorrec.trainer.evaluate.Retrieval;
import io.saviorrec.trainer.evaluate.Split;
import io.saviorrec.trainer.ranker.Variant;
import io.saviorrec.trainer.train.DataFingerprint;
import io.saviorrec.trainer.train.DataShape;
import io.saviorrec.trainer.train.DataSizing;
import io.saviorrec.trainer.train.Preset;
import io.saviorrec.trainer.train.Toolchain;
import io.saviorrec.trainer.train.TrainConfig;
import io.saviorrec.trainer.train.TrainingItems;
import io.saviorrec.trainer.train.TrainingRun;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// Cells that are trained on a data set, all in one repository, so that those whose settings allow
/// it share an encoder and a quantizer.
///
/// A cell of a table of clicks is a training run from end to end: its model is a bundle like any
/// other, and what is measured are the bundle's files.
public final class TrainedCells implements CellMaker {
  private final DataSet data;
  private final Plan plan;
  private final TrainingItems items;
  private final DataShape shape;
  private final DataFingerprint fingerprint;
  private final Toolchain toolchain = Toolchain.current();

  /// Of the latest cell; most cells of a table share an encoder and a quantizer.
  private @Nullable Seen seen;

  /// The catalogue as an encoder and a quantizer see it.
  private record Seen(String encoderSha, String rqSha, BundleItems items) {
    boolean by(Manifest.Lineage lineage) {
      return encoderSha.equals(lineage.encoderSha()) && rqSha.equals(lineage.rqSha());
    }
  }

  /// How the cells of an experiment are trained.
  ///
  /// @param out the experiment's folder
  /// @param models the repository of its models and of the stages that they share
  /// @param settings makes those that all rows have, anew for each cell
  /// @param encoderSeeds whether each seed has an encoder and a quantizer of its own
  /// @param threads of one tensor operation
  /// @param command the command line's words, for the record
  public record Plan(
      PaperTable table,
      Path out,
      Path models,
      Preset preset,
      Supplier<Settings<TrainConfig>> settings,
      boolean encoderSeeds,
      int threads,
      List<String> command) {}

  public TrainedCells(DataSet data, Plan plan) {
    this.data = data;
    this.plan = plan;
    this.items = TrainingItems.of(data);
    this.shape = DataShape.of(data, items);
    this.fingerprint = DataFingerprint.of(data);
  }

  @Override
  public String key(Cell cell) {
    TrainingRun run = run(cell);
    return retrieval() ? run.encoderKey() : run.rankerKey();
  }

  @Override
  public Made make(Cell cell) {
    if (retrieval()) {
      Map<String, Double> hits = run(cell).encode(z -> Retrieval.of(z, data, Split.TEST));
      return new Made(null, hits, null);
    }
    Bundle bundle = run(cell).run().bundle();
    float[] scores = Evaluation.predictions(bundle, data, items(bundle), Split.TEST);
    Path relative = plan.out().toAbsolutePath().normalize().relativize(bundle.dir());
    return new Made(scores, Map.of(), relative.toString());
  }

  /// To encode the new items of a catalogue may take as long as to train a ranker.
  private BundleItems items(Bundle bundle) {
    Manifest.Lineage lineage = bundle.manifest().lineage();
    Seen last = seen;
    if (last == null || !last.by(lineage)) {
      last = new Seen(lineage.encoderSha(), lineage.rqSha(), BundleItems.of(bundle, data.items()));
      seen = last;
    }
    return last.items();
  }

  private boolean retrieval() {
    return plan.table().measure() == PaperTable.Measure.RETRIEVAL;
  }

  private TrainingRun run(Cell cell) {
    TrainConfig config = config(cell.row());
    boolean own = retrieval() || plan.encoderSeeds();
    TrainingRun.Request request =
        new TrainingRun.Request(
            config,
            plan.models(),
            cell.row().name() + "-seed-" + cell.seed(),
            cell.seed(),
            own ? cell.seed() : 1,
            plan.threads(),
            false,
            false,
            plan.command(),
            null);
    return new TrainingRun(data, fingerprint, items, request, toolchain);
  }

  private TrainConfig config(TableRow row) {
    Settings<TrainConfig> all = plan.settings().get();
    DataSizing.apply(all, plan.preset(), shape);
    Map<String, String> own = new TreeMap<>(row.settings());
    if (Variant.NO_Z.label().equals(own.get(PaperTable.VARIANT))) {
      // Its codebook starts from the quantizer's.
      own.put("ranker.mba.width", Integer.toString(all.bind().quantizer().codeDim()));
    }
    own.forEach((key, value) -> all.set(key, value, row.name() + " " + key));
    return all.bind();
  }
}
