package io.saviorrec.command;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Properties;
import picocli.CommandLine;
import picocli.CommandLine.IVersionProvider;

/// The versions that a program was built as and runs on.
///
/// @param version the project's
/// @param libtorch libtorch's, which is the same for the trainer and the server
public record BuildVersion(String version, String libtorch) implements IVersionProvider {
  /// As the build wrote it down.
  public static BuildVersion read() {
    Properties properties = new Properties();
    try (InputStream file = BuildVersion.class.getResourceAsStream("build.properties")) {
      if (file == null) {
        throw new IllegalStateException("build.properties was not built in");
      }
      properties.load(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return new BuildVersion(properties.getProperty("version"), properties.getProperty("libtorch"));
  }

  /// Makes a command and those below it print this for `--version`.
  public void applyTo(CommandLine command) {
    command.getCommandSpec().versionProvider(this);
    command.getSubcommands().values().forEach(this::applyTo);
  }

  @Override
  public String[] getVersion() {
    return new String[] {
      "savior " + version, "libtorch " + libtorch, "Java " + Runtime.version(),
    };
  }
}
