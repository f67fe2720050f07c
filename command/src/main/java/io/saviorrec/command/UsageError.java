package io.saviorrec.command;

import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.UnmatchedArgumentException;

/// A mistake in how a command was called, in one line with where to look it up.
public final class UsageError {
  private UsageError() {}

  /// Prints the line and returns the status of wrong usage.
  public static int report(ParameterException e, String[] args) {
    CommandLine command = e.getCommandLine();
    command.getErr().println("savior: " + message(e) + "; see " + help(command));
    command.getErr().flush();
    return command.getCommandSpec().exitCodeOnInvalidInput();
  }

  private static String help(CommandLine command) {
    return command.getCommandSpec().qualifiedName() + " --help";
  }

  private static String message(ParameterException e) {
    if (e instanceof UnmatchedArgumentException unmatched && !unmatched.getUnmatched().isEmpty()) {
      String given = unmatched.getUnmatched().getFirst();
      String what =
          given.startsWith("-")
              ? "option"
              : e.getCommandLine().getSubcommands().isEmpty() ? "argument" : "command";
      return "unknown %s '%s'%s".formatted(what, given, instead(unmatched.getSuggestions()));
    }
    return String.join(" ", String.valueOf(e.getMessage()).lines().map(String::strip).toList());
  }

  private static String instead(List<String> suggestions) {
    return suggestions.isEmpty() ? "" : "; did you mean '" + suggestions.getFirst() + "'?";
  }
}
