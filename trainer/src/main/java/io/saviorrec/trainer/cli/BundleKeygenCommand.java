package io.saviorrec.trainer.cli;

import io.saviorrec.bundle.SigningKey;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/// `bundle keygen`: a pair of keys to sign bundles with.
@Command(
    name = "keygen",
    mixinStandardHelpOptions = true,
    description = {
      "Makes an Ed25519 key to sign bundles with: FILE, which only you can read, and FILE.pub.",
      "Servers that have FILE.pub in bundles.trustedKeys load what FILE signed."
    })
public final class BundleKeygenCommand implements Callable<Integer> {
  @Parameters(
      index = "0",
      paramLabel = "FILE",
      description = "The private key's file, which must not exist.")
  private Path file;

  @Spec private CommandSpec spec;

  @Override
  public Integer call() {
    Path publicFile = Path.of(file + ".pub");
    String fingerprint = SigningKey.generate(file, publicFile);
    PrintWriter out = spec.commandLine().getOut();
    out.println("private key  " + file);
    out.println("public key   " + publicFile);
    out.println("fingerprint  " + fingerprint);
    out.flush();
    return 0;
  }
}
