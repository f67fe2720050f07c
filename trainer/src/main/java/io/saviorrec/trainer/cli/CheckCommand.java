package io.saviorrec.trainer.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.saviorrec.config.Settings;
import io.saviorrec.trainer.check.DataCheck;
import io.saviorrec.trainer.console.Interruption;
import io.saviorrec.trainer.data.DataSet;
import io.saviorrec.trainer.train.DataShape;
import io.saviorrec.trainer.train.DataSizing;
import io.saviorrec.trainer.train.Preset;
import io.saviorrec.trainer.train.StagePlan;
import io.saviorrec.trainer.train.TrainConfig;
import io.saviorrec.trainer.train.TrainingItems;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/// `savior check`: everything about a data set that can be known before it is trained on.
@Command(
    name = "check",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Says everything about a data set that can be known before an hour is spent on training:"
          + " rows that cannot be used, periods, clicks by day, cold items, pictures and titles,"
          + " columns that know too much, what scores that need no model reach, and what each"
          + " stage of a training would do.",
      "Exit status: 0 when a model can be trained on it, 1 when not."
    })
public final class CheckCommand implements Callable<Integer> {
  @Parameters(paramLabel = "DATA", description = "The data set's folder, see docs/DATA.md.")
  private Path data;

  @Option(
      names = "--rejects",
      paramLabel = "FILE",
      description = "Writes every row that cannot be used there, as CSV: file, line and reason.")
  private @Nullable Path rejects;

  @Option(
      names = "--preset",
      defaultValue = "small",
      description = "The preset that the stages are told for. Default: ${DEFAULT-VALUE}.")
  private Preset preset;

  @Mixin private DataLimits limits = new DataLimits();

  @Option(names = "--json", description = "Prints the result as JSON.")
  private boolean json;

  @Spec private CommandSpec spec;

  @Override
  public Integer call() throws Exception {
    return Interruption.run("interrupted; nothing was checked", this::check);
  }

  private int check() throws IOException {
    try (DataSet dataSet =
        rejects == null
            ? DataSet.open(data, limits.limits())
            : DataSet.openListing(data, rejects, limits.limits())) {
      DataCheck check = DataCheck.of(dataSet);
      Settings<TrainConfig> settings = preset.settings();
      DataShape shape = DataShape.of(dataSet, TrainingItems.of(dataSet));
      Map<String, String> sizing = DataSizing.apply(settings, preset, shape);
      StagePlan plan = StagePlan.of(dataSet, shape, settings.bind());
      PrintWriter out = spec.commandLine().getOut();
      if (json) {
        ObjectMapper mapper =
            new ObjectMapper().setPropertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE);
        ObjectNode tree = mapper.valueToTree(check);
        tree.put("usable", check.usable());
        tree.set("shape", mapper.valueToTree(shape));
        tree.set("sizing", mapper.valueToTree(sizing));
        tree.set("stages", mapper.valueToTree(plan));
        out.println(JsonFigures.withoutNaN(tree));
      } else {
        new CheckText(out).print(check, sizing, plan);
      }
      out.flush();
      return check.usable() ? 0 : 1;
    }
  }
}
