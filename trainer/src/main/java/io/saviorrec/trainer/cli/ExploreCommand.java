package io.saviorrec.trainer.cli;

import io.saviorrec.explorer.ExplorerFile;
import io.saviorrec.trainer.data.DataSet;
import io.saviorrec.trainer.serving.ExplorerFeeds;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/// `explore DATA`: what a server's explorer shows of a data set.
@Command(
    name = "explore",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Writes what savior serve --explore shows of a data set: the items, and feeds of some of its"
          + " users. savior serve does this by itself where it can."
    })
// picocli fills the fields before it calls.
@SuppressWarnings("NullAway.Init")
public final class ExploreCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Parameters(index = "0", paramLabel = "DATA", description = "Data set.")
  private Path data;

  @Option(
      names = "--out",
      paramLabel = "DIR",
      description = "Folder to write " + ExplorerFile.NAME + " into. Default: the data set's own.")
  private @Nullable Path out;

  @Option(
      names = "--users",
      paramLabel = "N",
      defaultValue = "1000",
      description = "The most users, those that were there last. Default: ${DEFAULT-VALUE}.")
  private int users;

  @Override
  public Integer call() {
    if (users < 1) {
      throw new ParameterException(spec.commandLine(), "--users must be at least 1, was " + users);
    }
    Path folder = out == null ? data : out;
    try (DataSet dataSet = DataSet.open(data)) {
      int written = ExplorerFeeds.write(dataSet, data, folder, users);
      spec.commandLine()
          .getOut()
          .println(
              String.format(
                  Locale.ROOT,
                  "Wrote %s: %,d items and feeds of %,d users",
                  folder.resolve(ExplorerFile.NAME),
                  dataSet.items().size(),
                  written));
    }
    spec.commandLine().getOut().flush();
    return 0;
  }
}
