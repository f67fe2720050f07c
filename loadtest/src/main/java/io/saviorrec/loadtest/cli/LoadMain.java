package io.saviorrec.loadtest.cli;

import io.saviorrec.client.CallException;
import io.saviorrec.command.BuildVersion;
import io.saviorrec.command.UsageError;
import io.saviorrec.loadtest.measure.LoadException;
import io.saviorrec.loadtest.requests.RequestsException;
import java.util.Map;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/// The program behind `savior load`.
///
/// Exit status: 0 when the objective was met, 1 when the load could not be put on the server, 2 on
/// wrong usage, 3 when the objective was missed, 130 when interrupted.
@Command(
    name = "savior",
    mixinStandardHelpOptions = true,
    synopsisSubcommandLabel = "COMMAND",
    description = "Puts load on SaviorRec servers.",
    subcommands = LoadCommand.class)
public final class LoadMain {
  private LoadMain() {}

  public static void main(String[] args) {
    int status = commandLine(System.getenv()).execute(args);
    if (status != 0) {
      System.exit(status);
    }
  }

  /// The command line in this environment; tests run it without ending the process.
  static CommandLine commandLine(Map<String, String> environment) {
    boolean debug = "1".equals(environment.get("SAVIOR_DEBUG"));
    CommandLine savior = new CommandLine(new LoadMain());
    BuildVersion.read().applyTo(savior);
    return savior
        .setCaseInsensitiveEnumValuesAllowed(true)
        .setParameterExceptionHandler(UsageError::report)
        .setExecutionExceptionHandler((e, command, _) -> report(e, command, debug));
  }

  private static int report(Exception e, CommandLine command, boolean debug) {
    String message = message(e, debug);
    command
        .getErr()
        .println("savior: " + String.join(" ", message.lines().map(String::strip).toList()));
    if (debug) {
      e.printStackTrace(command.getErr());
    }
    command.getErr().flush();
    return command.getCommandSpec().exitCodeOnExecutionException();
  }

  /// What the user can act on; anything else is a defect of ours.
  private static String message(Exception e, boolean debug) {
    return switch (e) {
      case LoadException _, RequestsException _ -> String.valueOf(e.getMessage());
      case CallException failure when failure.unreachable() ->
          failure.getMessage() + "; start one with savior serve or name another by --target";
      case CallException failure -> String.valueOf(failure.getMessage());
      default ->
          "unexpected "
              + e.toString().lines().findFirst().orElse("error")
              + (debug ? "" : " (SAVIOR_DEBUG=1 shows where)");
    };
  }
}
