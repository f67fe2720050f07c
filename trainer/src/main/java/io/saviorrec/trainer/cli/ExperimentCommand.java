package io.saviorrec.trainer.cli;

import io.saviorrec.config.Settings;
import io.saviorrec.trainer.console.DiskFault;
import io.saviorrec.trainer.console.Interruption;
import io.saviorrec.trainer.console.UserError;
import io.saviorrec.trainer.data.DataSet;
import io.saviorrec.trainer.data.table.Reject;
import io.saviorrec.trainer.encoder.InitialWeights;
import io.saviorrec.trainer.evaluate.PvBuckets;
import io.saviorrec.trainer.tables.CellStore;
import io.saviorrec.trainer.tables.ExperimentFolder;
import io.saviorrec.trainer.tables.PaperTable;
import io.saviorrec.trainer.tables.Period;
import io.saviorrec.trainer.tables.TableJson;
import io.saviorrec.trainer.tables.TableResult;
import io.saviorrec.trainer.tables.TableRow;
import io.saviorrec.trainer.tables.TableRun;
import io.saviorrec.trainer.tables.TrainedCells;
import io.saviorrec.trainer.torch.Threads;
import io.saviorrec.trainer.train.CheckpointSizing;
import io.saviorrec.trainer.train.Preset;
import io.saviorrec.trainer.train.RepositoryFolder;
import io.saviorrec.trainer.train.TrainConfig;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/// `savior experiment`: a whole table of the paper.
@Command(
    name = "experiment",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Makes a whole table of the paper: trains every row with several seeds, measures them on the"
          + " test period and compares them, with intervals.",
      "What is there already is taken, so the same command goes on where it stopped, and more seeds"
          + " can be added."
    })
public final class ExperimentCommand implements Callable<Integer> {
  @Parameters(
      index = "0",
      paramLabel = "NAME",
      description = "The table or figure: ${COMPLETION-CANDIDATES}, in small letters.")
  private PaperTable table;

  @Parameters(index = "1", paramLabel = "DATA", description = "The data set's folder.")
  private Path data;

  @Parameters(
      index = "2",
      paramLabel = "OUT",
      description = "The folder of this table alone; made where it is missing.")
  private Path out;

  @Option(
      names = "--seeds",
      split = ",",
      defaultValue = "1,2,3,4,5",
      description = "Seeds of the ranker, a cell of each row for each. Default: ${DEFAULT-VALUE}.")
  private List<Long> seeds;

  @Option(
      names = "--rows",
      split = ",",
      paramLabel = "ROW",
      description =
          "Some of the rows alone, by their names in cells/ and table.json. Default: all.")
  private @Nullable List<String> rows;

  @Option(
      names = "--encoder-seeds",
      description =
          "Each seed trains an encoder and a quantizer of its own, too, in place of sharing those of seed 1. Table 4 always does.")
  private boolean encoderSeeds;

  @Option(
      names = "--models",
      paramLabel = "FOLDER",
      description =
          "Where the models are. Tables of the same data that name the same folder share encoder and quantizer. Default: models in OUT.")
  private @Nullable Path models;

  @Option(
      names = "--preset",
      defaultValue = "small",
      description = "As for train. Default: ${DEFAULT-VALUE}.")
  private Preset preset;

  @Option(names = "--config", description = "A YAML file of settings of all rows, as for train.")
  private @Nullable Path config;

  @Option(
      names = "--set",
      paramLabel = "KEY=VALUE",
      description = "One setting of all rows, as for train; repeatable.")
  private Map<String, String> settings = new LinkedHashMap<>();

  @Option(
      names = "--buckets",
      defaultValue = PvBuckets.DEFAULT,
      description = "First page view count of each bucket of items. Default: ${DEFAULT-VALUE}.")
  private String buckets;

  @Option(
      names = "--threads",
      defaultValue = "1",
      description = "Threads of one tensor operation. Default: ${DEFAULT-VALUE}.")
  private int threads;

  @Mixin private DataLimits limits = new DataLimits();

  @Option(names = "--json", description = "Prints the table as JSON.")
  private boolean json;

  @Spec private CommandSpec spec;

  @Override
  public Integer call() throws Exception {
    return Interruption.run(
        "interrupted; the same command goes on where it stopped (finished cells, stages and checkpoints are reused)",
        this::make);
  }

  private int make() {
    PvBuckets parsed = PvBuckets.parse(buckets);
    refuseSettingsOfRows();
    List<TableRow> chosen = rows == null ? table.present() : table.present(rows);
    TrainConfig given = settings().bind();
    Threads.use(threads);
    InitialWeights.check(given.encoder());
    if (models != null) {
      RepositoryFolder.require(models, table.reference());
    }
    try (ExperimentFolder folder = ExperimentFolder.open(out, table, data, ExperimentCommand::say);
        DataSet dataSet = DataSet.open(data, limits.limits())) {
      for (Reject reject : dataSet.rejects()) {
        System.err.println(reject.message());
      }
      for (String warning : dataSet.checkTraining()) {
        System.err.println(warning);
      }
      Period period = Period.of(dataSet, parsed);
      folder.keep(period);
      TrainedCells.Plan plan =
          new TrainedCells.Plan(
              table,
              out,
              models == null ? out.resolve("models") : models,
              preset,
              this::settings,
              encoderSeeds,
              threads,
              spec.root().commandLine().getParseResult().originalArgs());
      TableResult result =
          new TableRun(
                  table,
                  chosen,
                  seeds,
                  new TrainedCells(dataSet, plan),
                  new CellStore(out),
                  System::nanoTime,
                  ExperimentCommand::say)
              .run(dataSet.name(), period);
      folder.keep(result);
      print(folder, result);
      return result.failed().isEmpty() ? 0 : 1;
    } catch (RuntimeException e) {
      throw DiskFault.explain(out, e);
    }
  }

  /// A setting that a row has of its own would be lost in that row alone.
  private void refuseSettingsOfRows() {
    Set<String> ofRows = new TreeSet<>();
    for (TableRow row : table.rows()) {
      ofRows.addAll(row.settings().keySet());
    }
    for (String key : settings.keySet()) {
      if (ofRows.contains(key)) {
        throw new UserError(
            "--set %s: the rows of %s differ in it, so it cannot be set for all of them"
                .formatted(key, table.label()));
      }
    }
  }

  private Settings<TrainConfig> settings() {
    Settings<TrainConfig> all = preset.settings();
    if (config != null) {
      all.file(config);
    }
    settings.forEach((key, value) -> all.set(key, value, "--set " + key));
    var _ = CheckpointSizing.apply(all);
    return all;
  }

  private static void say(String line) {
    System.err.println(line);
  }

  private void print(ExperimentFolder folder, TableResult result) {
    List<String> markdown = TableText.lines(result, AbReportText.Style.MARKDOWN);
    folder.keep("table.md", (String.join("\n", markdown) + "\n").getBytes(StandardCharsets.UTF_8));
    PrintWriter out = spec.commandLine().getOut();
    if (json) {
      out.println(new String(TableJson.write(result), StandardCharsets.UTF_8));
    } else {
      TableText.lines(result, AbReportText.Style.CONSOLE).forEach(out::println);
    }
    out.flush();
  }
}
