package io.saviorrec.trainer.cli;

import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/// `import`: the parent of the importers.
@Command(
    name = "import",
    mixinStandardHelpOptions = true,
    subcommands = {ImportMovieLensCommand.class, ImportExposuresCommand.class},
    description = "Brings other data into the data-set format.")
public final class ImportCommand implements Runnable {
  @Spec private CommandSpec spec;

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "say what to import, movielens or exposures");
  }
}
