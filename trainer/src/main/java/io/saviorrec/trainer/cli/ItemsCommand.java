package io.saviorrec.trainer.cli;

import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/// `items`: the parent of the commands about single items of a server.
@Command(
    name = "items",
    mixinStandardHelpOptions = true,
    subcommands = {
      ItemsPutCommand.class,
      ItemsGetCommand.class,
      ItemsListCommand.class,
      ItemsStatsCommand.class,
      ItemsRemoveCommand.class
    },
    description = {
      "Sends items to a running server, shows what it knows of them, refreshes their statistics",
      "and erases them."
    })
// picocli fills the field before it calls.
@SuppressWarnings("NullAway.Init")
public final class ItemsCommand implements Runnable {
  @Spec private CommandSpec spec;

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "say what to do: put, get, ls, stats or rm");
  }
}
