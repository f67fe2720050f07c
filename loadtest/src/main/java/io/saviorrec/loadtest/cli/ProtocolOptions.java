package io.saviorrec.loadtest.cli;

import java.util.Locale;
import java.util.Map;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;

/// What the servers speak, as options.
// picocli fills the fields before a command runs.
@SuppressWarnings("NullAway.Init")
final class ProtocolOptions {
  /// What a server speaks.
  enum Protocol {
    SAVIOR,
    OIP;

    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  @Option(
      names = "--protocol",
      paramLabel = "NAME",
      defaultValue = "savior",
      description =
          "savior: saviorrec.v1.Scoring; oip: the Open Inference Protocol, version 2, with the"
              + " inputs that the model names. Default: ${DEFAULT-VALUE}.")
  private Protocol protocol;

  @Option(
      names = "--vs-protocol",
      paramLabel = "NAME",
      defaultValue = "savior",
      description = "The same for the server of --vs. Default: ${DEFAULT-VALUE}.")
  private Protocol otherProtocol;

  @Option(
      names = "--input",
      paramLabel = "THEIRS=OURS",
      description =
          "With oip: which of candidate_ids, user_id, history, history_times_ms, pctr_base,"
              + " profile.COLUMN and context.COLUMN an input of another name takes; repeatable.")
  private Map<String, String> inputs = Map.of();

  Protocol protocol() {
    return protocol;
  }

  Protocol otherProtocol() {
    return otherProtocol;
  }

  Map<String, String> inputs() {
    return inputs;
  }

  void check(CommandSpec spec) {
    if (!inputs.isEmpty() && protocol != Protocol.OIP && otherProtocol != Protocol.OIP) {
      throw new ParameterException(
          spec.commandLine(), "--input is for --protocol oip or --vs-protocol oip");
    }
  }
}
