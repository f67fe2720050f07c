package io.saviorrec.trainer.cli;

import io.saviorrec.client.ClientConfig;
import io.saviorrec.client.SaviorClient;
import java.time.Duration;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import picocli.CommandLine.TypeConversionException;

/// The options of every command that calls a server.
// picocli fills the fields before a command runs.
@SuppressWarnings("NullAway.Init")
final class ServerOptions {
  @Spec(Spec.Target.MIXEE)
  private CommandSpec spec;

  @Option(
      names = "--target",
      paramLabel = "HOST:PORT",
      defaultValue = "localhost:8500",
      converter = TargetConverter.class,
      description = "The server's gRPC address. Default: ${DEFAULT-VALUE}.")
  private ClientConfig config;

  @Option(
      names = "--deadline-ms",
      paramLabel = "MS",
      defaultValue = "10000",
      description = "Milliseconds that a call may take. Default: ${DEFAULT-VALUE}.")
  private long deadlineMillis;

  /// Connects at the first call.
  SaviorClient connect() {
    try {
      return SaviorClient.connect(config.withDeadline(Duration.ofMillis(deadlineMillis)));
    } catch (IllegalArgumentException e) {
      throw new ParameterException(
          spec.commandLine(), "--deadline-ms " + deadlineMillis + ": " + e.getMessage(), e);
    }
  }

  /// Refuses what is no address while the command line is parsed.
  static final class TargetConverter implements ITypeConverter<ClientConfig> {
    @Override
    public ClientConfig convert(String value) {
      try {
        return ClientConfig.of(value);
      } catch (IllegalArgumentException e) {
        throw new TypeConversionException(e.getMessage());
      }
    }
  }
}
