package io.saviorrec.server;

import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/// `bundle`: the parent of `bundle check`; what else is done with bundles belongs to the trainer.
@Command(
    name = "bundle",
    hidden = true,
    mixinStandardHelpOptions = true,
    subcommands = BundleCheckCommand.class,
    description = "Checks a model bundle.")
// picocli fills the field before a command runs.
@SuppressWarnings("NullAway.Init")
final class BundleCommand implements Runnable {
  @Spec private CommandSpec spec;

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "say what to do with it, for instance check");
  }
}
