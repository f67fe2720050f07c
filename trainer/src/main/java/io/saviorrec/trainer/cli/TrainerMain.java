package io.saviorrec.trainer.cli;

import io.grpc.Status;
import io.saviorrec.bundle.BundleException;
import io.saviorrec.client.CallException;
import io.saviorrec.command.BuildVersion;
import io.saviorrec.command.UsageError;
import io.saviorrec.config.ConfigException;
import io.saviorrec.content.ContentException;
import io.saviorrec.feature.FeatureException;
import io.saviorrec.loadtest.requests.RequestsException;
import io.saviorrec.trainer.console.RefusedModel;
import io.saviorrec.trainer.console.UserError;
import java.util.List;
import java.util.Map;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/// The program behind every command of `savior` but `load` and those of the server.
///
/// Exit status: 0 when it worked, 1 on an error, 2 on wrong usage, 4 when a trained model was
/// refused, 130 when interrupted.
@Command(
    name = "savior",
    mixinStandardHelpOptions = true,
    synopsisSubcommandLabel = "COMMAND",
    description = "SaviorRec: from a click log to a served click-through-rate model.",
    subcommands = {
      SynthCommand.class,
      ImportCommand.class,
      CheckCommand.class,
      TrainCommand.class,
      EvaluateCommand.class,
      ExperimentCommand.class,
      ReportCommand.class,
      AbCommand.class,
      BundleCommand.class,
      TrainerMain.Serve.class,
      TrainerMain.Health.class,
      TrainerMain.Token.class,
      ScoreCommand.class,
      RequestsCommand.class,
      ExploreCommand.class,
      TrainerMain.Load.class,
      ReplayCommand.class,
      ItemsCommand.class,
      DemoCommand.class,
      BenchCommand.class
    })
public final class TrainerMain implements Runnable {
  @Spec private CommandSpec spec;

  // picocli sets the field.
  @SuppressWarnings("NullAway.Init")
  private TrainerMain() {}

  public static void main(String[] args) {
    int status = commandLine(System.getenv()).execute(args);
    if (status != 0) {
      System.exit(status);
    }
  }

  /// The command line in this environment; tests run it without ending the process.
  public static CommandLine commandLine(Map<String, String> environment) {
    boolean debug = "1".equals(environment.get("SAVIOR_DEBUG"));
    CommandLine savior = new CommandLine(new TrainerMain());
    BuildVersion.read().applyTo(savior);
    return savior
        .setCaseInsensitiveEnumValuesAllowed(true)
        .setParameterExceptionHandler(UsageError::report)
        .setExecutionStrategy(TrainerMain::execute)
        .setExecutionExceptionHandler((e, command, _) -> report(e, command, debug));
  }

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "name a command");
  }

  /// As picocli does it, but memory that does not suffice is an error of the user, too.
  private static int execute(CommandLine.ParseResult parsed) {
    try {
      return new CommandLine.RunLast().execute(parsed);
    } catch (OutOfMemoryError e) {
      List<CommandLine> commands = parsed.asCommandLineList();
      UserError error =
          new UserError(
              "out of memory (%s) with a heap of at most %d MiB; give more, for instance SAVIOR_JAVA_OPTS=-Xmx8g"
                  .formatted(e.getMessage(), Runtime.getRuntime().maxMemory() >> 20),
              e);
      throw new CommandLine.ExecutionException(
          commands.getLast(), String.valueOf(error.getMessage()), error);
    }
  }

  private static int report(Exception e, CommandLine command, boolean debug) {
    if (e instanceof ConfigException problems) {
      problems.problems().forEach(problem -> print(command, problem));
    } else {
      print(command, message(e, command, debug));
    }
    if (debug) {
      e.printStackTrace(command.getErr());
      command.getErr().flush();
    }
    return e instanceof RefusedModel
        ? RefusedModel.STATUS
        : command.getCommandSpec().exitCodeOnExecutionException();
  }

  /// What the user can act on; anything else is a defect of ours.
  private static String message(Exception e, CommandLine command, boolean debug) {
    return switch (e) {
      case UserError _,
          BundleException _,
          FeatureException _,
          ContentException _,
          RequestsException _ ->
          String.valueOf(e.getMessage());
      case CallException failure -> failure.getMessage() + remedy(failure, command);
      // libtorch's own words for it, in an exception without a type of its own.
      case RuntimeException refused
          when String.valueOf(refused.getMessage()).contains("DefaultCPUAllocator") ->
          "out of memory for tensors; choose smaller batches or a smaller model, or give the machine more memory";
      // Native libraries add their whole call stack to the first line.
      default ->
          "unexpected "
              + e.toString().lines().findFirst().orElse("error")
              + (debug ? "" : " (SAVIOR_DEBUG=1 shows where)");
    };
  }

  /// What can be done about a failed call by the options of the command.
  private static String remedy(CallException failure, CommandLine command) {
    if (failure.unreachable()) {
      return has(command, "--target")
          ? "; start one with savior serve or name another by --target"
          : "";
    }
    return failure.code() == Status.Code.DEADLINE_EXCEEDED && has(command, "--deadline-ms")
        ? "; try again or raise --deadline-ms"
        : "";
  }

  private static boolean has(CommandLine command, String option) {
    return command.getCommandSpec().findOption(option) != null;
  }

  private static void print(CommandLine command, String message) {
    command
        .getErr()
        .println("savior: " + String.join(" ", message.lines().map(String::strip).toList()));
    command.getErr().flush();
  }

  /// `serve` in the list of commands; the launcher starts the server's own program for it.
  @Command(
      name = "serve",
      description = "Serves every model of a repository over gRPC until interrupted.")
  static final class Serve implements Runnable {
    @CommandLine.Unmatched private String[] ignored = {};

    @Override
    public void run() {
      throw new UserError("the server is a program of its own; start it with savior serve");
    }
  }

  /// `load` in the list of commands, likewise by a program of its own.
  @Command(name = "load", description = "Puts load on a server and finds what it can take.")
  static final class Load implements Runnable {
    @CommandLine.Unmatched private String[] ignored = {};

    @Override
    public void run() {
      throw new UserError("load comes from a program of its own; start it with savior load");
    }
  }

  /// `health` in the list of commands, likewise.
  @Command(name = "health", description = "Asks the server of this machine whether it is ready.")
  static final class Health implements Runnable {
    @CommandLine.Unmatched private String[] ignored = {};

    @Override
    public void run() {
      throw new UserError("health is asked by the server's program; run savior health");
    }
  }

  /// `token` in the list of commands, likewise.
  @Command(name = "token", description = "Makes a token for a caller of the server.")
  static final class Token implements Runnable {
    @CommandLine.Unmatched private String[] ignored = {};

    @Override
    public void run() {
      throw new UserError("tokens are made by the server's program; run savior token");
    }
  }
}
