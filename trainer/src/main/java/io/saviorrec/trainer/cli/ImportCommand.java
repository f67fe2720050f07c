package io.saviorrec.trainer.cli;

import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/// `import`: the parent of the importers of public data sets.
@Command(
    name = "import",
    mixinStandardHelpOptions = true,
    subcommands = ImportMovieLensCommand.class,
    description = "Brings a public data set into the data-set format.")
public final class ImportCommand implements Runnable {
  @Spec private CommandSpec spec;

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "say what to import, for instance movielens");
  }
}
