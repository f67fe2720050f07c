package io.saviorrec.trainer.cli;

import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/// `ab`: the parent of the commands about experiments.
@Command(
    name = "ab",
    mixinStandardHelpOptions = true,
    subcommands = {AbReportCommand.class, AbSimulateCommand.class},
    description = "Reads experiments out.")
public final class AbCommand implements Runnable {
  @Spec private CommandSpec spec;

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "say what to do: report or simulate");
  }
}
