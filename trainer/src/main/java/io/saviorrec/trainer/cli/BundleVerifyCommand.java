package io.saviorrec.trainer.cli;

import io.saviorrec.bundle.Bundle;
import io.saviorrec.bundle.TrustedKeys;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/// `bundle verify`: whether a server with these keys would load a bundle.
@Command(
    name = "verify",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = "Verifies that a bundle is signed by a trusted key and that its files are whole.")
public final class BundleVerifyCommand implements Callable<Integer> {
  @Parameters(
      index = "0",
      paramLabel = "BUNDLE",
      description = "The bundle's folder, REPOSITORY/MODEL/VERSION.")
  private Path folder;

  @Option(
      names = "--trusted",
      required = true,
      paramLabel = "PATH",
      description = "A public key in PEM, or a folder of them, as in bundles.trustedKeys.")
  private Path trusted;

  @Spec private CommandSpec spec;

  @Override
  public Integer call() {
    TrustedKeys keys = TrustedKeys.load(trusted);
    Bundle bundle = Bundle.open(folder, keys);
    PrintWriter out = spec.commandLine().getOut();
    out.println(bundle + " is whole and signed by the key in " + bundle.signer(keys));
    out.flush();
    return 0;
  }
}
