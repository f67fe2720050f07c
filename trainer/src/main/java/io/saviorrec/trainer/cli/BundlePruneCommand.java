package io.saviorrec.trainer.cli;

import io.saviorrec.loadtest.cli.ServerOptions;
import io.saviorrec.trainer.console.UserError;
import io.saviorrec.trainer.train.OldVersions;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/// `bundle prune`: removes what nobody needs of a repository, so that nightly runs do not fill its
/// disk.
@Command(
    name = "prune",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Removes old versions of a model, and finished stages, from a repository.",
      "No version goes that is live on a server: those at every address of --target are asked, and"
          + " if one of them does not say, no version is removed."
    })
// picocli fills the fields before it calls.
@SuppressWarnings("NullAway.Init")
public final class BundlePruneCommand implements Callable<Integer> {
  /// Every number of a routing may be a version: too many may stay, and never too few.
  private static final Pattern NUMBER = Pattern.compile("(?<![0-9])[1-9][0-9]{0,17}(?![0-9])");

  @Spec private CommandSpec spec;
  @Mixin private ServerOptions server;

  @Parameters(index = "0", paramLabel = "REPOSITORY", description = "The folder of the models.")
  private Path repository;

  @Parameters(index = "1", paramLabel = "MODEL", description = "The model's name.")
  private String model;

  @Option(
      names = "--keep-versions",
      required = true,
      paramLabel = "N",
      description = "How many of the newest versions stay; 0: all.")
  private int keepVersions;

  @Option(
      names = "--keep-stages-days",
      defaultValue = "0",
      paramLabel = "DAYS",
      description = "How long finished stages stay for other runs. Default: 0, for ever.")
  private int keepStagesDays;

  @Option(
      names = "--routing",
      paramLabel = "FILE",
      description = "A file of routing.file; every version that it names stays.")
  private @Nullable Path routing;

  @Override
  public Integer call() {
    if (keepVersions < 0 || keepStagesDays < 0) {
      throw new ParameterException(
          spec.commandLine(), "--keep-versions and --keep-stages-days must not be negative");
    }
    Set<Long> needed = new HashSet<>(named());
    OldVersions versions = new OldVersions(repository, model);
    versions.clear();
    PrintWriter out = spec.commandLine().getOut();
    // Nobody need be asked where nothing would go.
    if (!versions.beside(keepVersions, needed).isEmpty() && addLive(needed)) {
      for (long version : versions.beside(keepVersions, needed)) {
        out.println("removing " + model + "/" + version);
        versions.remove(version);
      }
    }
    if (keepStagesDays > 0) {
      versions
          .removeStagesOf(Instant.now().minus(Duration.ofDays(keepStagesDays)))
          .forEach(stage -> out.println("removing the stage " + stage));
    }
    out.flush();
    return 0;
  }

  /// Whether the servers said what is live.
  private boolean addLive(Set<Long> needed) {
    try {
      needed.addAll(LiveVersions.of(model, server.config()));
      return true;
    } catch (UserError e) {
      PrintWriter err = spec.commandLine().getErr();
      err.println(
          "savior: which versions are live is not known, so none is removed: " + e.getMessage());
      err.flush();
      return false;
    }
  }

  private List<Long> named() {
    if (routing == null) {
      return List.of();
    }
    try {
      return NUMBER
          .matcher(Files.readString(routing))
          .results()
          .map(each -> Long.valueOf(each.group()))
          .toList();
    } catch (IOException e) {
      throw new UserError("--routing " + routing + " cannot be read; nothing is removed", e);
    }
  }
}
