package io.saviorrec.server;

import io.saviorrec.server.access.Right;
import io.saviorrec.server.access.TokenFile;
import java.util.Set;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/// `token`: makes a caller's token and its line in the file of `access.tokens`.
@Command(
    name = "token",
    mixinStandardHelpOptions = true,
    description =
        "Makes a token for a caller and prints it with the caller's line for the file of"
            + " access.tokens. The token is kept nowhere.")
// picocli fills the fields before a command runs.
@SuppressWarnings("NullAway.Init")
final class TokenCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Parameters(paramLabel = "NAME", description = "Who the caller is, for the log.")
  private String name;

  @Option(
      names = "--rights",
      required = true,
      paramLabel = "RIGHT[,RIGHT...]",
      description = "What it may do: score, choose, write, administer.")
  private String rights;

  @Override
  public Integer call() {
    String token = TokenFile.newToken();
    String line;
    try {
      Set<Right> granted = Right.parse(rights);
      line = TokenFile.line(name, granted, token);
    } catch (IllegalArgumentException e) {
      throw new ParameterException(spec.commandLine(), String.valueOf(e.getMessage()), e);
    }
    spec.commandLine().getOut().println("token: " + token);
    spec.commandLine().getOut().println("line:  " + line);
    return 0;
  }
}
