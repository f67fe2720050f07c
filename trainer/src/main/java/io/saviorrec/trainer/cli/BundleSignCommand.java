package io.saviorrec.trainer.cli;

import io.saviorrec.bundle.Bundle;
import io.saviorrec.bundle.BundleSignature;
import io.saviorrec.bundle.SigningKey;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/// `bundle sign`: adds a signature to a bundle whose files were verified.
@Command(
    name = "sign",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description =
        "Verifies a bundle's files and adds a signature of its manifest, which it leaves as it is.")
public final class BundleSignCommand implements Callable<Integer> {
  @Parameters(
      index = "0",
      paramLabel = "BUNDLE",
      description = "The bundle's folder, REPOSITORY/MODEL/VERSION.")
  private Path folder;

  @Option(
      names = "--key",
      required = true,
      paramLabel = "FILE",
      description = "The private key: Ed25519 in PEM (PKCS#8); savior bundle keygen makes one.")
  private Path key;

  @Spec private CommandSpec spec;

  @Override
  public Integer call() {
    SigningKey signer = SigningKey.load(key);
    Bundle bundle = Bundle.open(folder);
    bundle.sign(signer);
    List<BundleSignature> signatures = bundle.signatures();
    PrintWriter out = spec.commandLine().getOut();
    out.println(
        bundle
            + " is signed by "
            + signatures.stream()
                .map(BundleSignature::fingerprint)
                .collect(Collectors.joining(", ")));
    out.flush();
    return 0;
  }
}
