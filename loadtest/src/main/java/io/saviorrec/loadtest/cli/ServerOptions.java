package io.saviorrec.loadtest.cli;

import io.saviorrec.client.ClientConfig;
import io.saviorrec.client.ClientConfig.Tls;
import io.saviorrec.client.SaviorClient;
import io.saviorrec.client.Token;
import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import picocli.CommandLine.TypeConversionException;

/// The options of every command that calls a server.
// picocli fills the fields before a command runs.
@SuppressWarnings("NullAway.Init")
public final class ServerOptions {
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

  @Option(
      names = "--authorities",
      paramLabel = "FILE",
      description =
          "Encrypts, and trusts a server whose certificate an authority in this PEM file signed.")
  private @Nullable Path authorities;

  @Option(
      names = "--server-name",
      paramLabel = "NAME",
      description =
          "The name that the server's certificate must have, where it is not the target's; with"
              + " --authorities.")
  private @Nullable String serverName;

  @Option(
      names = "--certificate",
      paramLabel = "FILE",
      description =
          "PEM file of this client's certificate chain, for servers that ask for one; with --key"
              + " and --authorities.")
  private @Nullable Path certificate;

  @Option(
      names = "--key",
      paramLabel = "FILE",
      description = "PEM file of its private key (PKCS #8).")
  private @Nullable Path key;

  @Option(
      names = "--token-file",
      paramLabel = "FILE",
      description =
          "Says who calls by the token in this file; not sent to another machine unencrypted.")
  private @Nullable Path tokenFile;

  /// How the server is reached.
  public ClientConfig config() {
    return alike(config);
  }

  /// How another server is reached: by the same deadline, encryption and token.
  ClientConfig alike(ClientConfig target) {
    ClientConfig whole;
    try {
      whole = target.withDeadline(Duration.ofMillis(deadlineMillis));
    } catch (IllegalArgumentException e) {
      throw wrong("--deadline-ms " + deadlineMillis, e);
    }
    if (tokenFile != null) {
      whole = whole.withToken(Token.in(tokenFile));
    }
    if ((certificate == null) != (key == null) || (certificate != null && authorities == null)) {
      throw new ParameterException(
          spec.commandLine(), "--certificate needs --key and --authorities beside it");
    }
    if (serverName != null && authorities == null) {
      throw new ParameterException(
          spec.commandLine(), "--server-name needs --authorities beside it");
    }
    if (authorities != null) {
      Tls tls = Tls.trusting(authorities);
      if (serverName != null) {
        tls = tls.withServerName(serverName);
      }
      whole =
          whole.withTls(
              certificate == null || key == null ? tls : tls.withCertificate(certificate, key));
    }
    return whole;
  }

  /// Connects at the first call.
  public SaviorClient connect() {
    try {
      return SaviorClient.connect(config());
    } catch (IllegalArgumentException e) {
      throw wrong("--authorities " + authorities, e);
    }
  }

  private ParameterException wrong(String option, IllegalArgumentException e) {
    return new ParameterException(spec.commandLine(), option + ": " + e.getMessage(), e);
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
