package io.saviorrec.trainer.cli;

import io.saviorrec.trainer.console.UserError;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/// `bundle`: the parent of the commands that look at bundles, sign them, refresh them and remove
/// old ones.
@Command(
    name = "bundle",
    mixinStandardHelpOptions = true,
    subcommands = {
      BundleShowCommand.class,
      BundleCommand.Check.class,
      BundleKeygenCommand.class,
      BundleSignCommand.class,
      BundleVerifyCommand.class,
      BundleTastesCommand.class,
      BundlePruneCommand.class
    },
    description =
        "Looks at a model bundle, checks it, signs it, verifies it, refreshes it, and removes old ones.")
public final class BundleCommand implements Runnable {
  @Spec private CommandSpec spec;

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "say what to do with it, for instance show");
  }

  /// `bundle check` in the list of commands; the launcher starts the server's own program for it.
  @Command(name = "check", description = "Tells everything that keeps a server from loading it.")
  static final class Check implements Runnable {
    @CommandLine.Unmatched private String[] ignored = {};

    @Override
    public void run() {
      throw new UserError("bundles are checked by the server's program; run savior bundle check");
    }
  }
}
