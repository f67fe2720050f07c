package io.saviorrec.trainer.cli;

import io.saviorrec.bundle.Bundle;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/// `bundle show`: everything that a bundle says of itself, after its files were verified.
@Command(
    name = "show",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Verifies a bundle and prints what it is, what it was made from and how.",
      "What it prints under 'settings' is YAML that train --config takes."
    })
public final class BundleShowCommand implements Callable<Integer> {
  @Parameters(
      index = "0",
      paramLabel = "BUNDLE",
      description = "The bundle's folder, REPOSITORY/MODEL/VERSION.")
  private Path folder;

  @Option(names = "--json", description = "Prints the manifest as it is.")
  private boolean json;

  @Spec private CommandSpec spec;

  @Override
  public Integer call() {
    PrintWriter out = spec.commandLine().getOut();
    Bundle bundle = Bundle.open(folder);
    if (json) {
      out.print(bundle.manifest().toJson());
    } else {
      new ManifestText(out).print(bundle.manifest(), bundle.signatures());
    }
    out.flush();
    return 0;
  }
}
