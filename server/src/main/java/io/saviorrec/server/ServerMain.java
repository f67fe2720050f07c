package io.saviorrec.server;

import picocli.CommandLine;
import picocli.CommandLine.Command;

/// The server's program; its one command is `serve`.
@Command(
    name = "savior",
    mixinStandardHelpOptions = true,
    synopsisSubcommandLabel = "COMMAND",
    description = "Serves SaviorRec models over gRPC.",
    subcommands = ServeCommand.class)
public final class ServerMain {
  private ServerMain() {}

  public static void main(String[] args) {
    int status = commandLine().execute(args);
    if (status != 0) {
      System.exit(status);
    }
  }

  static CommandLine commandLine() {
    return new CommandLine(new ServerMain()).setExecutionExceptionHandler(ServeCommand::report);
  }
}
