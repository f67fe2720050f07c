package io.saviorrec.server;

import io.saviorrec.bundle.BundleException;
import io.saviorrec.bundle.TrustedKeys;
import io.saviorrec.server.config.ConfigLoader;
import io.saviorrec.server.config.LoggingConfig;
import io.saviorrec.server.config.ServerConfig;
import io.saviorrec.server.engine.BundleEngine;
import io.saviorrec.server.logging.Logging;
import io.saviorrec.server.registry.RepositoryLoader;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/// `bundle check`: whether a server would load a bundle, and everything that keeps it from that.
@Command(
    name = "check",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Checks a bundle as a server does that loads it, and tells everything that is wrong with it.",
      "Status 0: a server loads it. 1: it does not."
    })
// picocli fills the fields before a command runs.
@SuppressWarnings("NullAway.Init")
final class BundleCheckCommand implements Callable<Integer> {
  /// What the engine says of itself is for nobody here.
  private static final LoggingConfig QUIET =
      new LoggingConfig(LoggingConfig.Format.TEXT, LoggingConfig.Level.ERROR);

  @Parameters(
      index = "0",
      paramLabel = "BUNDLE",
      description = "The bundle's folder, REPOSITORY/MODEL/VERSION.")
  private Path folder;

  @Option(
      names = "--trusted",
      paramLabel = "PATH",
      description =
          "A public key in PEM, or a folder of them, as in bundles.trustedKeys; one of them must"
              + " have signed it. Default: nobody need.")
  private @Nullable Path trusted;

  @Spec private CommandSpec spec;

  @Override
  public Integer call() {
    TrustedKeys keys = trusted == null ? TrustedKeys.ANYBODY : TrustedKeys.load(trusted);
    ServerConfig config = ConfigLoader.load(null, Map.of());
    List<BundleException> findings;
    try (Logging _ = Logging.start(QUIET)) {
      findings =
          BundleEngine.check(folder, keys, manifest -> RepositoryLoader.slots(manifest, config));
    }
    PrintWriter out = spec.commandLine().getOut();
    findings.forEach(finding -> out.println(finding.getMessage()));
    out.println(
        switch (findings.size()) {
          case 0 -> folder + " is good: a server loads it";
          case 1 -> "1 finding: a server refuses it";
          default -> findings.size() + " findings: a server refuses it";
        });
    out.flush();
    return findings.isEmpty() ? 0 : 1;
  }
}
