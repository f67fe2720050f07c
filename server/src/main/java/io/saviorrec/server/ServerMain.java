package io.saviorrec.server;

import io.saviorrec.command.BuildVersion;
import io.saviorrec.command.UsageError;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/// The server's program: `serve`, `health` for what supervises it, `token` for its callers, `bundle
/// check` for those who make models, and `module-bench` for `savior bench`.
@Command(
    name = "savior",
    mixinStandardHelpOptions = true,
    synopsisSubcommandLabel = "COMMAND",
    description = "Serves SaviorRec models over gRPC.",
    subcommands = {
      ServeCommand.class,
      HealthCommand.class,
      TokenCommand.class,
      BundleCommand.class,
      ModuleBenchCommand.class
    })
public final class ServerMain {
  private ServerMain() {}

  public static void main(String[] args) {
    int status = commandLine().execute(args);
    if (status != 0) {
      System.exit(status);
    }
  }

  static CommandLine commandLine() {
    CommandLine command = new CommandLine(new ServerMain());
    BuildVersion.read().applyTo(command);
    return command
        .setParameterExceptionHandler(UsageError::report)
        .setExecutionExceptionHandler(ServeCommand::report);
  }
}
