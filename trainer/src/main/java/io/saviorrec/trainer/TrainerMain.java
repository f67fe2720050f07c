package io.saviorrec.trainer;

import io.saviorrec.bundle.BundleException;
import io.saviorrec.config.ConfigException;
import io.saviorrec.content.ContentException;
import io.saviorrec.feature.FeatureException;
import io.saviorrec.trainer.cli.BundleCommand;
import io.saviorrec.trainer.cli.UserError;
import io.saviorrec.trainer.client.ItemsCommand;
import io.saviorrec.trainer.client.ScoreCommand;
import io.saviorrec.trainer.demo.DemoCommand;
import io.saviorrec.trainer.evaluate.EvaluateCommand;
import io.saviorrec.trainer.movielens.ImportCommand;
import io.saviorrec.trainer.synth.SynthCommand;
import io.saviorrec.trainer.train.TrainCommand;
import java.util.Map;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/// The program behind every command of `savior` but `serve`.
///
/// Exit status: 0 when it worked, 1 on an error, 2 on wrong usage.
@Command(
    name = "savior",
    mixinStandardHelpOptions = true,
    synopsisSubcommandLabel = "COMMAND",
    description = "SaviorRec: from a click log to a served click-through-rate model.",
    subcommands = {
      SynthCommand.class,
      ImportCommand.class,
      TrainCommand.class,
      EvaluateCommand.class,
      BundleCommand.class,
      TrainerMain.Serve.class,
      ScoreCommand.class,
      ItemsCommand.class,
      DemoCommand.class
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

  static CommandLine commandLine(Map<String, String> environment) {
    boolean debug = "1".equals(environment.get("SAVIOR_DEBUG"));
    return new CommandLine(new TrainerMain())
        .setCaseInsensitiveEnumValuesAllowed(true)
        .setParameterExceptionHandler(TrainerMain::reportUsage)
        .setExecutionExceptionHandler((e, command, _) -> report(e, command, debug));
  }

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "name a command");
  }

  private static int reportUsage(ParameterException e, String[] args) {
    CommandLine command = e.getCommandLine();
    print(
        command, e.getMessage() + "; see " + command.getCommandSpec().qualifiedName() + " --help");
    return command.getCommandSpec().exitCodeOnInvalidInput();
  }

  private static int report(Exception e, CommandLine command, boolean debug) {
    if (e instanceof ConfigException problems) {
      problems.problems().forEach(problem -> print(command, problem));
    } else {
      print(command, message(e, debug));
    }
    if (debug) {
      e.printStackTrace(command.getErr());
      command.getErr().flush();
    }
    return command.getCommandSpec().exitCodeOnExecutionException();
  }

  /// What the user can act on; anything else is a defect of ours.
  private static String message(Exception e, boolean debug) {
    return switch (e) {
      case UserError _, BundleException _, FeatureException _, ContentException _ ->
          String.valueOf(e.getMessage());
      // Native libraries add their whole call stack to the first line.
      default ->
          "unexpected "
              + e.toString().lines().findFirst().orElse("error")
              + (debug ? "" : " (SAVIOR_DEBUG=1 shows where)");
    };
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
      throw new UserError("the server is a program of its own; start it with ./savior serve");
    }
  }
}
