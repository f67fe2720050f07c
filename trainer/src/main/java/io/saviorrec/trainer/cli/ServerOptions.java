package io.saviorrec.trainer.client;

import io.saviorrec.trainer.console.UserError;
import java.time.Duration;
import picocli.CommandLine.Option;

/// The options of every command that calls a server.
// picocli fills the fields before a command runs.
@SuppressWarnings("NullAway.Init")
final class ServerOptions {
  @Option(
      names = "--target",
      paramLabel = "HOST:PORT",
      defaultValue = Target.DEFAULT,
      converter = Target.Converter.class,
      description = "The server's gRPC address. Default: ${DEFAULT-VALUE}.")
  private Target target;

  @Option(
      names = "--deadline-ms",
      paramLabel = "MS",
      defaultValue = "10000",
      description = "Milliseconds that a call may take. Default: ${DEFAULT-VALUE}.")
  private long deadlineMillis;

  ServerClient connect() {
    if (deadlineMillis < 1) {
      throw new UserError("--deadline-ms must be positive but was " + deadlineMillis);
    }
    return ServerClient.connect(target, Duration.ofMillis(deadlineMillis));
  }
}
