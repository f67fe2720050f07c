package io.saviorrec.trainer.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.saviorrec.bundle.Bundle;
import io.saviorrec.trainer.console.Interruption;
import io.saviorrec.trainer.console.UserError;
import io.saviorrec.trainer.data.DataSet;
import io.saviorrec.trainer.data.table.Reject;
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
      names = "--base",
      paramLabel = "BUNDLE",
      description =
          "with --reference: a bundle of variant base, to tell which share of what is between them the model reaches")
  private @Nullable Path base;

  @Option(
      names = "--threads",
      defaultValue = "1",
      description =
          "Threads of one tensor operation; more help only where the cores are free. Default: ${DEFAULT-VALUE}.")
  private int threads;

  @Option(names = "--json", description = "Prints the result as JSON.")
  private boolean json;

  @Spec private CommandSpec spec;

  @Override
  public Integer call() throws Exception {
    return Interruption.run("interrupted; nothing was measured", this::evaluate);
  }

  private int evaluate() throws IOException {
    PvBuckets parsed = PvBuckets.parse(buckets);
    if (base != null && !reference) {
      throw new UserError("--base is what --reference counts a share from; give both");
    }
    Threads.use(threads);
    Bundle bundle = Bundle.open(bundleFolder);
    Bundle baseBundle = base == null ? null : Bundle.open(base);
    try (DataSet dataSet = DataSet.open(data, bundle.manifest().features())) {
      for (Reject reject : dataSet.rejects()) {
        System.err.println(reject.message());
      }
      Evaluation evaluation = Evaluation.of(bundle, dataSet, split, parsed);
      ContentReach reach =
          reference
              ? ContentReach.of(bundle, evaluation, baseBundle, dataSet, split, parsed)
              : null;
      LatentProbes probes = LatentProbes.of(bundle, dataSet, split);
      PrintWriter out = spec.commandLine().getOut();
      if (json) {
        out.println(tree(evaluation, reach, probes));
      } else {
        new EvaluationText(out).print(bundle.manifest(), dataSet.name(), split, evaluation, reach);
        new LatentProbesText(out).print(probes);
      }
      out.flush();
    }
    return 0;
  }

  private static ObjectNode tree(
      Evaluation evaluation, @Nullable ContentReach reach, LatentProbes probes) {
    ObjectMapper json = new ObjectMapper();
    ObjectNode tree = json.valueToTree(evaluation);
    if (reach != null) {
      tree.set("reach", json.valueToTree(reach));
    }
    tree.set("z", json.valueToTree(probes));
    return withoutNaN(tree);
  }

  /// JSON has no NaN and nothing infinite: a figure that does not exist is null.
  private static ObjectNode withoutNaN(ObjectNode node) {
    node.properties()
        .forEach(
            entry -> {
              if (entry.getValue().isDouble() && !Double.isFinite(entry.getValue().doubleValue())) {
                entry.setValue(node.nullNode());
              } else if (entry.getValue() instanceof ObjectNode child) {
                withoutNaN(child);
              }
            });
    return node;
  }
}
