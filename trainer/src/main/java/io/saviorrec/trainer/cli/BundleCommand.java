package io.saviorrec.trainer.cli;

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
      BundleKeygenCommand.class,
      BundleSignCommand.class,
      BundleVerifyCommand.class,
      BundleTastesCommand.class,
      BundlePruneCommand.class
    },
    description =
        "Looks at a model bundle, signs it, verifies it, refreshes it, and removes old ones.")
public final class BundleCommand implements Runnable {
  @Spec private CommandSpec spec;

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "say what to do with it, for instance show");
  }
}
