package io.saviorrec.trainer.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.saviorrec.bundle.Bundle;
import io.saviorrec.trainer.console.Interruption;
import io.saviorrec.trainer.data.DataSet;
import io.saviorrec.trainer.data.table.Reject;
import io.saviorrec.trainer.evaluate.Comparison;
import io.saviorrec.trainer.evaluate.ContentReach;
import io.saviorrec.trainer.evaluate.Evaluation;
import io.saviorrec.trainer.evaluate.LatentProbes;
import io.saviorrec.trainer.evaluate.PvBuckets;
import io.saviorrec.trainer.evaluate.Split;
import io.saviorrec.trainer.torch.Threads;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/// `savior evaluate`: a bundle's figures on held-out impressions.
@Command(
    name = "evaluate",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description =
        "Measures a bundle on a data set: AUC in all and by page views, GAUC, LogLoss, PCOC, Hit@30, beside scores that need no model.")
public final class EvaluateCommand implements Callable<Integer> {
  @Parameters(
      index = "0",
      paramLabel = "BUNDLE",
      description = "A bundle's folder, REPOSITORY/MODEL/VERSION.")
  private Path bundleFolder;

  @Parameters(index = "1", paramLabel = "DATA", description = "The data set's folder.")
  private Path data;

  @Option(
      names = "--split",
      defaultValue = "test",
      description = "train, validation or test. Default: ${DEFAULT-VALUE}.")
  private Split split;

  @Option(
      names = "--buckets",
      defaultValue = PvBuckets.DEFAULT,
      description = "First page view count of each bucket of items. Default: ${DEFAULT-VALUE}.")
  private String buckets;

  @Option(
      names = "--reference",
      description =
          "on generated data, also train a ranker on what content truly shows, and tell its figures")
  private boolean reference;

  @Option(
      names = "--against",
      paramLabel = "BUNDLE",
      description =
          "Another bundle, shown side by side with intervals by user and p-values; with --reference also which share of the way from it to true content the model goes.")
  private @Nullable Path against;

  @Option(
      names = "--threads",
      defaultValue = "1",
      description =
          "Threads of one tensor operation; more help only where the cores are free. Default: ${DEFAULT-VALUE}.")
  private int threads;

  @Mixin private DataLimits limits = new DataLimits();

  @Option(names = "--json", description = "Prints the result as JSON.")
  private boolean json;

  @Spec private CommandSpec spec;

  @Override
  public Integer call() throws Exception {
    return Interruption.run("interrupted; nothing was measured", this::evaluate);
  }

  private int evaluate() throws IOException {
    PvBuckets parsed = PvBuckets.parse(buckets);
    Threads.use(threads);
    Bundle bundle = Bundle.open(bundleFolder);
    Bundle other = against == null ? null : Bundle.open(against);
    try (DataSet dataSet = DataSet.open(data, bundle.manifest().features(), limits.limits())) {
      for (Reject reject : dataSet.rejects()) {
        System.err.println(reject.message());
      }
      Evaluation.Measured measured = Evaluation.measure(bundle, dataSet, split, parsed);
      Evaluation evaluation = measured.evaluation();
      Comparison comparison =
          other == null ? null : compare(measured, bundle, other, dataSet, parsed);
      ContentReach reach =
          reference
              ? ContentReach.of(
                  bundle,
                  evaluation,
                  comparison == null ? null : comparison.other(),
                  dataSet,
                  split,
                  parsed)
              : null;
      LatentProbes probes = LatentProbes.of(measured.items(), dataSet, split);
      PrintWriter out = spec.commandLine().getOut();
      if (json) {
        out.println(tree(evaluation, comparison, reach, probes));
      } else {
        new EvaluationText(out).print(bundle.manifest(), dataSet.name(), split, evaluation, reach);
        if (other != null && comparison != null) {
          new ComparisonText(out).print(bundle.manifest(), other.manifest(), comparison);
        }
        new LatentProbesText(out).print(probes);
      }
      out.flush();
    }
    return 0;
  }

  /// Each bundle reads the data by its own feature columns; the impressions are the same.
  private Comparison compare(
      Evaluation.Measured measured,
      Bundle bundle,
      Bundle other,
      DataSet dataSet,
      PvBuckets parsed) {
    if (other.manifest().features().equals(bundle.manifest().features())) {
      return Comparison.of(
          measured, Evaluation.measure(other, dataSet, split, parsed), dataSet, split, parsed);
    }
    try (DataSet theirs = DataSet.open(data, other.manifest().features())) {
      return Comparison.of(
          measured, Evaluation.measure(other, theirs, split, parsed), dataSet, split, parsed);
    }
  }

  private static ObjectNode tree(
      Evaluation evaluation,
      @Nullable Comparison comparison,
      @Nullable ContentReach reach,
      LatentProbes probes) {
    ObjectMapper json = new ObjectMapper();
    ObjectNode tree = json.valueToTree(evaluation);
    if (comparison != null) {
      tree.set("against", json.valueToTree(comparison));
    }
    if (reach != null) {
      tree.set("reach", json.valueToTree(reach));
    }
    tree.set("z", json.valueToTree(probes));
    return JsonFigures.withoutNaN(tree);
  }
}
