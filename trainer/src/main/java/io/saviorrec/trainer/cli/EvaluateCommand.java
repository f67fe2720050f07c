package io.saviorrec.trainer.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.saviorrec.bundle.Bundle;
import io.saviorrec.trainer.console.Interruption;
import io.saviorrec.trainer.data.DataSet;
import io.saviorrec.trainer.data.table.Reject;
import io.saviorrec.trainer.evaluate.Evaluation;
import io.saviorrec.trainer.evaluate.PvBuckets;
import io.saviorrec.trainer.evaluate.Split;
import io.saviorrec.trainer.torch.Threads;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

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
      names = "--threads",
      defaultValue = "1",
      description =
          "Threads of one tensor operation; more help only where the cores are free. Default: ${DEFAULT-VALUE}.")
  private int threads;

  @Option(names = "--json", description = "Prints the result as JSON.")
  private boolean json;

  @Override
  public Integer call() throws Exception {
    return Interruption.run("interrupted; nothing was measured", this::evaluate);
  }

  private int evaluate() throws IOException {
    PvBuckets parsed = PvBuckets.parse(buckets);
    Threads.use(threads);
    Bundle bundle = Bundle.open(bundleFolder);
    try (DataSet dataSet = DataSet.open(data, bundle.manifest().features())) {
      for (Reject reject : dataSet.rejects()) {
        System.err.println(reject.message());
      }
      Evaluation evaluation = Evaluation.of(bundle, dataSet, split, parsed);
      if (json) {
        System.out.println(withoutNaN(new ObjectMapper().valueToTree(evaluation)));
      } else {
        print(bundle, dataSet, evaluation);
      }
    }
    return 0;
  }

  /// JSON has no NaN: a figure that does not exist is null.
  private static ObjectNode withoutNaN(ObjectNode node) {
    node.properties()
        .forEach(
            entry -> {
              if (entry.getValue().isDouble() && Double.isNaN(entry.getValue().doubleValue())) {
                entry.setValue(node.nullNode());
              } else if (entry.getValue() instanceof ObjectNode child) {
                withoutNaN(child);
              }
            });
    return node;
  }

  private void print(Bundle bundle, DataSet dataSet, Evaluation evaluation) {
    System.out.printf(
        Locale.ROOT,
        "%s version %d (%s) on %s, %s period, %,d impressions%n",
        bundle.manifest().model(),
        bundle.manifest().version(),
        bundle.manifest().variant(),
        dataSet.name(),
        split.name().toLowerCase(Locale.ROOT),
        evaluation.samples());
    System.out.println();
    System.out.printf(Locale.ROOT, "%-12s %8s %8s%n", "", "AUC %", "GAUC %");
    System.out.printf(
        Locale.ROOT,
        "%-12s %8.2f %8.2f%n",
        "model",
        100 * evaluation.auc(),
        100 * evaluation.gauc());
    evaluation
        .references()
        .forEach(
            (name, auc) ->
                System.out.printf(
                    Locale.ROOT,
                    "%-12s %8.2f %8.2f%n",
                    name,
                    100 * auc,
                    100 * evaluation.referencesGauc().getOrDefault(name, Double.NaN)));
    System.out.println();
    System.out.printf(
        Locale.ROOT,
        "LogLoss %.4f   PCOC %.3f   Hit@30 %.2f %%%n",
        evaluation.logloss(),
        evaluation.pcoc(),
        100 * evaluation.hit30());
    System.out.println();
    System.out.printf(Locale.ROOT, "%-12s %10s %8s%n", "page views", "samples", "AUC %");
    for (Evaluation.Bucket bucket : evaluation.buckets()) {
      Double auc = bucket.auc();
      System.out.printf(
          Locale.ROOT,
          "%-12s %,10d %8s%n",
          bucket.name(),
          bucket.samples(),
          auc == null ? "-" : String.format(Locale.ROOT, "%.2f", 100 * auc));
    }
  }
}
